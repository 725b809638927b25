/// One answer of a search.
public struct SearchHit: Sendable, Equatable {
    /// Number of the item in the index that was searched.
    public var item: Int32
    /// Inner product of query and item vector.
    public var score: Float

    /// Makes an answer of its parts.
    public init(item: Int32, score: Float) {
        self.item = item
        self.score = score
    }

    /// Whether this answer is listed before the other: higher score first, of equal scores the lower item.
    func precedes(_ other: SearchHit) -> Bool {
        score > other.score || (score == other.score && item < other.item)
    }
}
