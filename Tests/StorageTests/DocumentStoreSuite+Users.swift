import Domain
import Storage
import TestSupport
import Testing

extension DocumentStoreSuite {
    @Test(arguments: DocumentBackend.available) func usersAreNamedRenamedAndPaged(_ backend: DocumentBackend) throws {
        try backend.withStore { store throws in
            try store.upsertUsers((0..<10).map { User(userID: "u\($0)", username: $0 == 3 ? nil : "Name \($0)") })
            try store.upsertUsers([User(userID: "u1", username: "Renamed"), User(userID: "u2")])
            #expect(try store.userCount() == 10)
            #expect(try store.user(id: "u1") == User(userID: "u1", username: "Renamed"))
            #expect(try store.user(id: "u2") == User(userID: "u2", username: "Name 2"))
            #expect(try store.user(id: "u3") == User(userID: "u3"))
            #expect(try store.user(id: "nobody") == nil)
            let first = try store.users(after: nil, limit: 6).map(\.userID)
            let rest = try store.users(after: first.last, limit: 6).map(\.userID)
            #expect(first + rest == (0..<10).map { "u\($0)" })
        }
    }

    @Test(arguments: DocumentBackend.available) func vectorMovesAsideWhenAnotherVersionComes(_ backend: DocumentBackend)
        throws
    {
        try backend.withStore { store throws in
            try store.upsertUsers([User(userID: "u", username: "Ursula")])
            let old: [Float] = [1, -2.5, .leastNonzeroMagnitude, .greatestFiniteMagnitude, 0.1]
            try store.upsertUserVectors([("u", [9]), ("fresh", [])], modelVersion: "v1", at: 10)
            try store.upsertUserVectors([("u", old)], modelVersion: "v1", at: 11)
            var user = User(userID: "u", username: "Ursula", vector: UserVector(modelVersion: "v1", values: old))
            user.lastUpdated = 11
            #expect(try store.user(id: "u") == user)
            try store.upsertUserVectors([("u", [3, 4])], modelVersion: "v2", at: 20)
            try store.upsertUserVectors([("u", [5, 6])], modelVersion: "v2", at: 21)
            user.previousVector = user.vector
            user.vector = UserVector(modelVersion: "v2", values: [5, 6])
            user.lastUpdated = 21
            #expect(try store.user(id: "u") == user)
            #expect(try store.user(id: "u")?.vector(ofModel: "v1")?.values == old)
            #expect(
                try store.user(id: "fresh")
                    == User(userID: "fresh", vector: UserVector(modelVersion: "v1", values: []), lastUpdated: 10))
            try store.upsertUsers([User(userID: "u", username: "Uwe")])
            user.username = "Uwe"
            #expect(try store.users(after: "fresh", limit: 5) == [user])
        }
    }

    @Test(arguments: DocumentBackend.available) func theVectorOfTheModelThatServesOutlivesPublishesThatNeverEnd(
        _ backend: DocumentBackend
    ) throws {
        try backend.withStore { store throws in
            try store.upsertUserVectors([("u", [1])], modelVersion: "serving", keeping: nil, at: 1)
            try store.upsertUserVectors([("u", [2])], modelVersion: "killed", keeping: "serving", at: 2)
            try store.upsertUserVectors([("u", [3])], modelVersion: "next", keeping: "serving", at: 3)
            let user = try #require(try store.user(id: "u"))
            #expect(user.vector == UserVector(modelVersion: "next", values: [3]))
            #expect(user.previousVector == UserVector(modelVersion: "serving", values: [1]))
            try store.upsertUserVectors([("u", [4])], modelVersion: "after", keeping: "next", at: 4)
            #expect(try store.user(id: "u")?.vector(ofModel: "next")?.values == [3])
            #expect(try store.user(id: "u")?.vector(ofModel: "after")?.values == [4])
        }
    }

    @Test(arguments: DocumentBackend.available) func oneVersionsVectorsAreFoundWhereverTheyStand(
        _ backend: DocumentBackend
    ) throws {
        try backend.withStore { store throws in
            let count = 1_300
            func vectors(_ users: Range<Int>, _ sign: Float) -> [(userID: String, values: [Float])] {
                users.map { ("u\($0)", [sign * Float($0), 0.5]) }
            }
            try store.upsertUserVectors(vectors(0..<count, 1), modelVersion: "v1", at: 1)
            try store.upsertUserVectors(vectors(800..<count + 10, -1), modelVersion: "v2", at: 2)
            func found(_ version: String) throws -> [String: [Float]] {
                var found: [String: [Float]] = [:]
                try store.forEachUserVector(modelVersion: version) { userID, values in
                    #expect(found[userID] == nil)
                    found[userID] = values
                }
                return found
            }
            #expect(
                try found("v1")
                    == Dictionary(uniqueKeysWithValues: vectors(0..<count, 1).map { ($0.userID, $0.values) }))
            #expect(
                try found("v2")
                    == Dictionary(uniqueKeysWithValues: vectors(800..<count + 10, -1).map { ($0.userID, $0.values) }))
            #expect(try found("v3").isEmpty)
        }
    }

    // MARK: models

    @Test(arguments: DocumentBackend.available) func modelsAreListedNewestFirstAndOneIsCurrent(
        _ backend: DocumentBackend
    ) throws {
        try backend.withStore { store throws in
            #expect(try store.currentModel() == nil && store.models() == [])
            var records = ["20260101T030000Z-a", "20260103T030000Z-c", "20260102T030000Z-b"].map(Self.record)
            records[1].status = .rejected
            records[1].reason = "ndcg@10 fell from 0.3 to 0.2"
            for record in records { try store.saveModel(record) }
            #expect(try store.models() == [records[1], records[2], records[0]])
            try store.setCurrentModel(version: records[0].manifest.version)
            try store.setCurrentModel(version: records[2].manifest.version)
            records[2].isCurrent = true
            #expect(try store.currentModel() == records[2])
            let error = try #require(throws: StorageError.self) { try store.setCurrentModel(version: "none") }
            #expect(error.code == .notFound && error.reason.contains("none"))
            #expect(try store.currentModel() == records[2])
            records[2].manifest.metrics["ndcg@10"] = 0.5
            var saved = records[2]
            saved.isCurrent = false
            try store.saveModel(saved)
            #expect(try store.models() == [records[1], records[2], records[0]])
        }
    }

    @Test(arguments: DocumentBackend.available) func manifestThatCannotBeWrittenIsRefused(_ backend: DocumentBackend)
        throws
    {
        try backend.withStore { store throws in
            var record = Self.record("v")
            record.manifest.objective = [.infinity]
            let error = try #require(throws: StorageError.self) { try store.saveModel(record) }
            #expect(error.code == .invalid && error.reason.contains("objective"))
        }
    }

    private static func record(_ version: String) -> ModelRecord {
        ModelRecord(
            manifest: ModelManifest(
                version: version, createdAt: 1_767_236_400_123, factors: 64, users: 10, items: 20,
                parameters: ["--alpha": "40", "odd.name": "ü"], lakeVersion: 1 << 60, windowFrom: "2025-10-03",
                windowThrough: "2025-12-31", events: 1_000_000, metrics: ["ndcg@10": 0.25, "popularity.ndcg@10": 1],
                objective: [3.5, 2, 0.1], files: [ModelFile(name: "items.ivf", byteCount: 4096, crc32c: "00c0ffee")]),
            status: .published)
    }
}
