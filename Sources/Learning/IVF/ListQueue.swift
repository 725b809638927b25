/// Lists by centroid score, given out best first. Made a heap in O(n), so that a search that reads few of many lists
/// does not pay for sorting them all.
struct ListQueue {
    private var storage: UnsafeMutableBufferPointer<SearchHit>
    private(set) var count = 0

    init() { storage = .allocate(capacity: 256) }

    /// Frees the storage; the owner calls it once.
    func deallocate() { storage.deallocate() }

    /// Takes one score a list.
    ///
    /// - Complexity: O(n)
    mutating func fill(_ scores: UnsafeBufferPointer<Float>) {
        if scores.count > storage.count {
            storage.deallocate()
            storage = .allocate(capacity: scores.count)
        }
        for list in 0..<scores.count { storage[list] = SearchHit(item: Int32(list), score: scores[list]) }
        count = scores.count
        var parent = count / 2
        while parent > 0 {
            parent -= 1
            siftDown(storage[parent], from: parent)
        }
    }

    /// The best list that was not given out yet.
    ///
    /// - Complexity: O(log n)
    mutating func next() -> Int? {
        guard count > 0 else { return nil }
        let best = storage[0]
        count -= 1
        if count > 0 { siftDown(storage[count], from: 0) }
        return Int(best.item)
    }

    private mutating func siftDown(_ entry: SearchHit, from start: Int) {
        var hole = start
        while true {
            var child = 2 * hole + 1
            guard child < count else { break }
            if child + 1 < count, storage[child + 1].precedes(storage[child]) { child += 1 }
            guard storage[child].precedes(entry) else { break }
            storage[hole] = storage[child]
            hole = child
        }
        storage[hole] = entry
    }
}
