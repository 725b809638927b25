import Mongo
import ServiceKit

/// The document store in MongoDB, a replica set of one node or more. Methods throw `StorageError`.
public final class MongoDocumentStore: DocumentStore {
    let pool: MongoPool
    let databaseName: String

    /// Writes sent in one bulk at most, so that memory and messages stay bounded.
    static let writesPerBulk = 1_000

    /// Takes the address apart; connects at the first call.
    ///
    /// - Throws: `StorageError` when it is no address, or names no database.
    public init(uri: String) throws {
        pool = try StorageError.fromMongo { try MongoPool(uri: uri) }
        guard let name = pool.databaseName else {
            throw StorageError(
                .invalid,
                "the store address \(pool.place) names no database: write mongodb://<host>/segue?replicaSet=<name>")
        }
        databaseName = name
    }

    /// Makes the collections and indexes that are missing.
    public func prepare() throws {
        try withClient { client in
            let versions = client.collection(MongoDocumentSchema.schemaVersions, in: databaseName)
            if let found = try schemaVersion(client), found > MongoDocumentSchema.version {
                throw StorageError(
                    .invalid,
                    "\(pool.place): the store has version \(found), this program knows "
                        + "\(MongoDocumentSchema.version); update the program")
            }
            for (name, indexes) in MongoDocumentSchema.indexes {
                try client.collection(name, in: databaseName).createIndexes(indexes)
            }
            // Made here, so that of two first transactions none fails on the other's upsert.
            try client.collection(MongoDocumentSchema.floor, in: databaseName)
                .updateOne(["_id": "only"], ["$setOnInsert": ["version": .int64(0)]], upsert: true)
            try client.collection(MongoDocumentSchema.ratingSequence, in: databaseName)
                .updateOne(["_id": "only"], ["$setOnInsert": ["change": .int64(0)]], upsert: true)
            try client.collection(MongoDocumentSchema.recentSequence, in: databaseName)
                .updateOne(["_id": "only"], ["$setOnInsert": ["change": .int64(0)]], upsert: true)
            try versions.updateOne(
                ["_id": "documents"], ["$max": ["version": .int64(MongoDocumentSchema.version)]], upsert: true)
        }
    }

    /// Asks the server who it is, and looks for the store in it.
    public func checkHealth() throws {
        try withClient { client in
            let hello = try client.runCommand(["hello": 1], in: "admin")
            try hello.withView { hello in
                let isSharded = try hello["msg"]?.string == "isdbgrid"
                guard try isSharded || hello["setName"] != nil else { throw self.notReplicaSet() }
                guard try isSharded || hello["isWritablePrimary"]?.bool ?? false else {
                    throw StorageError(
                        .unavailable, "\(pool.place): the server is not the primary of its replica set; try again later"
                    )
                }
            }
            guard try schemaVersion(client) == MongoDocumentSchema.version else {
                throw StorageError(.invalid, "\(pool.place): the store is not prepared; prepare it first")
            }
        }
    }

    private func notReplicaSet() -> StorageError {
        StorageError(
            .invalid,
            "\(pool.place): the server is no member of a replica set, so it has no transactions, and plays could be "
                + "counted twice; start it with mongod --replSet rs0, run rs.initiate() once, and add ?replicaSet=rs0 "
                + "to the address")
    }

    private func schemaVersion(_ client: MongoClient) throws -> Int64? {
        try client.collection(MongoDocumentSchema.schemaVersions, in: databaseName)
            .findOne(["_id": "documents"]) { try $0["version"]?.int64 } ?? nil
    }

    /// Refuses further calls; those under way finish.
    public func close() { pool.close() }

    // MARK: - access

    /// Calls `body` with a client.
    @discardableResult
    func withClient<R>(_ body: (MongoClient) throws -> R) throws -> R {
        try StorageError.fromMongo { try pool.withClient(body) }
    }

    /// Calls `body` with a collection.
    @discardableResult
    func with<R>(_ name: String, _ body: (MongoCollection) throws -> R) throws -> R {
        try withClient { try body($0.collection(name, in: databaseName)) }
    }

    /// Runs `body` in a transaction, again when the server asks for it; for some seconds only, so that a caller who is told to
    /// stop does not wait long. What a killed process left open blocks its documents for a minute
    /// (`transactionLifetimeLimitSeconds`): then this throws `unavailable`, and trying again later helps.
    @discardableResult
    func withTransaction<R>(_ body: (MongoClient, MongoSession) throws -> R) throws -> R {
        try withClient { client in
            do {
                return try client.withTransaction(timeLimit: .seconds(4)) { try body(client, $0) }
            } catch let error as MongoError where error.isNotReplicaSet {
                throw notReplicaSet()
            }
        }
    }

    /// Upserts by id: one bulk a slice of `elements`.
    ///
    /// - Parameter build: writes the id into the filter's builder and the update into the other.
    func upsertInBulks<Element>(
        _ elements: [Element], into name: String,
        _ build: (Element, _ filter: inout BSONBuilder, _ update: inout BSONBuilder) -> Void
    ) throws {
        try with(name) { collection in
            var upsert = ReusedUpsert()
            var start = 0
            while start < elements.count {
                let end = min(start + Self.writesPerBulk, elements.count)
                try Self.retryingRaces {
                    // In order, so that of two of one id the later wins.
                    try collection.bulkWrite(isOrdered: true) { bulk in
                        for element in elements[start..<end] {
                            try upsert.add(to: bulk) { build(element, &$0, &$1) }
                        }
                    }
                }
                start = end
            }
        }
    }

    /// Runs a write that may be done twice again when another client got in its way: two upserts of one new id, or a
    /// transaction that has the document.
    private static func retryingRaces(_ write: () throws -> Void) throws {
        let start = MonotonicTime.now
        let pause = StopSignal()
        var backoff = Backoff(initial: .milliseconds(5), maximum: .milliseconds(500))
        while true {
            do {
                return try write()
            } catch let error as MongoError where error.isLostRace && start.elapsed < .seconds(30) {
                pause.wait(for: backoff.next())
            }
        }
    }
}

extension MongoError {
    // 112 is WriteConflict.
    fileprivate var isLostRace: Bool {
        isDuplicateKey || serverCode == 112 || writeErrors.contains { $0.serverCode == 112 }
    }
}

/// Adds upserts to a bulk, its two builders used again and again.
struct ReusedUpsert {
    private var filter = BSONBuilder()
    private var update = BSONBuilder()

    mutating func add(
        to bulk: MongoBulk, _ build: (_ filter: inout BSONBuilder, _ update: inout BSONBuilder) -> Void
    ) throws {
        filter.removeAll()
        update.removeAll()
        build(&filter, &update)
        try bulk.updateOne(&filter, &update, upsert: true)
    }
}
