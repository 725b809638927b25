import Domain
import Foundation
import Learning
import ServiceKit
import Synchronization

/// What one request sees from beginning to end: model, catalogue and history that belong together.
final class ServingSnapshot: Sendable {
    /// What a snapshot is made of.
    struct Parts: Sendable {
        /// The model, nil before the first one is there.
        var model: ServingModel?
        /// Songs to join with.
        var catalogue = SongCatalogue.empty
        /// When the catalogue was read, epoch milliseconds; nil before the first time.
        var catalogueReadAt: Int64?
        /// What listeners heard lately; nil where that makes no difference.
        var history: ListeningHistory?
    }

    /// What it is made of.
    let parts: Parts
    /// Number in the catalogue of each item of the index, -1 for one that is not there.
    private let songs: [Int32]

    /// Item of each track of the history, -1 for one the model does not know.
    private let historyItems: [Int32]

    /// - Parameters:
    ///   - old: what it has worked out of the same model, catalogue and history is taken over.
    ///   - pause: called every few microseconds; what it throws is thrown.
    /// - Complexity: O(items and tracks of the history · length of an id)
    init(_ parts: Parts, reusing old: ServingSnapshot? = nil, pause: () throws -> Void) rethrows {
        self.parts = parts
        let hasSameModel = old.map { $0.parts.model === parts.model } ?? false
        if let old, hasSameModel, old.parts.catalogue === parts.catalogue {
            songs = old.songs
        } else {
            songs =
                try parts.model.map { model in
                    try (0..<Int32(model.index.count)).map { item in
                        if item % 128 == 0 { try pause() }
                        return model.index.withIDBytes(of: item) { parts.catalogue.song(idBytes: $0) }
                            .map(Int32.init) ?? -1
                    }
                } ?? []
        }
        if let old, hasSameModel, old.parts.history === parts.history {
            historyItems = old.historyItems
        } else {
            historyItems =
                try parts.history?.tracks.map { track in
                    try pause()
                    return parts.model?.index.item(forID: track) ?? -1
                } ?? []
        }
    }

    /// The model, nil before the first one is there.
    var model: ServingModel? { parts.model }

    /// Songs to join with.
    var catalogue: SongCatalogue { parts.catalogue }

    /// Calls `body` with each item a listener heard in the last so many days, today included.
    func forEachItemHeard(by userID: String, inLast days: Int, _ body: (Int32) -> Void) {
        guard days > 0, let history = parts.history else { return }
        history.forEachHeard(by: userID, from: history.firstDay(of: days)) { heard, _ in
            let item = historyItems[Int(heard.track)]
            if item >= 0 { body(item) }
        }
    }

    /// The songs of the catalogue a listener heard in the last so many days, today included.
    func songsHeard(by userID: String, inLast days: Int) -> Set<Int> {
        guard days > 0, let history = parts.history else { return [] }
        var songs = Set<Int>()
        history.forEachHeard(by: userID, from: history.firstDay(of: days)) { heard, _ in
            if let song = catalogue.song(id: history.tracks[Int(heard.track)]) { songs.insert(song) }
        }
        return songs
    }

    /// What all listens held of a listener say of each item; older ones say less.
    ///
    /// - Parameter halfLifeDays: age at which a listen says half as much.
    func weights(of userID: String, halfLifeDays: Double) -> [Int32: Double] {
        guard let history = parts.history else { return [:] }
        var weights: [Int32: Double] = [:]
        history.forEachHeard(by: userID, from: EventDay(daysSinceEpoch: .min)) { heard, day in
            let item = historyItems[Int(heard.track)]
            guard item >= 0 else { return }
            let age = Double(max(0, day.distance(to: history.today)))
            weights[item, default: 0] += Double(heard.weight) * exp2(-age / halfLifeDays)
        }
        return weights
    }

    /// The song of an item, nil when the catalogue does not have it.
    func song(ofItem item: Int32) -> Int? {
        let song = songs[Int(item)]
        return song < 0 ? nil : Int(song)
    }

    /// Whether there is anything to recommend, with titles: the catalogue was read, after the first look for a model.
    var isReady: Bool { catalogueReadAt != nil && (model != nil || catalogue.count > 0) }

    /// When the catalogue was read; nil before the first time.
    private var catalogueReadAt: Int64? { parts.catalogueReadAt }
}

/// The current snapshot, swapped whole between two requests.
final class CurrentSnapshot: Sendable {
    private let snapshot = Mutex(ServingSnapshot(ServingSnapshot.Parts()) {})

    /// What a request that starts now sees.
    var value: ServingSnapshot { snapshot.withLock { $0 } }

    /// Lets requests that start from now on see other parts. Called by one thread.
    ///
    /// - Parameter pause: called every few microseconds while the next snapshot is made; when it throws, nothing has changed.
    func change(pause: () throws -> Void, _ body: (inout ServingSnapshot.Parts) -> Void) rethrows {
        let next = try makeNext(pause: pause, body)
        // The old one is kept until the lock is given back: its end may unmap a file.
        var old = snapshot.withLock { snapshot in
            let old = snapshot
            snapshot = next
            return old
        }
        // Whoever lets go last pays for the end of a model: unmapping a file and freeing a hundred thousand listeners takes
        // milliseconds. So this thread waits until the requests that began before are done, unless one of them waits itself.
        let deadline = MonotonicTime.now.advanced(by: Self.longestFarewell)
        let nobody = StopSignal()
        while !isKnownUniquelyReferenced(&old), MonotonicTime.now < deadline { nobody.wait(for: .milliseconds(1)) }
        _ = consume old
    }

    private func makeNext(
        pause: () throws -> Void, _ body: (inout ServingSnapshot.Parts) -> Void
    ) rethrows -> ServingSnapshot {
        let old = value
        var parts = old.parts
        body(&parts)
        return try ServingSnapshot(parts, reusing: old, pause: pause)
    }

    private static let longestFarewell = Duration.seconds(1)
}
