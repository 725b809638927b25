/// A route's path: literal segments and `{name}` captures of one segment each, `/songs/{id}/similar`.
struct RoutePattern: Sendable {
    enum Segment: Sendable, Equatable {
        case literal([UInt8])
        case capture(String)
    }

    let text: String
    let segments: [Segment]

    /// A pattern that does not start with `/` or has an empty segment or name is the caller's bug and traps.
    init(_ text: String) {
        precondition(text.hasPrefix("/"), "a route's pattern starts with /: \(text)")
        self.text = text
        let parts = text == "/" ? [] : text.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        segments = parts.map { part in
            precondition(!part.isEmpty, "a route's pattern has no empty segment: \(text)")
            guard part.hasPrefix("{") else { return .literal(Array(part.utf8)) }
            precondition(part.hasSuffix("}") && part.count > 2, "a capture is {name}: \(text)")
            return .capture(String(part.dropFirst().dropLast()))
        }
    }

    var captureNames: [String] {
        segments.compactMap { if case .capture(let name) = $0 { name } else { nil } }
    }
}
