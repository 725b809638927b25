/// The two spellings of a data file's name: percent-encoded in the log (a URI of RFC 2396), plain in the store.
enum DeltaPath {
    /// The object's key of a path in the log.
    /// - Throws: `.unsupported` for absolute paths, `.corrupt` for broken escapes.
    static func objectKey(ofPath path: String) throws -> String {
        guard !path.hasPrefix("/"), !hasScheme(path) else {
            throw DeltaError(
                .unsupported,
                "the table names a file by its absolute path (\(path)), as shallow clones do; Segue reads files inside the table only"
            )
        }
        guard path.utf8.contains(UInt8(ascii: "%")) else { return path }
        var bytes: [UInt8] = []
        var rest = Array(path.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(hexadecimal), let low = rest.popFirst().flatMap(hexadecimal) else {
                throw DeltaError(.corrupt, "the path \(path) in the log ends in a broken percent escape")
            }
            bytes.append(high << 4 | low)
        }
        guard let key = String(validating: bytes, as: UTF8.self) else {
            throw DeltaError(.corrupt, "the path \(path) in the log is not UTF-8 once decoded")
        }
        return key
    }

    /// The path in the log of an object's key.
    static func path(ofObjectKey key: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in key.utf8 {
            if isPlain(byte) {
                bytes.append(byte)
            } else {
                bytes.append(contentsOf: [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]])
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "-._~/=".utf8.contains(byte)
        }
    }

    private static func hasScheme(_ path: String) -> Bool {
        guard let colon = path.utf8.firstIndex(of: UInt8(ascii: ":")) else { return false }
        return !path.utf8[..<colon].contains(UInt8(ascii: "/")) && path.utf8[colon...].starts(with: "://".utf8)
            || path.hasPrefix("file:")
    }

    private static func hexadecimal(_ byte: UInt8) -> UInt8? {
        Character(Unicode.Scalar(byte)).hexDigitValue.map(UInt8.init)
    }
}

/// Names of data files for those who write them.
public enum DeltaTablePath {
    /// How the log spells the object `key` of the table's store.
    public static func logPath(ofKey key: String) -> String { DeltaPath.path(ofObjectKey: key) }
}

extension AddFile {
    /// Name of the file in the table's object store.
    public var objectKey: String { get throws { try DeltaPath.objectKey(ofPath: path) } }
}

extension RemoveFile {
    /// Name of the file in the table's object store.
    public var objectKey: String { get throws { try DeltaPath.objectKey(ofPath: path) } }
}
