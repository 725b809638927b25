/// For every song the songs most like it, as the model of one version says (docs/design.md §3.4).
///
/// The lists of a version are written in parts that nobody reads, then made current as a whole: a reader never sees lists of two
/// versions, nor half of one.
public protocol SimilarSongStore: Sendable {
    /// Writes lists of a version, over those of the same songs and version that stand there. They are not read before
    /// `setSimilarSongs` says so.
    func upsertSimilarSongs(_ lists: [SimilarSongs], modelVersion: String) throws

    /// Makes the lists of a version those that are read, in one step, and removes all others.
    ///
    /// - Parameter count: lists the version must have: fewer are there when another writer has removed some meanwhile.
    /// - Throws: `StorageError.invalid`, having changed nothing, when there are not that many.
    func setSimilarSongs(modelVersion: String, count: Int) throws

    /// The version whose lists are read; nil before the first.
    func similarSongsModelVersion() throws -> String?

    /// The songs most like a song; nil when there is no list of it.
    func similarSongs(to trackID: String) throws -> SimilarSongs?
}

/// A song and those most like it.
public struct SimilarSongs: Sendable, Equatable {
    /// One of them.
    public struct Neighbor: Sendable, Equatable {
        /// Which.
        public var trackID: String
        /// Cosine of the two vectors, above 0 and at most 1.
        public var cosine: Float

        /// Makes one.
        public init(trackID: String, cosine: Float) {
            self.trackID = trackID
            self.cosine = cosine
        }
    }

    /// The song.
    public var trackID: String
    /// Most similar first; may be empty.
    public var neighbors: [Neighbor]

    /// Makes a list.
    public init(trackID: String, neighbors: [Neighbor]) {
        self.trackID = trackID
        self.neighbors = neighbors
    }
}
