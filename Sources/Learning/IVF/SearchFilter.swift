/// Which items may be answered. The parts are joined by *and*; the default lets everything pass.
///
/// Filters act inside the scan: an item that may not be answered never takes the place of one that may, so a search
/// for `k` finds `k` as long as the index holds that many permitted items.
public struct SearchFilter {
    /// Never answer these.
    public var excluded: ItemSet?
    /// Never answer these; ascending. For short lists: what a request names.
    public var excludedItems: [Int32] = []
    /// Answer only these. A small set is scored directly, without the lists.
    public var allowed: ItemSet?
    /// Answer only what this says yes to; called for candidates that would otherwise enter the answer.
    public var predicate: ((Int32) -> Bool)?

    /// Makes a filter; everything left out lets all items pass.
    public init(
        excluded: ItemSet? = nil, excludedItems: [Int32] = [], allowed: ItemSet? = nil,
        predicate: ((Int32) -> Bool)? = nil
    ) {
        self.excluded = excluded
        self.excludedItems = excludedItems
        self.allowed = allowed
        self.predicate = predicate
    }

    /// Lets every item pass.
    public static var none: SearchFilter { SearchFilter() }

    var passesEverything: Bool {
        excluded == nil && excludedItems.isEmpty && allowed == nil && predicate == nil
    }

    /// Whether the item may be answered.
    ///
    /// - Complexity: O(log `excludedItems.count`), plus the predicate
    func passes(_ item: Int32) -> Bool {
        if let excluded, excluded.contains(item) { return false }
        if let allowed, !allowed.contains(item) { return false }
        if !excludedItems.isEmpty, isExcludedByName(item) { return false }
        if let predicate, !predicate(item) { return false }
        return true
    }

    private func isExcludedByName(_ item: Int32) -> Bool {
        var low = 0
        var high = excludedItems.count
        while low < high {
            let middle = (low + high) / 2
            if excludedItems[middle] < item { low = middle + 1 } else { high = middle }
        }
        return low < excludedItems.count && excludedItems[low] == item
    }
}
