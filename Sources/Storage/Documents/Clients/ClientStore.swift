/// Who may use the API: its clients, the tokens of listeners, the keys that sign (docs/design.md §3.4). Part of the
/// `DocumentStore`; one shared suite runs against each backend.
public protocol ClientStore: Sendable {
    /// Inserts a client, or replaces the one of that id.
    func saveClient(_ client: APIClient) throws

    /// The client, or nil.
    func client(id: String) throws -> APIClient?

    /// All clients in order of id.
    func clients() throws -> [APIClient]

    /// Removes a client.
    /// - Returns: whether there was one.
    func removeClient(id: String) throws -> Bool

    /// Adds a token of a listener; one of the same digest is replaced.
    func saveListenerToken(_ token: ListenerToken) throws

    /// The token of a digest, or nil.
    func listenerToken(digest: String) throws -> ListenerToken?

    /// Removes all tokens of a listener.
    /// - Returns: how many there were.
    func removeListenerTokens(userID: String) throws -> Int

    /// Adds a key; one of that id that is there already stays as it is.
    func addSigningKey(_ key: SigningKey) throws

    /// All keys, newest first, ties by id.
    func signingKeys() throws -> [SigningKey]

    /// Removes the keys made before that instant.
    func removeSigningKeys(before instant: Int64) throws
}

/// A program that may use the API.
public struct APIClient: Sendable, Equatable {
    /// Identifier, random.
    public var id: String
    /// Name for people.
    public var name: String
    /// Argon2id of the secret; the secret itself is nowhere kept.
    public var secretHash: String
    /// Words of what it may do, in order.
    public var scopes: [String]
    /// Requests a minute; 0 for no limit.
    public var requestsPerMinute: Int
    /// When it was made, epoch milliseconds.
    public var createdAt: Int64

    /// Makes the record.
    public init(
        id: String, name: String, secretHash: String, scopes: [String], requestsPerMinute: Int, createdAt: Int64
    ) {
        self.id = id
        self.name = name
        self.secretHash = secretHash
        self.scopes = scopes
        self.requestsPerMinute = requestsPerMinute
        self.createdAt = createdAt
    }
}

/// A token a listener's scrobbler shows.
public struct ListenerToken: Sendable, Equatable {
    /// SHA-256 of the token in hexadecimal. The token is long and random, so a quick digest gives nothing away.
    public var digest: String
    /// The listener.
    public var userID: String
    /// When it was made, epoch milliseconds.
    public var createdAt: Int64

    /// Makes the record.
    public init(digest: String, userID: String, createdAt: Int64) {
        self.digest = digest
        self.userID = userID
        self.createdAt = createdAt
    }
}

/// A key that signs tokens. Whoever reads it may make tokens: the store is as secret as it is.
public struct SigningKey: Sendable, Equatable {
    /// Identifier, part of each token.
    public var id: String
    /// The key in base64url.
    public var secret: String
    /// When it was made, epoch milliseconds.
    public var createdAt: Int64

    /// Makes the record.
    public init(id: String, secret: String, createdAt: Int64) {
        self.id = id
        self.secret = secret
        self.createdAt = createdAt
    }
}
