public import Domain

/// Songs, users, models and the markers of applied commits: MongoDB, or SQLite when nothing is to be installed
/// (docs/design.md §3.4).
///
/// All calls block and may be made from many threads. Backends: `MongoDocumentStore`, `SQLiteDocumentStore`;
/// `DocumentStores.open(uri:)` picks by scheme. One shared test suite runs against each.
public protocol DocumentStore: RatingStore, RecentListenStore, ForgettingStore, SimilarSongStore, ClientStore {
    /// Creates collections and indexes that are missing; idempotent.
    func prepare() throws

    /// Throws with what is wrong and what to do when the store cannot be used now (down, no replica set, read-only).
    func checkHealth() throws

    /// Releases connections.
    func close()

    // MARK: songs

    /// Inserts songs or replaces what is known of them; play counts are never touched, and a nil field does not erase
    /// a known one.
    func upsertSongs(_ songs: [Song]) throws

    /// The songs of these ids that exist, in no order.
    func songs(ids: [String]) throws -> [Song]

    /// Songs in order of id, after `cursor` (exclusive), at most `limit`.
    func songs(after cursor: String?, limit: Int) throws -> [Song]

    /// Every song once, in no order, in bounded memory.
    func forEachSong(_ body: (Song) throws -> Void) throws

    /// How many songs there are.
    func songCount() throws -> Int

    /// Most played songs, best first, ties by id. A song without a play in the window is not among them, so the list may be
    /// shorter than `limit`, or empty.
    func popularSongs(window: PopularityWindow, limit: Int) throws -> [Song]

    // MARK: play counts (docs/design.md §3.3)

    /// Adds the plays of a lake commit, or of several that are counted together, to `plays_cumulative`, `plays_daily` and
    /// `plays_7d` and sets the markers of those commits, in one transaction. Songs not met before are created with their
    /// id only.
    ///
    /// The floor is read inside that transaction too: a commit below it may have been applied by another daemon whose
    /// marker is gone since.
    ///
    /// A day bucket that no window can need any more (two weeks before `today`) is not kept; its plays count in
    /// `plays_cumulative` all the same.
    ///
    /// A store counts one lake: the first whose plays it is given (`CommitPlays.lakeID`). Versions begin anew in a lake that
    /// was made anew, so markers mean nothing beside another one.
    ///
    /// - Returns: false, having changed nothing, when the marker of one of the commits is there already or one of them is
    ///   below the floor.
    /// - Throws: `.invalid`, having changed nothing, when the store counts another lake: `recount` changes over.
    func applyPlays(_ plays: CommitPlays, today: EventDay) throws -> Bool

    /// Identity of the lake whose plays are counted; nil before the first.
    func countedLakeID() throws -> String?

    /// Replaces all play counts by `plays`, which are all that lake `plays.lakeID` holds as of its one version: the markers go,
    /// the floor is the version after. Whoever counts meanwhile is told that the store is unavailable.
    ///
    /// SQLite does it in one transaction. With MongoDB, where one would be too large, a recount that was interrupted leaves
    /// a store that counts nothing until it is done again.
    func recount(_ plays: CommitPlays, today: EventDay) throws

    /// Lake versions below this one are all applied; with `appliedCommits(from:)` it tells what is left to do.
    func appliedCommitsFloor() throws -> Int64

    /// Markers at or above `version`, ascending.
    func appliedCommits(from version: Int64) throws -> [Int64]

    /// Declares all versions below `version` applied and drops their markers. The floor never falls: a lower one changes
    /// nothing.
    func setAppliedCommitsFloor(_ version: Int64) throws

    /// Makes every `plays_7d` the sum of the seven days that end with `today`, and forgets older buckets that no
    /// window needs. Called when the UTC day turns.
    func refreshRecentPlays(today: EventDay) throws

    // MARK: users

    /// Inserts users or renames them; vectors are not touched.
    func upsertUsers(_ users: [User]) throws

    /// The user, or nil.
    func user(id: String) throws -> User?

    /// Users in order of id, after `cursor` (exclusive), at most `limit`.
    func users(after cursor: String?, limit: Int) throws -> [User]

    /// How many users there are.
    func userCount() throws -> Int

    /// Writes vectors of one model version: the vector of another version that stands there moves to `previousVector`;
    /// the same version is overwritten in place. Users not met before are created.
    ///
    /// - Parameter keeping: a version whose vectors must stay (the one that serves): where `previousVector` is of it, the vector
    ///   that stands there, of a publish that never came to its end, is given up instead. nil keeps none.
    func upsertUserVectors(
        _ vectors: [(userID: String, values: [Float])], modelVersion: String, keeping: String?, at: Int64) throws

    /// Every user that has a vector of that version, once, in no order, in bounded memory.
    func forEachUserVector(modelVersion: String, _ body: (String, [Float]) throws -> Void) throws

    // MARK: models

    /// Inserts or replaces the record of a run; `isCurrent` is left as it is.
    func saveModel(_ model: ModelRecord) throws

    /// All runs, newest version first.
    func models() throws -> [ModelRecord]

    /// The run that serves, or nil.
    func currentModel() throws -> ModelRecord?

    /// Makes that run the only current one, atomically.
    /// - Throws: when there is no such run.
    func setCurrentModel(version: String) throws
}

extension DocumentStore {
    /// Writes vectors of one model version; see `upsertUserVectors(_:modelVersion:keeping:at:)`.
    public func upsertUserVectors(
        _ vectors: [(userID: String, values: [Float])], modelVersion: String, at: Int64
    ) throws {
        try upsertUserVectors(vectors, modelVersion: modelVersion, keeping: nil, at: at)
    }
}

/// What a popularity list counts.
public enum PopularityWindow: String, Sendable, CaseIterable {
    /// `plays_7d`.
    case last7Days = "7d"
    /// `plays_cumulative`.
    case all
}

/// The plays of one lake commit, or the sum of several, song by song and day by day.
public struct CommitPlays: Sendable, Equatable {
    /// Versions of the lake commits: the markers.
    public var lakeVersions: [Int64]
    /// Identity of the lake (`EventLake.identity`); nil for plays that come from none, which any store counts.
    public var lakeID: String?
    /// Track id → UTC day → plays in the commits.
    public var plays: [String: [EventDay: Int64]]

    /// The plays of one commit.
    public init(lakeID: String? = nil, lakeVersion: Int64, plays: [String: [EventDay: Int64]]) {
        self.init(lakeID: lakeID, lakeVersions: [lakeVersion], plays: plays)
    }

    /// The sum of several commits' plays.
    public init(lakeID: String? = nil, lakeVersions: [Int64], plays: [String: [EventDay: Int64]]) {
        self.lakeVersions = lakeVersions
        self.lakeID = lakeID
        self.plays = plays
    }
}

/// A document of `models`.
public struct ModelRecord: Sendable, Equatable {
    /// What became of a run.
    public enum Status: String, Sendable, CaseIterable {
        /// Files and user vectors are whole; it serves or may serve again.
        case published
        /// Recorded but not published: worse than the current model on the held-out days.
        case rejected
    }

    /// Parameters, window, metrics, files.
    public var manifest: ModelManifest
    /// What became of the run.
    public var status: Status
    /// Why it was rejected; nil for a published one.
    public var reason: String?
    /// Whether it is the one that serves. Set only by `setCurrentModel`.
    public var isCurrent: Bool

    /// Makes the record.
    public init(manifest: ModelManifest, status: Status, reason: String? = nil, isCurrent: Bool = false) {
        self.manifest = manifest
        self.status = status
        self.reason = reason
        self.isCurrent = isCurrent
    }
}
