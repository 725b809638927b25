/// Who makes a request, and what they may do.
struct Principal: Sendable {
    /// Id of the client, or `admin-key`.
    var name: String
    /// What it may do.
    var scopes: Set<Scope>
    /// Requests a minute; 0 for no limit.
    var requestsPerMinute: Int

    /// Whoever shows the admin key.
    static let adminKey = Self(name: "admin-key", scopes: [.admin], requestsPerMinute: 0)

    /// Whether it has the scope, or the one that includes all.
    func may(_ scope: Scope) -> Bool { scopes.contains(scope) || scopes.contains(.admin) }
}
