import Dispatch
import Mongo
import Synchronization
import TestSupport
import Testing

@Suite(.enabled(if: MongoServer.isAvailable, Comment(rawValue: MongoServer.whySkipped)))
struct MongoTransactionTests {
    @Test func transactionIsSeenWholeOrNotAtAll() throws {
        try withMongo { pool, database throws in
            try pool.withClient { client throws in
                let things = client.collection("things", in: database)
                try things.insertOne(["_id": 0])
                try client.withTransaction { session throws in
                    try things.insertOne(["_id": 1], session: session)
                    #expect(try things.count([:], session: session) == 2)
                    #expect(try pool.withClient { try $0.collection("things", in: database).ids() } == [0])
                }
                #expect(try things.ids() == [0, 1])
                #expect(throws: CancellationError.self) {
                    try client.withTransaction { session throws in
                        try things.insertOne(["_id": 2], session: session)
                        throw CancellationError()
                    }
                }
                #expect(try things.ids() == [0, 1])
                let count = try client.withTransaction { try things.count([:], session: $0) }
                #expect(count == 2)
            }
        }
    }

    @Test func readsInATransactionDoNotSeeWhatIsCommittedMeanwhile() throws {
        try withMongo { pool, database throws in
            try pool.withClient { client throws in
                let things = client.collection("things", in: database)
                try things.insertOne(["_id": 0])
                try client.withTransaction { session throws in
                    #expect(try things.count([:], session: session) == 1)
                    try pool.withClient { try $0.collection("things", in: database).insertOne(["_id": 1]) }
                    #expect(try things.count([:], session: session) == 1)
                }
                #expect(try things.count() == 2)
            }
        }
    }

    @Test func conflictingTransactionsAreRunAgainUntilEachIsDone() throws {
        try withMongo { pool, database throws in
            try pool.withClient { try $0.collection("things", in: database).insertOne(["_id": 0, "n": 0]) }
            let failures = Mutex<[String]>([])
            let runs = Atomic<Int>(0)
            DispatchQueue.concurrentPerform(iterations: 6) { _ in
                do {
                    for _ in 0..<10 {
                        try pool.withClient { client in
                            let things = client.collection("things", in: database)
                            try client.withTransaction { session in
                                runs.add(1, ordering: .relaxed)
                                let n = try things.findOne(["_id": 0], session: session) { try $0["n"]?.int64 } ?? -1
                                try things.updateOne(
                                    ["_id": 0], ["$set": ["n": .int64((n ?? -1) + 1)]], session: session)
                            }
                        }
                    }
                } catch {
                    failures.withLock { $0.append("\(error)") }
                }
            }
            #expect(failures.withLock { $0 } == [])
            let n = try pool.withClient {
                try $0.collection("things", in: database).findOne([:]) { try $0["n"]?.int64 }
            }
            #expect(n == 60)
            #expect(runs.load(ordering: .relaxed) >= 60)
        }
    }

    @Test func retriesEndWithTheTimeLimit() throws {
        try withMongo { pool, database throws in
            try pool.withClient { client throws in
                let things = client.collection("things", in: database)
                try things.insertOne(["_id": 0, "n": 0])
                var attempts = 0
                let error = try #require(throws: MongoError.self) {
                    try client.withTransaction(timeLimit: .milliseconds(200)) { session in
                        attempts += 1
                        _ = try things.count([:], session: session)
                        // Another one gets there first, each time.
                        try pool.withClient {
                            try $0.collection("things", in: database).updateOne(["_id": 0], ["$inc": ["n": 1]])
                        }
                        try things.updateOne(["_id": 0], ["$inc": ["n": 1]], session: session)
                    }
                }
                #expect(error.isTransientTransaction && error.isRetriable && attempts > 1)
            }
        }
    }

    @Test(.enabled(if: MongoServer.executable != nil)) func standaloneServerHasNoTransactionsAndSaysSo() throws {
        let server = try MongoServer.start(["--standalone"])
        let pool = try MongoPool(uri: MongoServer.uri(database: "t", on: server))
        defer { pool.close() }
        try pool.withClient { client throws in
            let hello = try client.runCommand(["hello": 1], in: "admin")
            let setName = try hello.withView { try $0["setName"]?.string }
            #expect(setName == nil)
        }
    }
}
