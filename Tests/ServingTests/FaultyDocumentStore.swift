import Domain
import Foundation
import Storage
import Synchronization

/// A document store that counts and delays look-ups of users and fails when told.
final class FaultyDocumentStore: DocumentStore {
    private struct State {
        var failure: StorageError?
        var userLookups = 0
    }

    private let base: any DocumentStore
    private let state = Mutex(State())
    /// Set while look-ups of users are to wait.
    let gate = Mutex<DispatchSemaphore?>(nil)

    init(_ base: any DocumentStore) { self.base = base }

    var userLookups: Int { state.withLock { $0.userLookups } }
    func fail(with error: StorageError?) { state.withLock { $0.failure = error } }

    func checked() throws -> any DocumentStore {
        if let failure = state.withLock({ $0.failure }) { throw failure }
        return base
    }

    func prepare() throws { try checked().prepare() }
    func checkHealth() throws { try checked().checkHealth() }
    func close() { base.close() }
    func upsertSongs(_ songs: [Song]) throws { try checked().upsertSongs(songs) }
    func songs(ids: [String]) throws -> [Song] { try checked().songs(ids: ids) }
    func songs(after cursor: String?, limit: Int) throws -> [Song] { try checked().songs(after: cursor, limit: limit) }
    func forEachSong(_ body: (Song) throws -> Void) throws { try checked().forEachSong(body) }
    func songCount() throws -> Int { try checked().songCount() }
    func popularSongs(window: PopularityWindow, limit: Int) throws -> [Song] {
        try checked().popularSongs(window: window, limit: limit)
    }
    func applyPlays(_ plays: CommitPlays, today: EventDay) throws -> Bool {
        try checked().applyPlays(plays, today: today)
    }
    func countedLakeID() throws -> String? { try checked().countedLakeID() }
    func recount(_ plays: CommitPlays, today: EventDay) throws { try checked().recount(plays, today: today) }
    func appliedCommitsFloor() throws -> Int64 { try checked().appliedCommitsFloor() }
    func appliedCommits(from version: Int64) throws -> [Int64] { try checked().appliedCommits(from: version) }
    func setAppliedCommitsFloor(_ version: Int64) throws { try checked().setAppliedCommitsFloor(version) }
    func refreshRecentPlays(today: EventDay) throws { try checked().refreshRecentPlays(today: today) }
    func upsertUsers(_ users: [User]) throws { try checked().upsertUsers(users) }
    func user(id: String) throws -> User? {
        state.withLock { $0.userLookups += 1 }
        gate.withLock { $0 }?.wait()
        return try checked().user(id: id)
    }
    func users(after cursor: String?, limit: Int) throws -> [User] { try checked().users(after: cursor, limit: limit) }
    func userCount() throws -> Int { try checked().userCount() }
    func upsertUserVectors(
        _ vectors: [(userID: String, values: [Float])], modelVersion: String, keeping: String?, at: Int64
    ) throws {
        try checked().upsertUserVectors(vectors, modelVersion: modelVersion, keeping: keeping, at: at)
    }
    func forEachUserVector(modelVersion: String, _ body: (String, [Float]) throws -> Void) throws {
        try checked().forEachUserVector(modelVersion: modelVersion, body)
    }
    func saveModel(_ model: ModelRecord) throws { try checked().saveModel(model) }
    func models() throws -> [ModelRecord] { try checked().models() }
    func currentModel() throws -> ModelRecord? { try checked().currentModel() }
    func setCurrentModel(version: String) throws { try checked().setCurrentModel(version: version) }
}
