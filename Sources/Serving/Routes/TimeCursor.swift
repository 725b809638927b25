import HTTPServer

/// A place in a list that is in order of time, newest first, ties in order of id: as a cursor `<epoch milliseconds>.<id>`, which
/// clients should treat as opaque.
struct TimeCursor: Hashable {
    /// Epoch milliseconds.
    var time: Int64
    /// What tells things of one time apart.
    var id: String

    /// The cursor as text.
    var text: String { "\(time).\(id)" }

    /// Whether the other place comes later in the list.
    func precedes(_ other: TimeCursor) -> Bool {
        if time != other.time { return time > other.time }
        return id.utf8.lexicographicallyPrecedes(other.id.utf8)
    }

    /// The place a request continues after; nil for the first page.
    static func decode(_ query: HTTPQuery) throws(HTTPError) -> TimeCursor? {
        guard let text = try PageCursor.decode(query) else { return nil }
        guard let dot = text.firstIndex(of: "."), let time = Int64(text[..<dot]) else {
            throw .badRequest("cursor is not one of ours", parameter: "cursor")
        }
        return TimeCursor(time: time, id: String(text[text.index(after: dot)...]))
    }
}
