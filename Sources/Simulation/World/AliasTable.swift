/// Draws from a fixed distribution over items in constant time.
///
/// Walker's alias method as Vose builds it ("A Linear Algorithm for Generating Random Numbers with a Given Distribution",
/// IEEE Trans. Softw. Eng. 17(9), 1991, https://doi.org/10.1109/32.92917): every slot holds one item, an alias, and the
/// share of the slot that is the item's.
struct AliasTable: Sendable {
    private struct Slot {
        var item: UInt32
        var alias: UInt32
        /// Share of `item` times 2^32.
        var threshold: UInt32
    }

    private let slots: [Slot]
    /// Sum of the weights it was made from.
    let totalWeight: Double

    /// A table over `items`, of which at least one has a weight above zero.
    ///
    /// - Complexity: O(items).
    init(items: [UInt32], weights: [Double]) {
        precondition(items.count == weights.count && !items.isEmpty)
        let total = weights.reduce(0, +)
        precondition(total > 0, "something must be possible")
        totalWeight = total
        let scale = Double(items.count) / total
        var shares = weights.map { $0 * scale }
        var slots = items.map { Slot(item: $0, alias: $0, threshold: .max) }
        var (small, large): ([Int], [Int]) = ([], [])
        for index in shares.indices {
            if shares[index] < 1 { small.append(index) } else { large.append(index) }
        }
        while let low = small.last, let high = large.last {
            small.removeLast()
            slots[low].alias = items[high]
            slots[low].threshold = UInt32(min(4_294_967_295, max(0, shares[low] * 4_294_967_296)))
            shares[high] -= 1 - shares[low]
            if shares[high] < 1 {
                large.removeLast()
                small.append(high)
            }
        }
        // What is left over is 1 but for rounding.
        self.slots = slots
    }

    /// A table over 0, 1, 2 …
    init(weights: [Double]) { self.init(items: (0..<UInt32(weights.count)).map { $0 }, weights: weights) }

    /// An item, as often as its weight says.
    ///
    /// - Complexity: O(1), one random number.
    @inline(__always)
    func draw(_ random: inout SimulationRandom) -> Int {
        let bits = random.next()
        // The high half chooses the slot, the low half the side of it.
        let index = Int(((bits >> 32) &* UInt64(slots.count)) >> 32)
        let slot = slots[index]
        return Int(UInt32(truncatingIfNeeded: bits) < slot.threshold ? slot.item : slot.alias)
    }
}
