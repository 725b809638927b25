import CMongoC

// The only bridge between our documents and `bson_t`: zero copy in, one copy out.

/// Calls `body` with room for a `bson_t`.
private func withBSONMemory<R>(_ body: (OpaquePointer) throws -> R) rethrows -> R {
    try withUnsafeTemporaryAllocation(byteCount: segue_bson_size(), alignment: segue_bson_alignment()) { buffer in
        guard let base = buffer.baseAddress else { preconditionFailure("no room for a bson_t") }
        return try body(OpaquePointer(base))
    }
}

/// Calls `body` with a `bson_t` that looks at `bytes`, a whole document.
func withBSON<R>(_ bytes: UnsafeRawBufferPointer, _ body: (OpaquePointer) throws -> R) rethrows -> R {
    try withBSONMemory { pointer in
        let data = bytes.bindMemory(to: UInt8.self)
        guard bson_init_static(pointer, data.baseAddress, data.count) else {
            preconditionFailure("\(bytes.count) bytes are no document")
        }
        return try body(pointer)
    }
}

extension BSONDocument {
    /// Calls `body` with a `bson_t` that looks at the document.
    func withBSON<R>(_ body: (OpaquePointer) throws -> R) rethrows -> R {
        try bytes.withUnsafeBytes { try Mongo.withBSON($0, body) }
    }

    /// Copies what libmongoc hands out.
    init(copying pointer: OpaquePointer) throws(MongoError) { self.init(try BSONView(pointer)) }
}

extension BSONView {
    /// Looks at what libmongoc hands out.
    init(_ pointer: OpaquePointer) throws(MongoError) {
        try self.init(UnsafeRawBufferPointer(start: bson_get_data(pointer), count: segue_bson_length(pointer)))
    }
}

/// Calls `body` with options that carry the session, when there is one.
func withOptions<R>(
    _ options: BSONDocument, _ session: MongoSession?, _ body: (OpaquePointer) throws -> R
) throws -> R {
    guard let session else { return try options.withBSON(body) }
    guard let copy = options.withBSON({ bson_copy($0) }) else { preconditionFailure("bson_copy never fails") }
    defer { bson_destroy(copy) }
    var error = bson_error_t()
    guard mongoc_client_session_append(session.handle, copy, &error) else {
        throw MongoError(error, reply: nil, place: session.place)
    }
    return try body(copy)
}

/// Runs a function of libmongoc that fills in a reply and an error.
///
/// - Returns: the reply.
/// - Throws: `MongoError` when it answers false.
@discardableResult
func withReply(
    _ place: @autoclosure () -> String, _ call: (OpaquePointer, inout bson_error_t) -> Bool
) throws -> BSONDocument {
    try withBSONMemory { pointer in
        var error = bson_error_t()
        let isOK = call(pointer, &error)
        // libmongoc initialises a reply whether the call succeeds or not.
        defer { bson_destroy(pointer) }
        let reply = try BSONDocument(copying: pointer)
        guard isOK else { throw MongoError(error, reply: reply, place: place()) }
        return reply
    }
}
