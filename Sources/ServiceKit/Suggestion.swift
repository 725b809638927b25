/// "Did you mean …?"
package enum Suggestion {
    /// The candidate most like a mistyped word, or nil when none is near: at most a third of the letters wrong, or the
    /// word is the start of exactly one candidate.
    package static func nearest(to word: String, among candidates: [String]) -> String? {
        let lowered = word.lowercased()
        let starting = candidates.filter { $0.lowercased().hasPrefix(lowered) }
        if lowered.count >= 2, starting.count == 1 { return starting[0] }
        let allowed = max(1, max(lowered.count, 3) / 3)
        return candidates.map { (distance(lowered, $0.lowercased()), $0) }
            .filter { $0.0 <= allowed }
            .min { $0.0 != $1.0 ? $0.0 < $1.0 : $0.1 < $1.1 }?.1
    }

    /// ` Did you mean "x"?`, or nothing.
    static func sentence(for word: String, among candidates: [String]) -> String {
        nearest(to: word, among: candidates).map { " Did you mean \"\($0)\"?" } ?? ""
    }

    /// Insertions, deletions, changes and swaps of neighbours (optimal string alignment).
    private static func distance(_ left: String, _ right: String) -> Int {
        let (a, b) = (Array(left.utf8), Array(right.utf8))
        var beforePrevious = [Int](repeating: 0, count: b.count + 1)
        var previous = Array(0...b.count)
        for i in a.indices {
            var current = [i + 1] + [Int](repeating: 0, count: b.count)
            for j in b.indices {
                let change = previous[j] + (a[i] == b[j] ? 0 : 1)
                current[j + 1] = min(previous[j + 1] + 1, current[j] + 1, change)
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
                    current[j + 1] = min(current[j + 1], beforePrevious[j - 1] + 1)
                }
            }
            (beforePrevious, previous) = (previous, current)
        }
        return previous[b.count]
    }
}
