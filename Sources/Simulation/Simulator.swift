public import Domain
public import ServiceKit
public import Storage

/// Listeners who behave like listeners: they have tastes, come in sessions at the hours people do, play favourites again,
/// and skip what they dislike. What they do is decided by hidden tastes that a model can learn and `truth` tells.
///
/// The same options give the same events. Used by one thread at a time.
public final class Simulator {
    /// The world's size.
    public let options: SimulationOptions
    let listening: Listening
    let favourites: Favourites

    /// Makes the world.
    ///
    /// - Throws: when an option is out of its range.
    /// - Complexity: O(users + songs log songs).
    public init(options: SimulationOptions) throws {
        try options.check()
        self.options = options
        let catalogue = Catalogue(songCount: options.songs, seed: options.seed, window: options.days)
        let audience = Audience(userCount: options.users, seed: options.seed, catalogue: catalogue)
        listening = Listening(catalogue: catalogue, audience: audience)
        favourites = Favourites(userCount: options.users)
    }

    /// The hidden tastes and popularities.
    public var truth: SimulationTruth { SimulationTruth(listening: listening, day: options.today) }

    /// A song's document by number, 0 ..< `options.songs`.
    public func song(_ number: Int) -> Song { listening.catalogue.document(number) }

    /// A user's document by number, 0 ..< `options.users`.
    public func user(_ number: Int) -> User { listening.audience.document(number) }

    /// Writes all songs and users to the store.
    ///
    /// - Parameter progress: told the documents written and those there will be, after each batch.
    /// - Throws: the store's error, or a `stopped` error when `stop` was given.
    public func publish(
        to store: any DocumentStore, until stop: StopSignal = StopSignal(),
        progress: (_ written: Int, _ total: Int) -> Void = { _, _ in }
    ) throws {
        let batchSize = 1000
        let total = options.songs + options.users
        for start in stride(from: 0, to: options.songs, by: batchSize) {
            if stop.isStopped { throw ServiceKitError.stopped("writing the catalogue") }
            let end = min(start + batchSize, options.songs)
            try store.upsertSongs((start..<end).map { song($0) })
            progress(end, total)
        }
        for start in stride(from: 0, to: options.users, by: batchSize) {
            if stop.isStopped { throw ServiceKitError.stopped("writing the users") }
            let end = min(start + batchSize, options.users)
            try store.upsertUsers((start..<end).map { user($0) })
            progress(options.songs + end, total)
        }
    }
}
