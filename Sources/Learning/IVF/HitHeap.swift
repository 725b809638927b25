import CKernels

/// The best `capacity` hits seen so far, the worst of them on top, so that a newcomer is compared with one number.
///
/// Storage grows to the largest capacity asked for and is then reused.
struct HitHeap {
    private var storage: UnsafeMutableBufferPointer<SearchHit>
    private(set) var count = 0
    private(set) var capacity = 0
    /// A newcomer must score more than this to enter: the worst kept score, or -infinity while there is room.
    private(set) var threshold = -Float.infinity

    init() { storage = .allocate(capacity: 64) }

    /// Frees the storage; the owner calls it once.
    func deallocate() { storage.deallocate() }

    var isFull: Bool { count == capacity }

    /// Forgets all hits and keeps up to `capacity` from now on.
    mutating func reset(capacity: Int) {
        if capacity > storage.count {
            storage.deallocate()
            storage = .allocate(capacity: capacity)
        }
        self.capacity = capacity
        count = 0
        threshold = capacity == 0 ? .infinity : -.infinity
    }

    /// Takes a hit whose score is above `threshold`.
    ///
    /// - Complexity: O(log capacity)
    mutating func insert(_ hit: SearchHit) {
        if count < capacity {
            siftUp(hit, from: count)
            count += 1
        } else {
            siftDown(hit, count: count)
        }
        if count == capacity { threshold = storage[0].score }
    }

    /// Moves the hits out, best first, and leaves the heap empty.
    ///
    /// - Complexity: O(n log n)
    mutating func drain(into hits: inout [SearchHit]) {
        var end = count
        while end > 1 {
            end -= 1
            let worst = storage[0]
            let last = storage[end]
            storage[end] = worst
            siftDown(last, count: end)
        }
        hits.append(contentsOf: UnsafeBufferPointer(rebasing: storage[0..<count]))
        reset(capacity: capacity)
    }

    /// Lets `body` replace the scores of the hits, given as the kernels know them and in no order, and sorts itself out again.
    ///
    /// - Complexity: O(n), plus `body`
    mutating func rescore(_ body: (UnsafeMutablePointer<ck_ivf_hit>, Int) -> Void) {
        guard count > 0, let base = storage.baseAddress else { return }
        // SearchHit and ck_ivf_hit are both an Int32 followed by a Float.
        base.withMemoryRebound(to: ck_ivf_hit.self, capacity: count) { body($0, count) }
        var parent = count / 2
        while parent > 0 {
            parent -= 1
            siftDown(storage[parent], from: parent, count: count)
        }
        if count == capacity { threshold = storage[0].score }
    }

    private mutating func siftUp(_ hit: SearchHit, from start: Int) {
        var hole = start
        while hole > 0 {
            let parent = (hole - 1) / 2
            guard storage[parent].precedes(hit) else { break }
            storage[hole] = storage[parent]
            hole = parent
        }
        storage[hole] = hit
    }

    private mutating func siftDown(_ hit: SearchHit, from start: Int = 0, count: Int) {
        var hole = start
        while true {
            var child = 2 * hole + 1
            guard child < count else { break }
            if child + 1 < count, storage[child].precedes(storage[child + 1]) { child += 1 }
            guard hit.precedes(storage[child]) else { break }
            storage[hole] = storage[child]
            hole = child
        }
        storage[hole] = hit
    }
}
