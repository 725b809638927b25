import CSodium

/// Base64 with the URL-safe alphabet and without padding (RFC 4648 §5), as JSON Web Tokens use it.
public enum Base64URL {
    private static let variant = Int32(sodium_base64_VARIANT_URLSAFE_NO_PADDING)

    /// The text of the bytes.
    ///
    /// - Complexity: O(bytes)
    public static func encode(_ bytes: [UInt8]) -> String {
        var text = [CChar](repeating: 0, count: sodium_base64_encoded_len(bytes.count, variant))
        _ = sodium_bin2base64(&text, text.count, bytes, bytes.count, variant)
        // The last character is the zero C ends a text with.
        return String(decoding: text.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// The bytes of a text; nil for one that is not base64url without padding.
    ///
    /// - Complexity: O(characters)
    public static func decode(_ text: some Sequence<UInt8>) -> [UInt8]? {
        let characters = text.map { CChar(bitPattern: $0) }
        var bytes = [UInt8](repeating: 0, count: characters.count / 4 * 3 + 3)
        var byteCount = 0
        let status = sodium_base642bin(
            &bytes, bytes.count, characters, characters.count, nil, &byteCount, nil, variant)
        return status == 0 ? Array(bytes.prefix(byteCount)) : nil
    }
}
