import Learning
import Synchronization

/// What one request sees from beginning to end: a model and a catalogue that belong together.
final class ServingSnapshot: Sendable {
    /// The model, nil before the first one is there.
    let model: ServingModel?
    /// Songs to join with.
    let catalogue: SongCatalogue
    /// When the catalogue was read, epoch milliseconds; nil before the first time.
    let catalogueReadAt: Int64?
    /// Number in the catalogue of each item of the index, -1 for one that is not there.
    private let songs: [Int32]

    /// - Complexity: O(items · length of an id)
    init(model: ServingModel?, catalogue: SongCatalogue, catalogueReadAt: Int64?) {
        self.model = model
        self.catalogue = catalogue
        self.catalogueReadAt = catalogueReadAt
        songs =
            model.map { model in
                (0..<Int32(model.index.count)).map { item in
                    model.index.withIDBytes(of: item) { catalogue.song(idBytes: $0) }.map(Int32.init) ?? -1
                }
            } ?? []
    }

    /// The song of an item, nil when the catalogue does not have it.
    func song(ofItem item: Int32) -> Int? {
        let song = songs[Int(item)]
        return song < 0 ? nil : Int(song)
    }

    /// Whether there is anything to recommend.
    var isReady: Bool { model != nil || catalogue.count > 0 }
}

/// The current snapshot, swapped whole between two requests.
final class CurrentSnapshot: Sendable {
    private let snapshot = Mutex(ServingSnapshot(model: nil, catalogue: .empty, catalogueReadAt: nil))

    /// What a request that starts now sees.
    var value: ServingSnapshot { snapshot.withLock { $0 } }

    /// Lets requests that start from now on see `next`.
    func swap(_ next: ServingSnapshot) {
        // The old one is kept until the lock is given back: its end may unmap a file.
        let old = snapshot.withLock { snapshot in
            let old = snapshot
            snapshot = next
            return old
        }
        _ = consume old
    }
}
