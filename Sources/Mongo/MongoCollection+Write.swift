import CMongoC

/// What an update or a delete changed.
public struct MongoWriteResult: Sendable, Equatable {
    /// Documents inserted as new.
    public var insertedCount = 0
    /// Documents the filters matched.
    public var matchedCount = 0
    /// Documents that are other than before.
    public var modifiedCount = 0
    /// Documents made because a filter matched none.
    public var upsertedCount = 0
    /// Documents removed.
    public var deletedCount = 0

    /// Nothing changed.
    public init() {}
}

extension MongoCollection {
    /// Inserts a document.
    ///
    /// - Throws: `MongoError`, with `isDuplicateKey` when its `_id` or another unique value is there.
    public func insertOne(_ document: BSONDocument, session: MongoSession? = nil) throws {
        try withHandle { collection in
            try withOptions(BSONDocument(), session) { options in
                _ = try document.withBSON { document in
                    try withReply(place) { reply, error in
                        mongoc_collection_insert_one(collection, document, options, reply, &error)
                    }
                }
            }
        }
    }

    /// Changes the first document that matches, by update operators as `$set`.
    ///
    /// - Parameter upsert: makes a document of filter and update when none matches.
    @discardableResult
    public func updateOne(
        _ filter: BSONDocument, _ update: BSONDocument, upsert: Bool = false, session: MongoSession? = nil
    ) throws -> MongoWriteResult {
        try write(filter, update, upsert ? ["upsert": true] : [:], session, mongoc_collection_update_one)
    }

    /// Changes all documents that match, by update operators as `$set`.
    @discardableResult
    public func updateMany(
        _ filter: BSONDocument, _ update: BSONDocument, session: MongoSession? = nil
    ) throws -> MongoWriteResult {
        try write(filter, update, [:], session, mongoc_collection_update_many)
    }

    /// Removes all documents that match.
    @discardableResult
    public func deleteMany(_ filter: BSONDocument, session: MongoSession? = nil) throws -> MongoWriteResult {
        try withHandle { collection in
            try withOptions(BSONDocument(), session) { options in
                let reply = try filter.withBSON { filter in
                    try withReply(place) { reply, error in
                        mongoc_collection_delete_many(collection, filter, options, reply, &error)
                    }
                }
                return try MongoWriteResult(reply)
            }
        }
    }

    /// Removes the collection with its indexes; one that is not there is no error.
    public func drop() throws {
        do {
            try client.runWriteCommand(["drop": .string(name)], in: database)
        } catch let error as MongoError where error.serverCode == 26 {
            // NamespaceNotFound.
        }
    }

    private typealias Update = (
        OpaquePointer?, OpaquePointer?, OpaquePointer?, OpaquePointer?,
        OpaquePointer?, UnsafeMutablePointer<bson_error_t>?
    ) -> Bool

    private func write(
        _ filter: BSONDocument, _ update: BSONDocument, _ options: BSONDocument, _ session: MongoSession?,
        _ call: Update
    ) throws -> MongoWriteResult {
        try withHandle { collection in
            try withOptions(options, session) { options in
                let reply = try filter.withBSON { filter in
                    try update.withBSON { update in
                        try withReply(place) { reply, error in
                            call(collection, filter, update, options, reply, &error)
                        }
                    }
                }
                return try MongoWriteResult(reply)
            }
        }
    }
}

extension MongoWriteResult {
    /// Reads libmongoc's reply to a write or to a bulk, which name the same things differently.
    init(_ reply: BSONDocument) throws {
        try reply.withView { view in
            try view.forEachElement { element in
                guard let number = element.int64.map(Int.init) else { return }
                switch element.name {
                case "insertedCount", "nInserted": insertedCount = number
                case "matchedCount", "nMatched": matchedCount = number
                case "modifiedCount", "nModified": modifiedCount = number
                case "upsertedCount", "nUpserted": upsertedCount = number
                case "deletedCount", "nRemoved": deletedCount = number
                default: break
                }
            }
        }
    }
}
