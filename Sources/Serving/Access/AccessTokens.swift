import HTTPServer
import ServiceKit
import Sodium
import Storage
import Synchronization

/// Signs and checks the tokens clients show: JSON Web Tokens (RFC 7519) with HMAC-SHA-256, good for some minutes.
///
/// The keys are in the store, so that every server takes what any of them signed. The newest signs; when it is too old, the
/// next token asked for makes another, and one that no living token was signed with is removed.
final class AccessTokens: Sendable {
    /// What a token says.
    struct Claims: Sendable, Equatable {
        var clientID: String
        var scopes: Set<Scope>
        /// When it ends, epoch seconds.
        var expiry: Int64
    }

    private struct State {
        /// Newest first.
        var keys: [SigningKey] = []
        var secrets: [String: [UInt8]] = [:]
        /// When the store was asked last; nil before the first time.
        var readAt: Int64?
    }

    /// A token of an unknown key makes the store be asked, at most once in so many milliseconds.
    private static let readPause: Int64 = 1_000
    private static let byteLimit = 2_048

    private let documents: any ClientStore
    private let options: AccessOptions
    private let clock: any WallClock
    private let state = Mutex(State())

    init(documents: any ClientStore, options: AccessOptions, clock: any WallClock) {
        self.documents = documents
        self.options = options
        self.clock = clock
    }

    // MARK: - Signing

    /// A token for a client. Asks the store.
    func issue(clientID: String, scopes: Set<Scope>) throws -> String {
        let key = try currentKey()
        let now = clock.now / 1000
        var claims = JSONWriter(capacity: 256)
        claims.beginObject()
        claims.member("iss", "segue")
        claims.member("sub", clientID)
        claims.member("scope", Self.text(scopes))
        claims.member("iat", now)
        claims.member("exp", now + options.tokenLifetime.components.seconds)
        claims.member("jti", try SecureRandom.text(byteCount: 9))
        claims.endObject()
        let signed = "\(Self.header(keyID: key.id)).\(Base64URL.encode(claims.bytes))"
        guard let secret = state.withLock({ $0.secrets[key.id] }) else {
            throw StorageError(.corrupt, "the signing key \(key.id) is not 32 bytes in base64url; remove it")
        }
        return "\(signed).\(Base64URL.encode(Digest.authenticationCode(of: Array(signed.utf8), key: secret)))"
    }

    /// Scopes as RFC 6749 §3.3 writes them.
    static func text(_ scopes: Set<Scope>) -> String {
        Scope.allCases.filter(scopes.contains).map(\.rawValue).joined(separator: " ")
    }

    private static func header(keyID: String) -> String {
        Base64URL.encode(Array("{\"alg\":\"HS256\",\"typ\":\"at+jwt\",\"kid\":\"\(keyID)\"}".utf8))
    }

    /// The key that signs; made when there is none, or the newest is too old.
    private func currentKey() throws -> SigningKey {
        let now = clock.now
        let oldest = now - options.keyLifetime.milliseconds
        if let key = state.withLock({ $0.keys.first }), key.createdAt > oldest, key.createdAt <= now { return key }
        try read()
        if let key = state.withLock({ $0.keys.first }), key.createdAt > oldest, key.createdAt <= now { return key }
        let key = SigningKey(
            id: try SecureRandom.text(byteCount: 9), secret: try SecureRandom.text(byteCount: Digest.byteCount),
            createdAt: now)
        try documents.addSigningKey(key)
        try documents.removeSigningKeys(before: oldest - options.tokenLifetime.milliseconds)
        try read()
        return key
    }

    private func read() throws {
        let keys = try documents.signingKeys()
        let now = clock.now
        state.withLock { state in
            state.keys = keys
            state.secrets = [:]
            for key in keys {
                guard let secret = Base64URL.decode(key.secret.utf8), secret.count == Digest.byteCount else { continue }
                state.secrets[key.id] = secret
            }
            state.readAt = now
        }
    }

    // MARK: - Checking

    /// What a token says; nil for one that is forged, ended or no token.
    ///
    /// - Parameter mayBlock: whether the store may be asked for a key that is not known yet.
    /// - Throws: `HTTPRetryOnWorker` when it would have to be asked and may not.
    /// - Complexity: O(bytes); some microseconds.
    func claims(of token: String, mayBlock: Bool) throws -> Claims? {
        let bytes = Array(token.utf8)
        guard bytes.count <= Self.byteLimit else { return nil }
        let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3, let keyID = Self.keyID(parts[0]), let code = Base64URL.decode(parts[2]),
            let secret = try secret(of: keyID, mayBlock: mayBlock)
        else { return nil }
        let signed = Array(bytes[..<(parts[2].startIndex - 1)])
        guard Digest.areEqual(Digest.authenticationCode(of: signed, key: secret), code) else { return nil }
        return claims(Base64URL.decode(parts[1]))
    }

    /// The key a header names; nil for a header that is not one this server writes. No other algorithm is ever taken.
    private static func keyID(_ header: ArraySlice<UInt8>) -> String? {
        guard let bytes = Base64URL.decode(header), let json = try? JSONValue(parsing: bytes),
            json["alg"] == .string("HS256"), json["typ"] == .string("at+jwt"), case .string(let keyID) = json["kid"]
        else { return nil }
        return keyID
    }

    private func claims(_ bytes: [UInt8]?) -> Claims? {
        guard let bytes, let json = try? JSONValue(parsing: bytes), case .string(let clientID) = json["sub"],
            case .string(let scope) = json["scope"], case .integer(let expiry) = json["exp"],
            json["iss"] == .string("segue"), clock.now / 1000 < expiry
        else { return nil }
        let scopes = scope.split(separator: " ").compactMap { Scope(rawValue: String($0)) }
        return Claims(clientID: clientID, scopes: Set(scopes), expiry: expiry)
    }

    private func secret(of keyID: String, mayBlock: Bool) throws -> [UInt8]? {
        let now = clock.now
        let known: (secret: [UInt8]?, isFresh: Bool) = state.withLock { state in
            (state.secrets[keyID], state.readAt.map { (0..<Self.readPause).contains(now - $0) } ?? false)
        }
        if let secret = known.secret { return secret }
        guard !known.isFresh else { return nil }
        guard mayBlock else { throw HTTPRetryOnWorker() }
        try read()
        return state.withLock { $0.secrets[keyID] }
    }
}

extension Duration {
    /// Whole milliseconds.
    var milliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }
}
