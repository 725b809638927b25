import CSodium

/// A secret as it may be stored: Argon2id (RFC 9106) with salt and costs in one text.
public struct PasswordHash: Sendable, Equatable {
    /// `$argon2id$v=19$m=…,t=…,p=1$salt$hash`.
    public let text: String

    /// Passes over the memory, and its size: the least that OWASP's Password Storage Cheat Sheet advises for Argon2id. The
    /// secrets hashed here are random and long, so more would only cost the server.
    private static let passCount: UInt64 = 2
    private static let memoryByteCount = 19 * 1024 * 1024

    /// What was stored.
    public init(text: String) { self.text = text }

    /// Hashes a secret with a salt of its own; takes some hundredths of a second, by design.
    ///
    /// - Throws: `SodiumError` when there is not enough memory.
    public init(of secret: String) throws(SodiumError) {
        var text = [CChar](repeating: 0, count: Int(crypto_pwhash_STRBYTES))
        let status = crypto_pwhash_str(
            &text, secret, UInt64(secret.utf8.count), Self.passCount, Self.memoryByteCount)
        guard status == 0 else { throw .outOfMemory(byteCount: Self.memoryByteCount) }
        self.text = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Whether the text is the hash of this secret; false for a text that is no hash. Takes as long as hashing.
    public func matches(_ secret: String) -> Bool {
        crypto_pwhash_str_verify(text, secret, UInt64(secret.utf8.count)) == 0
    }
}
