import CMongoC

/// A collection, reached through one client. Reads are in `MongoCollection+Read`, writes in `+Write` and `+BulkWrite`.
public struct MongoCollection {
    /// Name of its database.
    public let database: String
    /// Its name.
    public let name: String

    let client: MongoClient

    init(client: MongoClient, database: String, name: String) {
        self.client = client
        self.database = database
        self.name = name
    }

    /// Where it is: for messages.
    var place: String { "\(client.place) \(database).\(name)" }

    /// Calls `body` with libmongoc's object for it, which is cheap to make.
    func withHandle<R>(_ body: (OpaquePointer) throws -> R) throws -> R {
        guard let handle = mongoc_client_get_collection(client.handle, database, name) else {
            preconditionFailure("mongoc_client_get_collection never fails")
        }
        defer { mongoc_collection_destroy(handle) }
        return try body(handle)
    }
}
