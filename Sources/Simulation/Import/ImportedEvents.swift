import Domain
import ServiceKit
import Storage

/// Events on their way into the log: identifiers as numbers, kept until they can be put in order of time.
///
/// The order matters beyond looks. The lake has a file a day, and a source that is sorted by user (MovieLens) would make
/// every batch of ingest touch every day there is.
struct ImportedEvents {
    struct Event {
        var timestamp: Int64
        var user: UInt32
        var track: UInt32
        var duration: Int32
        /// Length in milliseconds; 0 when not known.
        var totalDuration: Int32
        var action: EventAction
    }

    private(set) var users = IdentifierNumbers()
    private(set) var tracks = IdentifierNumbers()
    /// Length of a track by its number, milliseconds; 0 when not known.
    private var durations: [Int32] = []
    /// Whether a song row described the track, by its number.
    private var isDescribed: [Bool] = []
    private var pending: [Event] = []

    var pendingCount: Int { pending.count }

    mutating func numberOfUser(_ id: String) -> (number: UInt32, isNew: Bool) { users.number(of: id) }

    mutating func numberOfTrack(_ id: String) -> UInt32 {
        let (number, isNew) = tracks.number(of: id)
        if isNew {
            durations.append(0)
            isDescribed.append(false)
        }
        return number
    }

    /// Remembers a song row.
    ///
    /// - Returns: whether it is the first of the track.
    mutating func describe(_ track: UInt32, duration: Int32?) -> Bool {
        if let duration { durations[Int(track)] = duration }
        defer { isDescribed[Int(track)] = true }
        return !isDescribed[Int(track)]
    }

    func duration(of track: UInt32) -> Int32 { durations[Int(track)] }

    var tracksWithoutSong: Int64 { Int64(isDescribed.count { !$0 }) }

    mutating func append(_ event: Event) { pending.append(event) }

    /// Writes what is pending in order of time, ties by user and track as they were first met, and forgets it.
    mutating func write(
        to producer: any EventLogProducer, until stop: StopSignal, report: inout ImportReport,
        progress: (_ done: Int, _ total: Int) -> Void
    ) throws {
        pending.sort { ($0.timestamp, $0.user, $0.track) < ($1.timestamp, $1.user, $1.track) }
        var value: [UInt8] = []
        for (index, event) in pending.enumerated() {
            if index & 0x3ff == 0 {
                if stop.isStopped { throw ServiceKitError.stopped("the import") }
                progress(index, pending.count)
            }
            let listening = ListeningEvent(
                userID: users.identifiers[Int(event.user)], trackID: tracks.identifiers[Int(event.track)],
                timestamp: event.timestamp, action: event.action, duration: event.duration,
                totalDuration: event.totalDuration, source: .realUser)
            value.removeAll(keepingCapacity: true)
            listening.appendJSON(to: &value)
            var key = listening.userID
            try key.withUTF8 { key in
                try value.withUnsafeBytes { try producer.append(key: UnsafeRawBufferPointer(key), value: $0) }
            }
            report.add(listening)
        }
        progress(pending.count, pending.count)
        pending.removeAll(keepingCapacity: true)
    }
}

/// Numbers identifiers in the order they are met.
struct IdentifierNumbers {
    private(set) var identifiers: [String] = []
    private var numbers: [String: UInt32] = [:]

    mutating func number(of identifier: String) -> (number: UInt32, isNew: Bool) {
        if let number = numbers[identifier] { return (number, false) }
        let number = UInt32(identifiers.count)
        identifiers.append(identifier)
        numbers[identifier] = number
        return (number, true)
    }
}

extension ImportReport {
    mutating func add(_ event: ListeningEvent) {
        events += 1
        switch event.action {
        case .listen: listens += 1
        case .skip: skips += 1
        case .complete: completes += 1
        }
        firstTimestamp = min(firstTimestamp ?? event.timestamp, event.timestamp)
        lastTimestamp = max(lastTimestamp ?? event.timestamp, event.timestamp)
    }
}
