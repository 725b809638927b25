import Domain
import ServiceKit
import Storage
import Synchronization

/// A listen as a client sends it.
struct SubmittedListen: Sendable {
    /// What happened.
    var event: ListeningEvent
    /// A key of the client's own: of the same listener, the same key is the same listen.
    var idempotencyKey: String?
}

/// Takes listens from clients: leaves out what was sent before, makes the rest durable, and lets recommendations follow.
///
/// A listen is told from others by its listener, song and start, or by its idempotency key. This process remembers the newest
/// `ServingOptions.duplicateReach` of both, and knows the recent listens of the listeners in memory; what gets past here, ingest
/// still counts once (docs/decisions/0004).
final class ListenIntake: Sendable {
    private let intake: EventIntake
    private let speed: SpeedLayer
    private let fingerprint = ListenFingerprint()
    private let window: Mutex<ListenWindow>
    private let duplicates: Counter

    init(_ intake: EventIntake, speed: SpeedLayer, reach: Int, metrics: MetricsRegistry) {
        self.intake = intake
        self.speed = speed
        window = Mutex(ListenWindow(reach: reach))
        duplicates = metrics.counter(
            "segue_events_duplicate_total", "Events that clients sent again, left out.")
    }

    /// Returns when all listens are durable in the log.
    ///
    /// - Returns: how many were left out, because they were sent before.
    /// - Throws: the log's error; some of the listens may be durable nevertheless, and are taken again when sent again.
    func submit(_ listens: [SubmittedListen]) throws -> Int {
        let prints = listens.map { listen in
            let event = listen.event
            return [
                fingerprint.of(userID: event.userID, trackID: event.trackID, timestamp: event.timestamp),
                listen.idempotencyKey.map { fingerprint.of(userID: event.userID, key: $0) } ?? 0,
            ]
        }
        var new: [ListeningEvent] = []
        var known = window.withLock { window in prints.map { $0.contains { $0 != 0 && window.contains($0) } } }
        var own = Set<UInt64>()
        for (index, listen) in listens.enumerated() where !known[index] {
            let isTwin = prints[index].contains { $0 != 0 && own.contains($0) }
            known[index] = isTwin || speed.holds(listen.event)
            own.formUnion(prints[index].filter { $0 != 0 })
            if !known[index] { new.append(listen.event) }
        }
        // Rendered anew: what the log holds is the contract's seven fields and nothing else a client may send.
        try intake.append(new.map { (Array($0.userID.utf8), $0.json) })
        // Only now: what did not become durable must be taken when it is sent again.
        window.withLock { window in
            for prints in prints { for print in prints where print != 0 { _ = window.insert(print) } }
        }
        speed.take(new)
        duplicates.increment(by: listens.count - new.count)
        return listens.count - new.count
    }
}
