import Domain
import Storage

/// Writes plays to the log as events and counts them.
struct EventWriter: ~Copyable {
    private let producer: any EventLogProducer
    private let catalogue: Catalogue
    /// Identifiers by number: making them for each event costs as much as the rest of the event.
    private let userIDs: [String]
    private let trackIDs: [String]
    private var value: [UInt8] = []
    private(set) var report = SimulationReport()

    init(producer: any EventLogProducer, listening: Listening) {
        self.producer = producer
        catalogue = listening.catalogue
        userIDs = (0..<listening.audience.count).map(Audience.userID)
        trackIDs = catalogue.songs.indices.map(Catalogue.trackID)
        value.reserveCapacity(512)
    }

    mutating func write(_ play: Play) throws {
        let song = Int(play.song)
        let event = ListeningEvent(
            userID: userIDs[Int(play.user)], trackID: trackIDs[song], timestamp: play.timestamp,
            action: play.action, duration: play.heard, totalDuration: catalogue.songs[song].durationMilliseconds,
            source: .simulation)
        value.removeAll(keepingCapacity: true)
        event.appendJSON(to: &value)
        var key = event.userID
        try key.withUTF8 { key in
            try value.withUnsafeBytes { value in try producer.append(key: UnsafeRawBufferPointer(key), value: value) }
        }
        report.add(event)
    }
}
