/// An index a collection should have.
public struct MongoIndex: Sendable {
    /// Its name.
    public var name: String
    /// Fields, each 1 for ascending or -1 for descending.
    public var keys: BSONDocument
    /// Whether two documents may not have the same values.
    public var isUnique: Bool
    /// Only documents that match are in it; nil for all.
    public var partialFilter: BSONDocument?

    /// Makes the description.
    public init(name: String, keys: BSONDocument, isUnique: Bool = false, partialFilter: BSONDocument? = nil) {
        self.name = name
        self.keys = keys
        self.isUnique = isUnique
        self.partialFilter = partialFilter
    }
}

extension MongoCollection {
    /// Makes the indexes that are missing, and the collection.
    ///
    /// - Throws: `MongoError`; also when one of that name is there with other fields or options.
    public func createIndexes(_ indexes: [MongoIndex]) throws {
        guard !indexes.isEmpty else { return }
        let command = BSONDocument { builder in
            builder.append("createIndexes", name)
            builder.appendArray("indexes", indexes) { builder, key, index in
                builder.appendDocument(key) { builder in
                    builder.append("name", index.name)
                    builder.append("key", index.keys)
                    if index.isUnique { builder.append("unique", true) }
                    if let filter = index.partialFilter { builder.append("partialFilterExpression", filter) }
                }
            }
        }
        try client.runWriteCommand(command, in: database)
    }
}
