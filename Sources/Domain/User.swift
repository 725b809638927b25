/// A listener: one document of `users` (docs/design.md §3.4).
public struct User: Sendable, Hashable {
    /// User id, the document's `_id`.
    public var userID: String
    /// Name to show; nil when only the id is known.
    public var username: String?
    /// Taste learned by the newest published model that knew this user.
    public var vector: UserVector?
    /// The vector before that one, kept until the next publish so that a reader of the old version still finds it.
    public var previousVector: UserVector?
    /// When the vector was last written, epoch milliseconds.
    public var lastUpdated: Int64?

    /// Makes a user; all but the id may be unknown.
    public init(
        userID: String, username: String? = nil, vector: UserVector? = nil, previousVector: UserVector? = nil,
        lastUpdated: Int64? = nil
    ) {
        self.userID = userID
        self.username = username
        self.vector = vector
        self.previousVector = previousVector
        self.lastUpdated = lastUpdated
    }

    /// The vector of exactly that model version, or nil: factor spaces of two runs cannot be mixed
    /// (docs/design.md §3.5).
    public func vector(ofModel version: String) -> UserVector? {
        [vector, previousVector].compactMap { $0 }.first { $0.modelVersion == version }
    }
}

/// A user's latent factors, stamped with the model version whose item factors they belong to.
public struct UserVector: Sendable, Hashable {
    /// Version of the model.
    public var modelVersion: String
    /// One value a factor.
    public var values: [Float]

    /// Stamps `values` with `modelVersion`.
    public init(modelVersion: String, values: [Float]) {
        self.modelVersion = modelVersion
        self.values = values
    }
}
