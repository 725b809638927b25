import CMongoC

/// A connection of a `MongoPool`, for the thread and the closure that got it.
public struct MongoClient {
    let handle: OpaquePointer
    let place: String

    /// The collection of that name; it need not exist.
    public func collection(_ name: String, in database: String) -> MongoCollection {
        MongoCollection(client: self, database: database, name: name)
    }

    /// Runs a command that reads or administers; for one that writes see `runWriteCommand`.
    ///
    /// - Returns: the server's reply.
    /// - Throws: `MongoError`.
    public func runCommand(
        _ command: BSONDocument, in database: String, session: MongoSession? = nil
    ) throws -> BSONDocument {
        try withOptions(BSONDocument(), session) { options in
            try command.withBSON { command in
                try withReply(place) { reply, error in
                    mongoc_client_command_with_opts(handle, database, command, nil, options, reply, &error)
                }
            }
        }
    }

    /// Runs a command that writes, with the write concern of the address.
    ///
    /// - Returns: the server's reply.
    /// - Throws: `MongoError`.
    @discardableResult
    public func runWriteCommand(
        _ command: BSONDocument, in database: String, session: MongoSession? = nil
    ) throws -> BSONDocument {
        try withOptions(BSONDocument(), session) { options in
            try command.withBSON { command in
                try withReply(place) { reply, error in
                    mongoc_client_write_command_with_opts(handle, database, command, options, reply, &error)
                }
            }
        }
    }
}
