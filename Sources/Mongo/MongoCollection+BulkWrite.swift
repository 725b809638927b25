import CMongoC

extension MongoCollection {
    /// Collects writes and sends them in as few messages as the server's limits allow.
    ///
    /// The whole bulk is in memory until it is sent: keep it bounded.
    ///
    /// - Parameters:
    ///   - isOrdered: stops at the first write that fails; otherwise the others are done all the same, in any order.
    ///   - collect: adds the writes.
    /// - Returns: what all of them changed; zeros for no writes.
    /// - Throws: `MongoError` with `writeErrors`, after all that could be done was done; or what `collect` throws, before
    ///   anything was sent.
    @discardableResult
    public func bulkWrite(
        isOrdered: Bool = false, session: MongoSession? = nil, _ collect: (MongoBulk) throws -> Void
    ) throws -> MongoWriteResult {
        try withHandle { collection in
            try withOptions(["ordered": .bool(isOrdered)], session) { options in
                guard let handle = mongoc_collection_create_bulk_operation_with_opts(collection, options) else {
                    preconditionFailure("mongoc_collection_create_bulk_operation_with_opts never fails")
                }
                defer { mongoc_bulk_operation_destroy(handle) }
                let bulk = MongoBulk(handle: handle, place: place)
                try collect(bulk)
                // libmongoc takes a bulk of nothing for an error.
                guard bulk.count > 0 else { return MongoWriteResult() }
                let reply = try withReply(place) { reply, error in
                    mongoc_bulk_operation_execute(handle, reply, &error) != 0
                }
                return try MongoWriteResult(reply)
            }
        }
    }
}

/// The writes of one bulk, inside `bulkWrite`. Documents are copied, so builders can be used again.
public final class MongoBulk {
    /// How many writes were added.
    public private(set) var count = 0

    private let handle: OpaquePointer
    private let place: String
    private let noOptions = BSONDocument()
    private let upsertOption: BSONDocument = ["upsert": true]

    init(handle: OpaquePointer, place: String) {
        self.handle = handle
        self.place = place
    }

    /// Inserts a document.
    public func insert(_ document: inout BSONBuilder) throws {
        try add { error in
            document.withClosedBytes { document in
                withBSON(document) { document in
                    noOptions.withBSON { mongoc_bulk_operation_insert_with_opts(handle, document, $0, &error) }
                }
            }
        }
    }

    /// Changes the first document that matches; with `upsert`, makes one of filter and update when none does.
    public func updateOne(_ filter: inout BSONBuilder, _ update: inout BSONBuilder, upsert: Bool = false) throws {
        let options = upsert ? upsertOption : noOptions
        try add { error in
            filter.withClosedBytes { filter in
                withBSON(filter) { filter in
                    update.withClosedBytes { update in
                        withBSON(update) { update in
                            options.withBSON {
                                mongoc_bulk_operation_update_one_with_opts(handle, filter, update, $0, &error)
                            }
                        }
                    }
                }
            }
        }
    }

    private func add(_ call: (inout bson_error_t) -> Bool) throws {
        var error = bson_error_t()
        guard call(&error) else { throw MongoError(error, reply: nil, place: place) }
        count += 1
    }
}
