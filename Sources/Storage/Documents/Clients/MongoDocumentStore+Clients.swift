import Mongo

extension MongoDocumentSchema {
    static let clients = "clients"
    /// `_id` is the digest of the token.
    static let listenerTokens = "listener_tokens"
    static let signingKeys = "signing_keys"

    static let clientIndexes = [MongoIndex(name: "user_id", keys: ["user_id": 1])]
}

extension MongoDocumentStore {
    /// Inserts or replaces a client.
    public func saveClient(_ client: APIClient) throws {
        let fields: BSONDocument = [
            "name": .string(client.name), "secret_hash": .string(client.secretHash),
            "scopes": .array(client.scopes.map { .string($0) }),
            "requests_per_minute": .int64(Int64(client.requestsPerMinute)), "created_at": .date(client.createdAt),
        ]
        try with(MongoDocumentSchema.clients) { clients in
            try clients.updateOne(["_id": .string(client.id)], ["$set": .document(fields)], upsert: true)
        }
    }

    /// The client, or nil.
    public func client(id: String) throws -> APIClient? {
        try with(MongoDocumentSchema.clients) { try $0.findOne(["_id": .string(id)]) { try APIClient(document: $0) } }
    }

    /// All clients in order of id.
    public func clients() throws -> [APIClient] {
        try with(MongoDocumentSchema.clients) { collection in
            var clients: [APIClient] = []
            try collection.find([:], MongoFindOptions(sort: ["_id": 1])) { clients.append(try APIClient(document: $0)) }
            return clients
        }
    }

    /// Removes a client.
    public func removeClient(id: String) throws -> Bool {
        try with(MongoDocumentSchema.clients) { try $0.deleteMany(["_id": .string(id)]).deletedCount > 0 }
    }

    /// Adds a token of a listener.
    public func saveListenerToken(_ token: ListenerToken) throws {
        let fields: BSONDocument = ["user_id": .string(token.userID), "created_at": .date(token.createdAt)]
        try with(MongoDocumentSchema.listenerTokens) { tokens in
            try tokens.updateOne(["_id": .string(token.digest)], ["$set": .document(fields)], upsert: true)
        }
    }

    /// The token of a digest, or nil.
    public func listenerToken(digest: String) throws -> ListenerToken? {
        try with(MongoDocumentSchema.listenerTokens) { tokens in
            try tokens.findOne(["_id": .string(digest)]) { token in
                guard let userID = try token["user_id"]?.string, let createdAt = try token["created_at"]?.date else {
                    throw MongoError.malformed("a listener's token lacks user_id or created_at")
                }
                return ListenerToken(digest: digest, userID: userID, createdAt: createdAt)
            }
        }
    }

    /// Removes all tokens of a listener.
    public func removeListenerTokens(userID: String) throws -> Int {
        try with(MongoDocumentSchema.listenerTokens) { try $0.deleteMany(["user_id": .string(userID)]).deletedCount }
    }

    /// Adds a key.
    public func addSigningKey(_ key: SigningKey) throws {
        let fields: BSONDocument = ["secret": .string(key.secret), "created_at": .date(key.createdAt)]
        try with(MongoDocumentSchema.signingKeys) { keys in
            try keys.updateOne(["_id": .string(key.id)], ["$setOnInsert": .document(fields)], upsert: true)
        }
    }

    /// All keys, newest first.
    public func signingKeys() throws -> [SigningKey] {
        try with(MongoDocumentSchema.signingKeys) { collection in
            var keys: [SigningKey] = []
            try collection.find([:], MongoFindOptions(sort: ["created_at": -1, "_id": 1])) { key in
                guard let id = try key["_id"]?.string, let secret = try key["secret"]?.string,
                    let createdAt = try key["created_at"]?.date
                else { throw MongoError.malformed("a signing key lacks _id, secret or created_at") }
                keys.append(SigningKey(id: id, secret: secret, createdAt: createdAt))
            }
            return keys
        }
    }

    /// Removes the keys made before that instant.
    public func removeSigningKeys(before instant: Int64) throws {
        try with(MongoDocumentSchema.signingKeys) { _ = try $0.deleteMany(["created_at": ["$lt": .date(instant)]]) }
    }
}

extension APIClient {
    fileprivate init(document: BSONView) throws {
        guard let id = try document["_id"]?.string, let name = try document["name"]?.string,
            let secretHash = try document["secret_hash"]?.string,
            let requestsPerMinute = try document["requests_per_minute"]?.int64,
            let createdAt = try document["created_at"]?.date
        else { throw MongoError.malformed("a client lacks one of its fields") }
        var scopes: [String] = []
        try document["scopes"]?.document?.forEachElement { scope in scopes += scope.string.map { [$0] } ?? [] }
        self.init(
            id: id, name: name, secretHash: secretHash, scopes: scopes, requestsPerMinute: Int(requestsPerMinute),
            createdAt: createdAt)
    }
}
