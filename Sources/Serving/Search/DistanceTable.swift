/// Rows of the edit distance between a query and the beginnings of one word after the other, kept as far as the words
/// agree.
struct DistanceTable {
    /// What is known of a word.
    enum Verdict: Equatable {
        /// It, or its beginning, is that many errors away.
        case within(Int)
        /// It is further away.
        case beyond
        /// So is every word with the same first bytes, as many as given.
        case hopeless(Int)
    }

    private let query: [UInt8]
    private let width: Int
    /// Row `d` is the distance of the word's first `d` bytes to each beginning of the query.
    private var rows: [Int]
    private var word: [UInt8] = []

    init(query: [UInt8]) {
        self.query = query
        width = query.count + 1
        rows = Array(0..<width) + [Int](repeating: 0, count: width * TextFolding.wordByteLimit)
    }

    /// The distance of the query to `letters` or to the beginning of it that is nearest.
    mutating func distance(to letters: ArraySlice<UInt8>, limit: Int) -> Verdict {
        let shared = zip(word, letters).prefix { $0 == $1 }.count
        word.removeLast(word.count - shared)
        // The nearest beginning so far: those that are shared were computed for the word before.
        var nearest = (0...shared).map { rows[$0 * width + query.count] }.min() ?? query.count
        for letter in letters.dropFirst(shared) {
            let smallest = appendRow(letter)
            nearest = min(nearest, rows[word.count * width + query.count])
            // Rows never get smaller than their smallest number, but a transposition looks two rows back.
            if smallest > limit, rowMinimum(word.count - 1) > limit, nearest > limit { return .hopeless(word.count) }
        }
        return nearest <= limit ? .within(nearest) : .beyond
    }

    private func rowMinimum(_ depth: Int) -> Int { rows[depth * width..<(depth + 1) * width].min() ?? 0 }

    /// Adds the row of one more letter.
    ///
    /// - Returns: the smallest number in it.
    private mutating func appendRow(_ letter: UInt8) -> Int {
        word.append(letter)
        let depth = word.count
        let (row, above) = (depth * width, (depth - 1) * width)
        rows[row] = depth
        var smallest = depth
        for column in 1..<width {
            var value = min(rows[above + column], rows[row + column - 1]) + 1
            value = min(value, rows[above + column - 1] + (query[column - 1] == letter ? 0 : 1))
            if depth > 1, column > 1, query[column - 1] == word[depth - 2], query[column - 2] == letter {
                value = min(value, rows[above - width + column - 2] + 1)
            }
            rows[row + column] = value
            smallest = min(smallest, value)
        }
        return smallest
    }
}
