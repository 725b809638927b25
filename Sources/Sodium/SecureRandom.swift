import CSodium

/// Random bytes that nobody can guess.
public enum SecureRandom {
    /// libsodium is made ready once a process; every other call of this module works without.
    private static let isReady = sodium_init() >= 0

    /// So many bytes from the system's generator.
    ///
    /// - Throws: `SodiumError` when there is no such generator.
    public static func bytes(count: Int) throws(SodiumError) -> [UInt8] {
        precondition(count >= 0, "a count is not negative")
        guard isReady else { throw .unusable() }
        var bytes = [UInt8](repeating: 0, count: count)
        randombytes_buf(&bytes, count)
        return bytes
    }

    /// A text of so many random bytes in base64url: what secrets and tokens are made of.
    ///
    /// - Throws: `SodiumError` when there is no generator.
    public static func text(byteCount: Int) throws(SodiumError) -> String {
        Base64URL.encode(try bytes(count: byteCount))
    }
}
