import Domain
import Learning
import Storage
import Synchronization

/// Makes matrices of the sums: says who and what is in, numbers them, and writes three matrices in one pass over the shards.
///
/// Rows and columns are numbered by how much there is of them, most first, and where it is as much by the bytes of the id: what is
/// gathered most often lies together in the cache, and the numbers do not depend on the order of reading.
struct ListenMatrixAssembly {
    private let sums: PairSums
    private let options: TrainingOptions
    private let pool: WorkerPool
    private let users: InternedStrings
    private let tracks: InternedStrings

    init(sums: PairSums, options: TrainingOptions, pool: WorkerPool) {
        self.sums = sums
        self.options = options
        self.pool = pool
        (users, tracks) = sums.identifiers()
    }

    /// The matrices; the sums are given back to the system.
    func finish(
        window: ClosedRange<EventDay>, heldOutDays: ClosedRange<EventDay>?, lakeVersion: Int64
    ) throws -> ListenMatrix {
        let span = "between \(window.lowerBound) and \(window.upperBound)"
        guard sums.events > 0 else { throw TrainingError.nothingToLearn("no events \(span)") }
        guard sums.plays > 0 else {
            throw TrainingError.nothingToLearn(
                "all \(sums.events) events \(span) are skips: there is nothing that anybody liked")
        }
        let tally = tally()
        let rows = Numbering(counts: tally.userCounts, isLiked: tally.userLikes, ids: users)
        let columns = Numbering(counts: tally.trackCounts, isLiked: tally.trackLikes, ids: tracks)
        try checkEnough(users: rows.kept, tracks: columns.kept, span)
        // What was heard is as fresh on the eve of the held-out days as all of it is today.
        let refresh = heldOutDays.map { 1 / sums.recency(of: $0.lowerBound.advanced(by: -1)) } ?? 1
        let weighting = options.confidence.weighting
        let parts = [
            MatrixPart(rows: rows.kept.count, factor: 1, weighting: weighting) { $0 &+ $1 },
            MatrixPart(rows: rows.kept.count, factor: refresh, weighting: weighting) { early, _ in
                early
            },
            MatrixPart(rows: rows.kept.count, factor: 1, weighting: weighting) { _, late in late },
        ]
        let wanted = heldOutDays == nil ? [parts[0]] : parts
        count(wanted, rows, columns)
        for part in wanted { part.allocate() }
        fill(wanted, rows, columns)
        let all = try wanted[0].matrix(columns: columns.kept.count)
        let isMeasurable = heldOutDays != nil && wanted[1].entryCount > 0 && wanted[2].entryCount > 0
        return ListenMatrix(
            userIDs: rows.kept.map { users[$0] }, trackIDs: columns.kept.map { tracks[$0] },
            earlier: isMeasurable ? try wanted[1].matrix(columns: columns.kept.count) : nil,
            heldOut: isMeasurable ? try wanted[2].matrix(columns: columns.kept.count) : nil, all: all,
            heldOutDays: isMeasurable ? heldOutDays : nil, window: window, events: sums.events,
            lakeVersion: lakeVersion)
    }

    // MARK: - Who and what is in

    private struct Tally {
        var userCounts: [Int32]
        var userLikes: [Bool]
        var trackCounts: [Int32]
        var trackLikes: [Bool]
    }

    /// Entries and likes of every listener and song.
    private func tally() -> Tally {
        let total = Mutex(
            Tally(
                userCounts: Array(repeating: 0, count: users.count),
                userLikes: Array(repeating: false, count: users.count),
                trackCounts: Array(repeating: 0, count: tracks.count),
                trackLikes: Array(repeating: false, count: tracks.count)))
        let trackCount = tracks.count
        pool.run(WorkPlan(count: PairSums.shardCount, chunkSize: 1)) { shards, _ in
            for shard in shards {
                var ofUser: [(user: Int, count: Int32, likes: Bool)] = []
                var trackCounts = [Int32](repeating: 0, count: trackCount)
                var trackLikes = [Bool](repeating: false, count: trackCount)
                forEachPair(of: shard) { user, track, early, late in
                    let sum = early &+ late
                    guard sum != 0 else { return }
                    if ofUser.last?.user != user { ofUser.append((user, 0, false)) }
                    ofUser[ofUser.count - 1].count += 1
                    trackCounts[track] += 1
                    if sum > 0 {
                        ofUser[ofUser.count - 1].likes = true
                        trackLikes[track] = true
                    }
                }
                total.withLock { total in
                    for (user, count, likes) in ofUser {
                        total.userCounts[user] = count
                        total.userLikes[user] = likes
                    }
                    for track in 0..<trackCount {
                        total.trackCounts[track] += trackCounts[track]
                        if trackLikes[track] { total.trackLikes[track] = true }
                    }
                }
            }
        }
        return total.withLock { $0 }
    }

    private func checkEnough(users kept: [UInt32], tracks keptTracks: [UInt32], _ span: String) throws {
        guard let user = kept.first, let track = keptTracks.first else {
            throw TrainingError.nothingToLearn(
                "every song \(span) was skipped as much as it was heard: there is nothing that anybody liked")
        }
        guard kept.count > 1 else {
            throw TrainingError.nothingToLearn(
                "only one listener (\(users[user])) \(span): what others like cannot be learned; wait for more, or widen --window-days"
            )
        }
        guard keptTracks.count > 1 else {
            throw TrainingError.nothingToLearn(
                "only one song (\(tracks[track])) \(span): there is nothing to choose from; wait for more, or widen --window-days"
            )
        }
    }

    // MARK: - Entries

