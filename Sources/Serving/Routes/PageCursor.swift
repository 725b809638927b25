import HTTPServer

/// Where a page ends: the id of its last element, as the `cursor` of the next request.
enum PageCursor {
    /// Bytes of the longest cursor: an id, and where it stands in an order by time.
    private static let longest = 256 + 24

    /// The cursor behind an id. It is the id itself; clients should treat it as opaque.
    static func encode(_ id: String) -> String { id }

    /// The id a request continues after; nil for the first page.
    static func decode(_ query: HTTPQuery) throws(HTTPError) -> String? {
        guard let cursor = try query.string("cursor"), !cursor.isEmpty else { return nil }
        let isPossible =
            cursor.utf8.count <= longest && !cursor.unicodeScalars.contains { $0.isControl }
        guard isPossible else { throw .badRequest("cursor is not one of ours", parameter: "cursor") }
        return cursor
    }
}
