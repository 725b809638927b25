/// The fingerprints of the newest listens, at least `reach` and at most twice as many, in bounded memory.
///
/// ```
/// previous   full: `reach` fingerprints         goes when `current` is full
/// current    what came since                    becomes `previous` then
/// ```
public struct ListenWindow: Sendable {
    /// Fingerprints that are held at least, once as many were inserted.
    public let reach: Int
    private var current: FingerprintSet
    private var previous: FingerprintSet

    /// An empty window.
    public init(reach: Int) {
        precondition(reach > 0, "a window reaches somewhere")
        self.reach = reach
        current = FingerprintSet(expecting: reach)
        previous = current
    }

    /// Fingerprints held.
    public var count: Int { current.count + previous.count }

    /// Whether a fingerprint is held.
    ///
    /// - Complexity: O(1)
    public func contains(_ fingerprint: UInt64) -> Bool {
        current.contains(fingerprint) || previous.contains(fingerprint)
    }

    /// Holds a fingerprint (not zero).
    ///
    /// - Returns: false when it was held already.
    /// - Complexity: O(1) amortised; two look-ups.
    public mutating func insert(_ fingerprint: UInt64) -> Bool {
        if previous.contains(fingerprint) { return false }
        guard current.insert(fingerprint) else { return false }
        if current.count >= reach {
            swap(&current, &previous)
            current.removeAll()
        }
        return true
    }

    /// Holds nothing any more.
    public mutating func removeAll() {
        current.removeAll()
        previous.removeAll()
    }
}

/// A set of numbers other than zero by open addressing, at most half full. The numbers are hashes already.
struct FingerprintSet: Sendable {
    /// Slots from which on it grows to its full size at once: moving numbers from table to table costs as much as looking them up.
    private static let fewSlots = 1 << 14

    private(set) var count = 0
    private var slots: [UInt64] = []
    private let fullSlotCount: Int

    /// - Parameter expected: numbers it will hold at most.
    init(expecting expected: Int) {
        var slotCount = 64
        while slotCount < 2 * expected + 2 { slotCount *= 2 }
        fullSlotCount = slotCount
    }

    func contains(_ number: UInt64) -> Bool {
        guard count > 0 else { return false }
        let mask = slots.count - 1
        return slots.withUnsafeBufferPointer { slots in
            var slot = Int(truncatingIfNeeded: number) & mask
            while slots[slot] != 0 {
                if slots[slot] == number { return true }
                slot = (slot + 1) & mask
            }
            return false
        }
    }

    mutating func insert(_ number: UInt64) -> Bool {
        if count * 2 >= slots.count { grow() }
        let mask = slots.count - 1
        let isNew = slots.withUnsafeMutableBufferPointer { slots in
            var slot = Int(truncatingIfNeeded: number) & mask
            while slots[slot] != 0 {
                if slots[slot] == number { return false }
                slot = (slot + 1) & mask
            }
            slots[slot] = number
            return true
        }
        if isNew { count += 1 }
        return isNew
    }

    /// Keeps the memory.
    mutating func removeAll() {
        guard count > 0 else { return }
        count = 0
        for index in slots.indices { slots[index] = 0 }
    }

    private mutating func grow() {
        let old = slots
        let doubled = max(64, slots.count * 2)
        slots = [UInt64](repeating: 0, count: doubled > Self.fewSlots ? max(doubled, fullSlotCount) : doubled)
        count = 0
        for number in old where number != 0 { _ = insert(number) }
    }
}
