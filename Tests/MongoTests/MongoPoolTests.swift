import Dispatch
import Mongo
import Synchronization
import TestSupport
import Testing

@Suite struct MongoPoolTests {
    @Test(arguments: [
        "", "nonsense", "mongodb://", "mongodb://h:99999/db", "mongodb://h/db?replicaSet=a&directConnection=true&x=%",
    ])
    func addressThatIsNoneIsExplained(_ uri: String) throws {
        let error = try #require(throws: MongoError.self) { try MongoPool(uri: uri) }
        #expect(error.code == .invalidAddress && error.reason.contains("replicaSet=") && !error.isRetriable)
    }

    @Test func addressIsTakenApartWithoutPassword() throws {
        let pool = try MongoPool(uri: "mongodb://anna:secret@a:1,b:2/segue?replicaSet=rs7")
        #expect(pool.databaseName == "segue" && pool.replicaSetName == "rs7")
        #expect(pool.place == "mongodb://a:1,b:2/segue")
        pool.close()
        pool.close()
        let bare = try MongoPool(uri: "mongodb://a")
        #expect(bare.databaseName == nil && bare.replicaSetName == nil)
    }

    @Test func closedPoolRefuses() throws {
        let pool = try MongoPool(uri: "mongodb://127.0.0.1:1/db")
        pool.close()
        let error = try #require(throws: MongoError.self) { try pool.withClient { _ in } }
        #expect(error.code == .pool && error.reason.contains("closed") && !error.isRetriable)
    }

    @Test func poolClosedInTheMiddleOfACallLetsItFinish() throws {
        let pool = try MongoPool(uri: "mongodb://127.0.0.1:1/db")
        try pool.withClient { client in
            pool.close()
            #expect(client.collection("c", in: "d").name == "c")
        }
        #expect(throws: MongoError.self) { try pool.withClient { _ in } }
    }

    @Test func exhaustedPoolSaysSo() throws {
        var options = MongoPoolOptions()
        options.checkOutTimeout = .milliseconds(50)
        let pool = try MongoPool(uri: "mongodb://127.0.0.1:1/db?maxPoolSize=1", options: options)
        defer { pool.close() }
        try pool.withClient { _ in
            let error = try #require(throws: MongoError.self) { try pool.withClient { _ in } }
            #expect(error.code == .pool && error.reason.contains("maxPoolSize") && error.isRetriable)
        }
    }

    @Test func serverThatIsDownIsUnreachable() throws {
        var options = MongoPoolOptions()
        options.serverSelectionTimeout = .milliseconds(200)
        let port = try ServerProcess.freePort()
        let pool = try MongoPool(uri: "mongodb://127.0.0.1:\(port)/db", options: options)
        defer { pool.close() }
        let error = try #require(throws: MongoError.self) {
            try pool.withClient { try $0.runCommand(["ping": 1], in: "db") }
        }
        #expect(error.code == .unreachable && error.isRetriable)
        #expect(error.reason.contains("127.0.0.1:\(port)") && error.reason.contains("is the server running"))
    }

    @Test(.enabled(if: MongoServer.isAvailable, Comment(rawValue: MongoServer.whySkipped)))
    func replicaSetIsFoundByItsNameAndNotByAnother() throws {
        try withMongo { pool, database throws in
            let hello = try pool.withClient { try $0.runCommand(["hello": 1], in: "admin") }
            let name = try #require(try hello.withView { try $0["setName"]?.string })
            let hosts = pool.place.dropFirst("mongodb://".count).prefix { $0 != "/" }
            let named = try MongoPool(uri: "mongodb://\(hosts)/\(database)?replicaSet=\(name)")
            defer { named.close() }
            try named.withClient { try $0.runCommand(["ping": 1], in: database) }
            let other = try MongoPool(
                uri: "mongodb://\(hosts)/\(database)?replicaSet=no\(name)&serverSelectionTimeoutMS=300")
            defer { other.close() }
            let error = try #require(throws: MongoError.self) {
                try other.withClient { try $0.runCommand(["ping": 1], in: database) }
            }
            #expect(error.code == .unreachable && error.reason.contains("replicaSet="))
        }
    }

    @Test(.enabled(if: MongoServer.isAvailable, Comment(rawValue: MongoServer.whySkipped)))
    func manyThreadsShareThePool() throws {
        try withMongo { pool, database throws in
            let failures = Mutex<[String]>([])
            DispatchQueue.concurrentPerform(iterations: 12) { thread in
                do {
                    for n in 0..<10 {
                        try pool.withClient { client in
                            let things = client.collection("things", in: database)
                            try things.insertOne(["_id": .int32(Int32(thread * 100 + n))])
                        }
                    }
                } catch {
                    failures.withLock { $0.append("\(error)") }
                }
            }
            #expect(failures.withLock { $0 } == [])
            #expect(try pool.withClient { try $0.collection("things", in: database).count() } == 120)
        }
    }
}