    /// Entries of each row of each matrix.
    private func count(_ parts: [MatrixPart], _ rows: Numbering, _ columns: Numbering) {
        pool.run(WorkPlan(count: PairSums.shardCount, chunkSize: 1)) { shards, _ in
            for shard in shards {
                forEachPair(of: shard) { user, track, early, late in
                    let row = rows.numbers[user]
                    guard row >= 0, columns.numbers[track] >= 0 else { return }
                    for part in parts where part.pick(early, late) != 0 { part.counts[Int(row)] += 1 }
                }
            }
        }
    }

    private struct Entry {
        var column: Int32
        var early: Int64
        var late: Int64
    }

    private func fill(_ parts: [MatrixPart], _ rows: Numbering, _ columns: Numbering) {
        pool.run(WorkPlan(count: PairSums.shardCount, chunkSize: 1)) { shards, _ in
            for shard in shards {
                var entries: [Entry] = []
                var current: Int32 = -1
                func finishRow() {
                    guard current >= 0, !entries.isEmpty else { return }
                    entries.sort { $0.column < $1.column }
                    for part in parts {
                        part.write(row: Int(current), entries.lazy.map { ($0.column, part.pick($0.early, $0.late)) })
                    }
                    entries.removeAll(keepingCapacity: true)
                }
                forEachPair(of: shard) { user, track, early, late in
                    let row = rows.numbers[user], column = columns.numbers[track]
                    guard row >= 0, column >= 0 else { return }
                    if row != current {
                        finishRow()
                        current = row
                    }
                    entries.append(Entry(column: column, early: early, late: late))
                }
                finishRow()
                sums.releaseShard(shard)
            }
        }
    }

    /// Every pair of a shard once, with the sums of its earlier and of its held-out days.
    private func forEachPair(of shard: Int, _ body: (_ user: Int, _ track: Int, _ early: Int64, _ late: Int64) -> Void)
    {
        sums.withShard(shard) { keys, values in
            var index = 0
            while index < keys.count {
                let key = keys[index]
                var early: Int64 = 0, late: Int64 = 0
                if key & 1 == 0 { early = values[index] } else { late = values[index] }
                index += 1
                if index < keys.count, keys[index] == key | 1, key & 1 == 0 {
                    late = values[index]
                    index += 1
                }
                body(Int(key >> 32), Int(key & 0xFFFF_FFFF) >> 1, early, late)
            }
        }
    }
}

/// Codes with something liked, most entries first; and the new number of each code, -1 for the others.
private struct Numbering {
    let kept: [UInt32]
    let numbers: [Int32]

    init(counts: [Int32], isLiked: [Bool], ids: InternedStrings) {
        let kept = (0..<UInt32(counts.count)).filter { isLiked[Int($0)] }.sorted { left, right in
            let (more, less) = (counts[Int(left)], counts[Int(right)])
            return more == less ? ids.precedes(left, right) : more > less
        }
        var numbers = [Int32](repeating: -1, count: counts.count)
        for (number, code) in kept.enumerated() { numbers[Int(code)] = Int32(truncatingIfNeeded: number) }
        self.kept = kept
        self.numbers = numbers
    }
}

/// One of the matrices while it is being written, rows by several threads.
///
/// `@unchecked Sendable`: a row belongs to one listener and so to one shard, and each shard is worked on by one thread at a time;
/// `allocate` and `matrix` are called while no thread is at work.
private final class MatrixPart: @unchecked Sendable {
    /// The sum that counts, of the earlier and the held-out days' ones.
    let pick: @Sendable (Int64, Int64) -> Int64
    let counts: UnsafeMutablePointer<Int32>
    private let rows: Int
    private let factor: Double
    private let weighting: ConfidenceWeighting
    private var offsets: [Int] = [0]
    private var columnBase: UnsafeMutablePointer<Int32>?
    private var valueBase: UnsafeMutablePointer<Float>?

    init(rows: Int, factor: Float, weighting: ConfidenceWeighting, pick: @escaping @Sendable (Int64, Int64) -> Int64) {
        self.pick = pick
        self.rows = rows
        self.factor = Double(factor) / PairSums.scale
        self.weighting = weighting
        counts = .allocate(capacity: rows)
        counts.initialize(repeating: 0, count: rows)
    }

    deinit {
        counts.deallocate()
        columnBase?.deallocate()
        valueBase?.deallocate()
    }

    var entryCount: Int { offsets[offsets.count - 1] }

    /// Makes room for what was counted.
    func allocate() {
        offsets.reserveCapacity(rows + 1)
        for row in 0..<rows { offsets.append(offsets[row] + Int(counts[row])) }
        columnBase = .allocate(capacity: max(1, entryCount))
        valueBase = .allocate(capacity: max(1, entryCount))
    }

    func write(row: Int, _ entries: some Sequence<(Int32, Int64)>) {
        guard let columnBase, let valueBase else { return }
        var place = offsets[row]
        for (column, sum) in entries where sum != 0 {
            columnBase[place] = column
            valueBase[place] = shaped(sum)
            place += 1
        }
    }

    /// The sum, shaped, its sign kept.
    private func shaped(_ sum: Int64) -> Float { Float(weighting.shape(Double(sum) * factor)) }

    /// The matrix; this object is empty afterwards.
    func matrix(columns: Int) throws -> SparseMatrix {
        let indices = Array(UnsafeBufferPointer(start: columnBase, count: entryCount))
        columnBase?.deallocate()
        columnBase = nil
        let entries = Array(UnsafeBufferPointer(start: valueBase, count: entryCount))
        valueBase?.deallocate()
        valueBase = nil
        return weighting.discountingPopularItems(
            of: try SparseMatrix(
                rows: rows, columns: columns, offsets: offsets, columnIndices: indices, values: entries))
    }
}
