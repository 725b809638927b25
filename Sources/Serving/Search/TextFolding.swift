import Foundation

/// Makes words of text comparable: lower case, no diacritics, split at what is neither letter nor digit. `Đừng Làm Trái
/// Tim Anh Đau` becomes `dung lam trai tim anh dau`.
///
/// Letters that are no base letter with a mark to Unicode (đ, ø, ł, ß, æ …) are replaced by what people type for them.
enum TextFolding {
    /// Longest word that is indexed or searched, in bytes; the rest of a longer one is cut off.
    static let wordByteLimit = 64

    /// Folded forms of all scalars below `tableEnd`, where nearly all cased and marked letters lie; empty for one that
    /// parts words, nil for one that vanishes (a combining mark).
    private static let table: [[UInt8]?] = (0..<tableEnd).map { Unicode.Scalar($0).map(fold) ?? [] }
    private static let tableEnd: UInt32 = 0x2000

    private static let typed: [Unicode.Scalar: String] = [
        "đ": "d", "ð": "d", "ø": "o", "ł": "l", "ß": "ss", "æ": "ae", "œ": "oe", "ı": "i", "þ": "th", "ħ": "h",
        "ŧ": "t",
        "ŋ": "n", "ĸ": "k", "ſ": "s",
    ]

    /// Calls `body` with each folded word in order.
    static func forEachWord(in text: String, _ body: (UnsafeRawBufferPointer) -> Void) {
        var word: [UInt8] = []
        func end() {
            guard !word.isEmpty else { return }
            word.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0.prefix(wordByteLimit))) }
            word.removeAll(keepingCapacity: true)
        }
        for scalar in text.unicodeScalars {
            let folded = scalar.value < tableEnd ? table[Int(scalar.value)] : fold(scalar)
            guard let folded else { continue }
            if folded.isEmpty { end() } else { word += folded }
        }
        end()
    }

    /// The folded words of a text.
    static func words(in text: String) -> [[UInt8]] {
        var words: [[UInt8]] = []
        forEachWord(in: text) { words.append(Array($0)) }
        return words
    }

    private static func fold(_ scalar: Unicode.Scalar) -> [UInt8]? {
        let lower = scalar.properties.lowercaseMapping.decomposedStringWithCompatibilityMapping
        var bytes: [UInt8] = []
        var hasMark = false
        for part in lower.unicodeScalars {
            if let typed = typed[part] {
                bytes += typed.utf8
            } else if part.properties.isAlphabetic || part.properties.numericType != nil {
                bytes += String(part).utf8
            } else if part.properties.canonicalCombiningClass != .notReordered || part == "'" || part == "’" {
                // An apostrophe is typed or left out: "don't" and "dont" are one word.
                hasMark = true
            }
        }
        return bytes.isEmpty && hasMark ? nil : bytes
    }
}
