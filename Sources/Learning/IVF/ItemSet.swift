/// A set of item numbers as a bitmap: made once for an index, filled and emptied for each request.
///
/// Emptying costs the number of items in it, not the size of the index.
public final class ItemSet {
    /// Items are in `0..<itemCount`.
    public let itemCount: Int
    /// Items in the set.
    public private(set) var count = 0
    private var words: [UInt64]
    private var touchedWords: [Int32] = []

    /// An empty set over `0..<itemCount`.
    public init(itemCount: Int) {
        precondition(itemCount >= 0 && itemCount <= Int(Int32.max), "an index holds 0...\(Int32.max) items")
        self.itemCount = itemCount
        words = [UInt64](repeating: 0, count: (itemCount + 63) / 64)
    }

    /// Whether the item is in the set; false for a number outside the index.
    ///
    /// - Complexity: O(1)
    public func contains(_ item: Int32) -> Bool {
        guard item >= 0, Int(item) < itemCount else { return false }
        return words[Int(item) >> 6] & (1 << UInt64(item & 63)) != 0
    }

    /// Adds an item of the index.
    ///
    /// - Complexity: O(1)
    public func insert(_ item: Int32) {
        precondition(item >= 0 && Int(item) < itemCount, "item \(item) is not in 0..<\(itemCount)")
        let word = Int(item) >> 6
        let bit: UInt64 = 1 << UInt64(item & 63)
        if words[word] == 0 { touchedWords.append(Int32(word)) }
        if words[word] & bit == 0 { count += 1 }
        words[word] |= bit
    }

    /// Empties the set and keeps its memory.
    ///
    /// - Complexity: O(items in the set)
    public func removeAll() {
        for word in touchedWords { words[Int(word)] = 0 }
        touchedWords.removeAll(keepingCapacity: true)
        count = 0
    }

    /// Calls `body` with each item; the order is that of the first insertion into each run of 64.
    func forEach(_ body: (Int32) -> Void) {
        for word in touchedWords {
            var bits = words[Int(word)]
            while bits != 0 {
                body(word << 6 + Int32(bits.trailingZeroBitCount))
                bits &= bits - 1
            }
        }
    }
}
