package import Storage

/// Distinct words in order of their bytes, in one block.
package struct WordList: Sendable {
    private let bytes: [UInt8]
    private let offsets: [UInt32]

    /// Puts interned words in order.
    ///
    /// - Returns: the list, and the place in it of each code.
    package static func sorted(_ words: InternedStrings) -> (list: WordList, places: [UInt32]) {
        let all = words.bytes
        func slice(_ code: UInt32) -> ArraySlice<UInt8> {
            all[Int(words.offsets[Int(code)])..<Int(words.offsets[Int(code) + 1])]
        }
        let order = (0..<UInt32(words.count)).sorted { slice($0).lexicographicallyPrecedes(slice($1)) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(all.count)
        var offsets: [UInt32] = [0]
        var places = [UInt32](repeating: 0, count: words.count)
        for (place, code) in order.enumerated() {
            bytes += slice(code)
            offsets.append(UInt32(bytes.count))
            places[Int(code)] = UInt32(place)
        }
        return (WordList(bytes: bytes, offsets: offsets), places)
    }

    private init(bytes: [UInt8], offsets: [UInt32]) {
        self.bytes = bytes
        self.offsets = offsets
    }

    /// How many words there are.
    package var count: Int { offsets.count - 1 }

    /// Bytes of a word.
    func byteCount(of word: Int) -> Int { Int(offsets[word + 1] - offsets[word]) }

    /// A word.
    package subscript(word: Int) -> ArraySlice<UInt8> { bytes[Int(offsets[word])..<Int(offsets[word + 1])] }

    /// The words that start with `prefix`.
    ///
    /// - Complexity: O(log(words))
    func range(startingWith prefix: [UInt8]) -> Range<Int> {
        let start = firstIndex { !$0.lexicographicallyPrecedes(prefix) }
        let end = firstIndex(from: start) { !$0.starts(with: prefix) }
        return start..<end
    }

    /// The first word from `start` for which `predicate` holds, as it does for all after it.
    private func firstIndex(from start: Int = 0, where predicate: (ArraySlice<UInt8>) -> Bool) -> Int {
        var (low, high) = (start, count)
        while low < high {
            let middle = (low + high) / 2
            if predicate(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }

    // MARK: - Typing errors

    /// Errors allowed in a word of so many bytes: none in short ones, which are all alike.
    package static func allowedErrors(byteCount: Int) -> Int {
        switch byteCount {
        case ..<4: 0
        case ..<8: 1
        default: 2
        }
    }

    /// Calls `body` with each word that `query`, or a longer word whose beginning it is, can be meant for, and the number
    /// of errors (at least one). An error is a letter too many, too few, another, or two swapped; the first letter counts
    /// like the others. Words that are not plain ASCII are compared by `range(startingWith:)` only.
    ///
    /// Words are in order, so neighbours share their beginnings and with them the rows of the distance table (Wagner and
    /// Fischer 1974, https://doi.org/10.1145/321796.321811, with the transposition of Damerau 1964); a beginning that has
    /// more errors than allowed is left with one binary search.
    package func forEachSimilar(to query: [UInt8], _ body: (Int, Int) -> Void) {
        let limit = Self.allowedErrors(byteCount: query.count)
        guard limit > 0, query.allSatisfy({ $0 < 0x80 }) else { return }
        var table = DistanceTable(query: query)
        var word = 0
        while word < count {
            let letters = self[word]
            switch table.distance(to: letters, limit: limit) {
            case .within(let errors):
                if errors > 0 { body(word, errors) }
                word += 1
            case .beyond:
                word += 1
            case .hopeless(let length):
                let beginning = Array(letters.prefix(length))
                word = firstIndex(from: word + 1) { !$0.starts(with: beginning) }
            }
        }
    }
}
