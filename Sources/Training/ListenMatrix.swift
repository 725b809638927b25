package import Domain
package import Learning
package import ServiceKit
package import Storage

/// The listens of a window as matrices, users and items numbered by how much there is of them, most first: what is gathered
/// most often then lies together in the cache.
package struct ListenMatrix {
    /// User id of each row.
    package let userIDs: [String]
    /// Track id of each column.
    package let trackIDs: [String]
    /// Confidences of the days before the held-out ones, as they were when these began; nil when nothing is held out.
    package let earlier: SparseMatrix?
    /// Confidences of the held-out days alone.
    package let heldOut: SparseMatrix?
    /// Confidences of all days.
    package let all: SparseMatrix
    /// First and last held-out day.
    package let heldOutDays: ClosedRange<EventDay>?
    package let window: ClosedRange<EventDay>
    package let events: Int64
    package let lakeVersion: Int64
}

/// Reads a window of the lake into matrices. Memory is bounded by the distinct pairs, users and tracks, not by the events.
package struct ListenMatrixReader {
    private let lake: any EventLake
    private let options: TrainingOptions
    private let now: Int64
    private let observer: (any TrainingObserver)?
    private let stop: StopSignal

    package init(
        lake: any EventLake, options: TrainingOptions, now: Int64, observer: (any TrainingObserver)? = nil,
        stop: StopSignal = StopSignal()
    ) {
        self.lake = lake
        self.options = options
        self.now = now
        self.observer = observer
        self.stop = stop
    }

    /// - Throws: `TrainingError.nothingToLearn` with what is missing and what to do about it.
    package func read() throws -> ListenMatrix {
        guard let version = try lake.version() else {
            throw TrainingError.nothingToLearn(
                "the lake is empty: nothing was ever committed to it; run 'segue ingest' (or 'segue up') first")
        }
        let last = EventDay(epochMilliseconds: now)
        let window = last.advanced(by: 1 - options.windowDays)...last
        let days = try lake.days().sorted { $0.day < $1.day }
        let inWindow = days.filter { window.contains($0.day) && $0.rowCount > 0 }
        guard let firstDay = inWindow.first, let lastDay = inWindow.last else {
            throw TrainingError.nothingToLearn(noEvents(window, days))
        }
        let heldOut = heldOutDays(from: firstDay.day, through: lastDay.day)
        var sums = ListenSums(options: options, reference: last, heldOutFrom: heldOut?.lowerBound)
        let expected = inWindow.reduce(0) { $0 + $1.rowCount }
        let read = try lake.read(
            days: window, columns: [.userID, .trackID, .action, .duration, .totalDuration], version: version
        ) { day, columns in
            guard !stop.isStopped else { throw TrainingError.stopped() }
            sums.add(columns, day: day)
            observer?.observe(.reading(TrainingReadProgress(events: sums.events, expectedEvents: expected)))
        }
        return try sums.finish(window: window, heldOutDays: heldOut, lakeVersion: read)
    }

    /// The last days, at most a fifth of what there is; nil when that is less than a day.
    private func heldOutDays(from first: EventDay, through last: EventDay) -> ClosedRange<EventDay>? {
        let span = first.distance(to: last) + 1
        let count = min(options.heldOutDays, span / 5 > 0 ? span / 5 : (span > 1 ? 1 : 0))
        guard count > 0 else { return nil }
        return last.advanced(by: 1 - count)...last
    }

    private func noEvents(_ window: ClosedRange<EventDay>, _ days: [LakeDay]) -> String {
        let known = days.filter { $0.rowCount > 0 }
        let found =
            known.first.flatMap { first in known.last.map { "the lake's events are of \(first.day) to \($0.day)" } }
            ?? "the lake has no events at all"
        return
            "no events between \(window.lowerBound) and \(window.upperBound): \(found); move the window with --now or widen it with --window-days"
    }
}

/// Adds up events by pair, file after file.
private struct ListenSums {
    private let options: TrainingOptions
    private let reference: EventDay
    private let heldOutFrom: EventDay?
    private var users = InternedStrings()
    private var tracks = InternedStrings()
    private var earlier = SparseMatrixBuilder()
    private var heldOut = SparseMatrixBuilder()
    private(set) var events: Int64 = 0
    private var plays: Int64 = 0

    init(options: TrainingOptions, reference: EventDay, heldOutFrom: EventDay?) {
        self.options = options
        self.reference = reference
        self.heldOutFrom = heldOutFrom
    }

