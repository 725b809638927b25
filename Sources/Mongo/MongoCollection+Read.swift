import CMongoC

/// How a query answers.
public struct MongoFindOptions: Sendable {
    /// Which fields come back; nil for all.
    public var projection: BSONDocument?
    /// The order; nil for none.
    public var sort: BSONDocument?
    /// At most so many documents; nil for all.
    public var limit: Int?
    /// Documents the server sends at a time; nil for its own choice.
    public var batchSize: Int?

    /// All fields of all documents in no order, unless told otherwise.
    public init(
        projection: BSONDocument? = nil, sort: BSONDocument? = nil, limit: Int? = nil, batchSize: Int? = nil
    ) {
        self.projection = projection
        self.sort = sort
        self.limit = limit
        self.batchSize = batchSize
    }

    var document: BSONDocument {
        BSONDocument { builder in
            if let projection { builder.append("projection", projection) }
            if let sort { builder.append("sort", sort) }
            // The server takes 0 for no limit, and a negative one for a single batch.
            if let limit { builder.append("limit", Int64(max(1, limit))) }
            if let batchSize { builder.append("batchSize", Int32(clamping: batchSize)) }
        }
    }
}

extension MongoCollection {
    /// Calls `body` with each document that matches; the view ends with the call.
    ///
    /// - Throws: `MongoError`, or what `body` throws.
    public func find(
        _ filter: BSONDocument, _ options: MongoFindOptions = MongoFindOptions(), session: MongoSession? = nil,
        _ body: (BSONView) throws -> Void
    ) throws {
        if let limit = options.limit, limit <= 0 { return }
        try withHandle { collection in
            try withOptions(options.document, session) { options in
                try filter.withBSON { filter in
                    try walk(mongoc_collection_find_with_opts(collection, filter, options, nil), body)
                }
            }
        }
    }

    /// What `body` makes of the first document that matches, or nil when none does.
    public func findOne<R>(
        _ filter: BSONDocument, _ options: MongoFindOptions = MongoFindOptions(), session: MongoSession? = nil,
        _ body: (BSONView) throws -> R
    ) throws -> R? {
        var options = options
        options.limit = 1
        var result: R?
        try find(filter, options, session: session) { result = try body($0) }
        return result
    }

    /// Calls `body` with each document an aggregation answers; the view ends with the call.
    public func aggregate(
        _ pipeline: [BSONDocument], session: MongoSession? = nil, _ body: (BSONView) throws -> Void
    ) throws {
        let stages = BSONDocument { $0.appendArray("pipeline", pipeline) }
        try withHandle { collection in
            try withOptions(BSONDocument(), session) { options in
                try stages.withBSON { stages in
                    try walk(mongoc_collection_aggregate(collection, MONGOC_QUERY_NONE, stages, options, nil), body)
                }
            }
        }
    }

    /// How many documents match, counted one by one.
    public func count(_ filter: BSONDocument = [:], session: MongoSession? = nil) throws -> Int {
        try withHandle { collection in
            try withOptions(BSONDocument(), session) { options in
                try filter.withBSON { filter in
                    var count: Int64 = -1
                    try withReply(place) { reply, error in
                        count = mongoc_collection_count_documents(collection, filter, options, nil, reply, &error)
                        return count >= 0
                    }
                    return Int(count)
                }
            }
        }
    }

    /// How many documents there are by the collection's own bookkeeping: at once, but after a crash of the server it may
    /// be off until the server checks it.
    public func estimatedCount() throws -> Int {
        try withHandle { collection in
            var count: Int64 = -1
            try withReply(place) { reply, error in
                count = mongoc_collection_estimated_document_count(collection, nil, nil, reply, &error)
                return count >= 0
            }
            return Int(count)
        }
    }

    private func walk(_ cursor: OpaquePointer?, _ body: (BSONView) throws -> Void) throws {
        defer { mongoc_cursor_destroy(cursor) }
        var document: OpaquePointer?
        while mongoc_cursor_next(cursor, &document) {
            guard let document else { break }
            try body(try BSONView(document))
        }
        var error = bson_error_t()
        var reply: OpaquePointer?
        guard mongoc_cursor_error_document(cursor, &error, &reply) else { return }
        throw MongoError(error, reply: try reply.map { try BSONDocument(copying: $0) }, place: place)
    }
}
