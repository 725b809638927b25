import HTTPServer

/// What a token allows.
enum Scope: String, Sendable, CaseIterable {
    /// Asking: recommendations, songs, listeners, figures.
    case read
    /// Telling: events, ratings, new listeners.
    case write
    /// All, and beyond that: clients, tokens of listeners, removing a listener, changing the model.
    case admin

    /// What a route asks for; nil for one that everybody may use, or that looks at the request's token itself.
    ///
    /// - Parameter publicPatterns: routes of files that are part of the program.
    static func needed(_ method: HTTPMethod, _ pattern: String, publicPatterns: Set<String>) -> Scope? {
        if publicPatterns.contains(pattern) || ["/health", "/ready", "/openapi.json", "/token"].contains(pattern)
            || pattern.hasPrefix("/1/")
        {
            return nil
        }
        if pattern.hasPrefix("/admin") || pattern.hasPrefix("/clients") || pattern == "/users/{id}/token" {
            return .admin
        }
        switch method {
        case .get, .head, .options: return .read
        case .post where pattern == "/recommend/next" || pattern == "/recommend/batch": return .read
        case .delete where pattern == "/users/{id}": return .admin
        default: return .write
        }
    }
}