    /// Adds a file's rows: a look-up a distinct string, none a row.
    mutating func add(_ columns: EventColumns, day: EventDay) {
        let userNumbers = Self.numbers(of: columns.users.values, in: &users)
        let trackNumbers = Self.numbers(of: columns.tracks.values, in: &tracks)
        let recency = recency(of: day)
        let isHeldOut = heldOutFrom.map { day >= $0 } ?? false
        for row in 0..<columns.count {
            // An action of a later version of the schema says nothing that this one could weigh.
            guard let action = EventAction(rawValue: columns.actions[row]) else { continue }
            let weight = options.confidence.weight(
                action: action, duration: columns.durations[row], totalDuration: columns.totalDurations[row])
            if action.isPlay { plays += 1 }
            let user = userNumbers[Int(columns.users.codes[row])]
            let track = trackNumbers[Int(columns.tracks.codes[row])]
            if isHeldOut {
                heldOut.append(row: user, column: track, value: weight * recency)
            } else {
                earlier.append(row: user, column: track, value: weight * recency)
            }
        }
        events += Int64(columns.count)
    }

    mutating func finish(
        window: ClosedRange<EventDay>, heldOutDays: ClosedRange<EventDay>?, lakeVersion: Int64
    ) throws -> ListenMatrix {
        guard events > 0 else {
            throw TrainingError.nothingToLearn("no events between \(window.lowerBound) and \(window.upperBound)")
        }
        guard plays > 0 else {
            throw TrainingError.nothingToLearn(
                "all \(events) events between \(window.lowerBound) and \(window.upperBound) are skips: there is nothing that anybody liked"
            )
        }
        var first = earlier.finish(rows: users.count, columns: tracks.count)
        var last = heldOut.finish(rows: users.count, columns: tracks.count)
        var all = first.adding(last)
        let rows = Self.order(all), columns = Self.order(all.transposed())
        try checkEnough(users: rows.kept, tracks: columns.kept, window)
        func renumber(_ matrix: SparseMatrix) -> SparseMatrix {
            matrix.renumbered(
                rows: rows.numbers, count: rows.kept.count, columns: columns.numbers, count: columns.kept.count)
        }
        // What was heard is as fresh on the eve of the held-out days as all of it is today.
        let refresh = heldOutFrom.map { 1 / recency(of: $0.advanced(by: -1)) } ?? 1
        (first, last, all) = (renumber(first), renumber(last), renumber(all))
        let isMeasurable = heldOutDays != nil && first.count > 0 && last.count > 0
        return ListenMatrix(
            userIDs: rows.kept.map { users[UInt32($0)] }, trackIDs: columns.kept.map { tracks[UInt32($0)] },
            earlier: isMeasurable ? shaped(first, times: refresh) : nil,
            heldOut: isMeasurable ? shaped(last, times: 1) : nil, all: shaped(all, times: 1),
            heldOutDays: isMeasurable ? heldOutDays : nil, window: window, events: events, lakeVersion: lakeVersion)
    }

    /// 2^(−age ÷ half-life).
    private func recency(of day: EventDay) -> Float {
        guard options.confidence.halfLifeDays > 0 else { return 1 }
        let age = Double(day.distance(to: reference))
        return Float(Numerics.power(2, -age / options.confidence.halfLifeDays))
    }

    /// The sums to the power of the exponent, signs kept.
    private func shaped(_ matrix: SparseMatrix, times factor: Float) -> SparseMatrix {
        let exponent = options.confidence.exponent
        return matrix.mapValues { _, _, value in
            let sum = value * factor
            if exponent == 1 { return sum }
            let power = Float(Numerics.power(Double(abs(sum)), exponent))
            return sum < 0 ? -power : power
        }
    }

    private func checkEnough(users kept: [Int32], tracks keptTracks: [Int32], _ window: ClosedRange<EventDay>) throws {
        let span = "between \(window.lowerBound) and \(window.upperBound)"
        guard let user = kept.first, let track = keptTracks.first else {
            throw TrainingError.nothingToLearn(
                "every song \(span) was skipped as much as it was heard: there is nothing that anybody liked")
        }
        guard kept.count > 1 else {
            throw TrainingError.nothingToLearn(
                "only one listener (\(users[UInt32(user)])) \(span): what others like cannot be learned; wait for more, or widen --window-days"
            )
        }
        guard keptTracks.count > 1 else {
            throw TrainingError.nothingToLearn(
                "only one song (\(tracks[UInt32(track)])) \(span): there is nothing to choose from; wait for more, or widen --window-days"
            )
        }
    }

    private static func numbers(of values: [String], in strings: inout InternedStrings) -> [UInt32] {
        values.map { value in
            var text = value
            return text.withUTF8 { strings.code(of: UnsafeRawBufferPointer($0)) }
        }
    }

    /// Rows with something liked, most entries first; and the new number of each row, -1 for the others.
    private static func order(_ matrix: SparseMatrix) -> (kept: [Int32], numbers: [Int32]) {
        let kept = (0..<Int32(matrix.rows)).filter { row in matrix.values(ofRow: Int(row)).contains { $0 > 0 } }
            .sorted { (-matrix.count(ofRow: Int($0)), $0) < (-matrix.count(ofRow: Int($1)), $1) }
        var numbers = [Int32](repeating: -1, count: matrix.rows)
        for (number, row) in kept.enumerated() { numbers[Int(row)] = Int32(number) }
        return (kept, numbers)
    }
}
