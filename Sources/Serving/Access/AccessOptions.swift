/// Who may use the API.
public struct AccessOptions: Sendable {
    /// Whether requests need a token.
    public enum Mode: String, Sendable, CaseIterable {
        /// They do, unless the server listens on the loopback only.
        case auto
        /// They do not.
        case open
        /// They do.
        case tokens
    }

    /// Whether requests need a token.
    public var mode = Mode.auto
    /// The key that makes clients; nil when there is none, and then nobody can. Never logged.
    public var adminKey: String?
    /// How long a token is good for.
    public var tokenLifetime = Duration.seconds(900)
    /// How long a key signs. It is kept until the last token it signed has ended.
    public var keyLifetime = Duration.seconds(7 * 86_400)
    /// Requests a minute of a client that is made without a number of its own, and of a scrobbler; 0 for no limit.
    public var requestsPerMinute = 6_000
    /// Requests for a token a minute, from one address: each costs a password hash.
    public var tokenRequestsPerMinute = 60
    /// File of the audit log; nil for none.
    public var auditLogPath: String?

    /// Fewest characters an admin key may have.
    public static let adminKeyMinimum = 16

    /// The defaults.
    public init() {}

    /// Whether a server that listens on `host` answers without a token.
    public func isOpen(host: String) -> Bool {
        switch mode {
        case .open: true
        case .tokens: false
        case .auto: ["localhost", "::1", "[::1]"].contains(host.lowercased()) || host.hasPrefix("127.")
        }
    }
}
