import CSodium

/// SHA-256 (FIPS 180-4) and what is made of it.
public enum Digest {
    /// Bytes of a digest, and of the key of an authentication code.
    public static let byteCount = Int(crypto_hash_sha256_BYTES)

    /// The SHA-256 of some bytes.
    ///
    /// - Complexity: O(bytes)
    public static func sha256(_ bytes: [UInt8]) -> [UInt8] {
        digest { crypto_hash_sha256($0, bytes, UInt64(bytes.count)) }
    }

    /// The HMAC-SHA-256 (RFC 2104) of a message.
    ///
    /// - Parameter key: `byteCount` bytes; another length is the caller's bug and traps.
    /// - Complexity: O(bytes)
    public static func authenticationCode(of message: [UInt8], key: [UInt8]) -> [UInt8] {
        precondition(key.count == byteCount, "the key of an authentication code has \(byteCount) bytes")
        return digest { crypto_auth_hmacsha256($0, message, UInt64(message.count), key) }
    }

    /// Whether two texts of bytes are equal, in a time that does not tell where they differ. Their lengths are no secret.
    public static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        left.count == right.count && sodium_memcmp(left, right, left.count) == 0
    }

    /// The bytes as hexadecimal digits.
    public static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(
            decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    private static func digest(_ body: (UnsafeMutablePointer<UInt8>) -> Int32) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: byteCount)
        // Both functions of libsodium always return 0: they have no way to fail.
        let status = body(&digest)
        precondition(status == 0, "libsodium does not hash")
        return digest
    }
}
