/// Makes identifiers that keep the contract of docs/design.md §3.1: 1–256 bytes of UTF-8 without control characters.
package enum ValidIdentifier {
    static let byteLimit = 256

    /// The identifier for a text of a file: without spaces at its ends and without control characters. One that is too long
    /// keeps its start and gets a hash of the whole, so that two long ones stay two. Nil when nothing is left.
    package static func make(_ text: String) -> String? {
        var scalars = String.UnicodeScalarView()
        for scalar in text.unicodeScalars where !isControl(scalar) { scalars.append(scalar) }
        var cleaned = Substring(String(scalars))
        while cleaned.first == " " { cleaned.removeFirst() }
        while cleaned.last == " " { cleaned.removeLast() }
        guard !cleaned.isEmpty else { return nil }
        guard cleaned.utf8.count > byteLimit else { return String(cleaned) }
        var start = ""
        for scalar in cleaned.unicodeScalars {
            // A tilde and sixteen digits follow.
            guard start.utf8.count + String(scalar).utf8.count <= byteLimit - 17 else { break }
            start.unicodeScalars.append(scalar)
        }
        return "\(start)~\(hash(String(cleaned)))"
    }

    /// An artist's identifier where only the name is known: the same for any case of its letters.
    static func artistID(ofName name: String) -> String { "artist-\(hash(name.lowercased()))" }

    /// A track's identifier where only artist and title are known.
    static func trackID(artist: String, title: String) -> String {
        "track-\(hash("\(artist.lowercased())\u{1f}\(title.lowercased())"))"
    }

    /// FNV-1a, 64 bits (http://www.isthe.com/chongo/tech/comp/fnv/), as sixteen digits: it must be the same for ever.
    static func hash(_ text: String) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value)
    }
}
