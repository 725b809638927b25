import Domain
import Storage
import Synchronization

/// A store that keeps songs and users as the contract says and has nothing of the rest: what an import writes to.
final class MemoryDocumentStore: DocumentStore {
    struct State {
        var songs: [String: Song] = [:]
        var users: [String: User] = [:]
        var batchSizes: [Int] = []
    }

    private let state = Mutex(State())

    var songs: [String: Song] { state.withLock { $0.songs } }
    var users: [String: User] { state.withLock { $0.users } }
    var largestBatch: Int { state.withLock { $0.batchSizes.max() ?? 0 } }

    func upsertSongs(_ songs: [Song]) throws {
        state.withLock { state in
            state.batchSizes.append(songs.count)
            for song in songs {
                var merged = song
                let known = state.songs[song.trackID]
                merged.title = song.title ?? known?.title
                merged.artist = song.artist ?? known?.artist
                merged.artistID = song.artistID ?? known?.artistID
                merged.durationMilliseconds = song.durationMilliseconds ?? known?.durationMilliseconds
                state.songs[song.trackID] = merged
            }
        }
    }

    func upsertUsers(_ users: [User]) throws {
        state.withLock { state in
            state.batchSizes.append(users.count)
            for user in users {
                state.users[user.userID] = User(
                    userID: user.userID, username: user.username ?? state.users[user.userID]?.username)
            }
        }
    }

    static let absent = StorageError(.invalid, "a memory store keeps songs and users only")

    func prepare() throws {}
    func checkHealth() throws {}
    func close() {}
    func songs(ids: [String]) throws -> [Song] { state.withLock { state in ids.compactMap { state.songs[$0] } } }
    func songs(after cursor: String?, limit: Int) throws -> [Song] { throw Self.absent }
    func forEachSong(_ body: (Song) throws -> Void) throws { for song in songs.values { try body(song) } }
    func songCount() throws -> Int { songs.count }
    func popularSongs(window: PopularityWindow, limit: Int) throws -> [Song] { throw Self.absent }
    func applyPlays(_ plays: CommitPlays, today: EventDay) throws -> Bool { throw Self.absent }
    func countedLakeID() throws -> String? { throw Self.absent }
    func recount(_ plays: CommitPlays, today: EventDay) throws { throw Self.absent }
    func appliedCommitsFloor() throws -> Int64 { throw Self.absent }
    func appliedCommits(from version: Int64) throws -> [Int64] { throw Self.absent }
    func setAppliedCommitsFloor(_ version: Int64) throws { throw Self.absent }
    func refreshRecentPlays(today: EventDay) throws { throw Self.absent }
    func user(id: String) throws -> User? { users[id] }
    func users(after cursor: String?, limit: Int) throws -> [User] { throw Self.absent }
    func userCount() throws -> Int { users.count }
    func upsertUserVectors(
        _ vectors: [(userID: String, values: [Float])], modelVersion: String, keeping: String?, at: Int64
    ) throws {
        throw Self.absent
    }
    func forEachUserVector(modelVersion: String, _ body: (String, [Float]) throws -> Void) throws { throw Self.absent }
    func saveModel(_ model: ModelRecord) throws { throw Self.absent }
    func models() throws -> [ModelRecord] { throw Self.absent }
    func currentModel() throws -> ModelRecord? { throw Self.absent }
    func setCurrentModel(version: String) throws { throw Self.absent }
}
