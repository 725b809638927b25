import Domain
import Storage
import Synchronization

/// A store that is away at first, and in which another daemon then counts one of the first commits that are counted
/// together.
final class MeddledStore: ForwardingStore {
    let store: any DocumentStore
    private let lake: any EventLake
    private let absences = Atomic<Int>(0)
    private let isMeddled = Atomic<Bool>(false)

    init(_ store: any DocumentStore, lake: any EventLake) {
        self.store = store
        self.lake = lake
    }

    var wasMeddledWith: Bool { isMeddled.load(ordering: .relaxed) }

    func applyPlays(_ plays: CommitPlays, today: EventDay) throws -> Bool {
        if absences.wrappingAdd(1, ordering: .relaxed).oldValue < 2 { throw StorageError(.unavailable, "away") }
        if plays.lakeVersions.count > 1, !isMeddled.exchange(true, ordering: .relaxed) {
            _ = try store.applyPlays(lake.plays(ofCommit: plays.lakeVersions[1]), today: today)
        }
        return try store.applyPlays(plays, today: today)
    }
}

/// A store that counts nothing while it is away.
final class AwayStore: ForwardingStore {
    let store: any DocumentStore
    let isAway = Atomic<Bool>(true)

    init(_ store: any DocumentStore) { self.store = store }

    func applyPlays(_ plays: CommitPlays, today: EventDay) throws -> Bool {
        if isAway.load(ordering: .relaxed) { throw StorageError(.unavailable, "the store is away") }
        return try store.applyPlays(plays, today: today)
    }
}

/// A store that dies before or after it counts.
struct DyingStore: ForwardingStore {
    let store: any DocumentStore
    let death: Death

    func applyPlays(_ plays: CommitPlays, today: EventDay) throws -> Bool {
        // The dead count no more: their store's connection went with them.
        if death.hasStruck { throw StorageError(.invalid, "dead") }
        try death.pass(.beforeCounts)
        let isNew = try store.applyPlays(plays, today: today)
        try death.pass(.afterCounts)
        return isNew
    }
}

/// Hands everything on to `store`.
protocol ForwardingStore: DocumentStore {
    var store: any DocumentStore { get }
}

extension ForwardingStore {
    func prepare() throws { try store.prepare() }
    func checkHealth() throws { try store.checkHealth() }
    func close() { store.close() }
    func upsertSongs(_ songs: [Song]) throws { try store.upsertSongs(songs) }
    func songs(ids: [String]) throws -> [Song] { try store.songs(ids: ids) }
    func songs(after cursor: String?, limit: Int) throws -> [Song] { try store.songs(after: cursor, limit: limit) }
    func forEachSong(_ body: (Song) throws -> Void) throws { try store.forEachSong(body) }
    func songCount() throws -> Int { try store.songCount() }
    func popularSongs(window: PopularityWindow, limit: Int) throws -> [Song] {
        try store.popularSongs(window: window, limit: limit)
    }
    func countedLakeID() throws -> String? { try store.countedLakeID() }
    func recount(_ plays: CommitPlays, today: EventDay) throws { try store.recount(plays, today: today) }
    func appliedCommitsFloor() throws -> Int64 { try store.appliedCommitsFloor() }
    func appliedCommits(from version: Int64) throws -> [Int64] { try store.appliedCommits(from: version) }
    func setAppliedCommitsFloor(_ version: Int64) throws { try store.setAppliedCommitsFloor(version) }
    func refreshRecentPlays(today: EventDay) throws { try store.refreshRecentPlays(today: today) }
    func upsertUsers(_ users: [User]) throws { try store.upsertUsers(users) }
    func user(id: String) throws -> User? { try store.user(id: id) }
    func users(after cursor: String?, limit: Int) throws -> [User] { try store.users(after: cursor, limit: limit) }
    func userCount() throws -> Int { try store.userCount() }
    func upsertUserVectors(
        _ vectors: [(userID: String, values: [Float])], modelVersion: String, keeping: String?, at: Int64
    ) throws {
        try store.upsertUserVectors(vectors, modelVersion: modelVersion, keeping: keeping, at: at)
    }
    func forEachUserVector(modelVersion: String, _ body: (String, [Float]) throws -> Void) throws {
        try store.forEachUserVector(modelVersion: modelVersion, body)
    }
    func saveModel(_ model: ModelRecord) throws { try store.saveModel(model) }
    func models() throws -> [ModelRecord] { try store.models() }
    func currentModel() throws -> ModelRecord? { try store.currentModel() }
    func setCurrentModel(version: String) throws { try store.setCurrentModel(version: version) }
}
