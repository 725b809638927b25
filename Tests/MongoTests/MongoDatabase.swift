import Foundation
import Mongo
import TestSupport

/// Calls `body` with a pool on a database of its own, dropped after.
@discardableResult
func withMongo<R>(_ body: (MongoPool, String) throws -> R) throws -> R {
    let database = "segue_test_" + UUID().uuidString.prefix(13).lowercased()
    let pool = try MongoPool(uri: MongoServer.uri(database: database))
    defer { pool.close() }
    let result = try body(pool, database)
    try pool.withClient { try $0.runWriteCommand(["dropDatabase": 1], in: database) }
    return result
}

/// Calls `body` with an empty collection on a server.
@discardableResult
func withCollection<R>(_ body: (MongoCollection) throws -> R) throws -> R {
    try withMongo { pool, database in try pool.withClient { try body($0.collection("things", in: database)) } }
}

extension MongoCollection {
    /// What `body` makes of each document that matches.
    func all<R>(_ filter: BSONDocument = [:], _ options: MongoFindOptions = .init(), _ body: (BSONView) throws -> R)
        throws
        -> [R]
    {
        var all: [R] = []
        try find(filter, options) { all.append(try body($0)) }
        return all
    }

    /// The ids of the documents that match, in order.
    func ids(_ filter: BSONDocument = [:]) throws -> [Int64] {
        try all(filter, MongoFindOptions(sort: ["_id": 1])) { try $0["_id"]?.int64 ?? -1 }
    }
}
