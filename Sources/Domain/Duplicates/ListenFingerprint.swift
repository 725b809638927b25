/// What tells one listen from another in 64 bits: of listener, song and start of the play.
///
/// Two listens of one fingerprint are taken for one and the same. Among the million a window holds, a new listen meets another's
/// fingerprint by chance with probability 2⁻⁴⁴; the seeds are the process' own, so that nobody can make one on purpose.
public struct ListenFingerprint: Sendable {
    private let seeds: (UInt64, UInt64)

    /// Fingerprints with seeds of their own.
    public init() {
        var random = SystemRandomNumberGenerator()
        seeds = (random.next(), random.next())
    }

    /// What an identifier adds, so that it is looked at once for many listens.
    ///
    /// - Complexity: O(bytes)
    @inlinable
    public func part(_ identifier: UnsafeRawBufferPointer) -> UInt64 {
        var state = start ^ UInt64(truncatingIfNeeded: identifier.count)
        var index = 0
        while index + 8 <= identifier.count {
            state = Self.mix(state ^ identifier.loadUnaligned(fromByteOffset: index, as: UInt64.self))
            index += 8
        }
        var tail: UInt64 = 0
        while index < identifier.count {
            tail = tail << 8 | UInt64(identifier[index])
            index += 1
        }
        return Self.mix(state ^ tail)
    }

    /// The fingerprint of a listen out of the parts of listener and song. Never zero.
    @inlinable
    public func of(user: UInt64, track: UInt64, timestamp: Int64) -> UInt64 {
        let listen = Self.mix(track ^ UInt64(bitPattern: timestamp) &* 0x9E37_79B9_7F4A_7C15)
        return max(1, Self.mix(user &+ listen ^ end))
    }

    /// The fingerprint of a listen.
    public func of(userID: String, trackID: String, timestamp: Int64) -> UInt64 {
        of(user: part(userID), track: part(trackID), timestamp: timestamp)
    }

    /// The fingerprint of a key that a listener's client has made up.
    public func of(userID: String, key: String) -> UInt64 {
        max(1, Self.mix(part(userID) ^ Self.mix(part(key) &+ end)))
    }

    private func part(_ identifier: String) -> UInt64 {
        var identifier = identifier
        return identifier.withUTF8 { part(UnsafeRawBufferPointer($0)) }
    }

    @usableFromInline var start: UInt64 { seeds.0 }
    @usableFromInline var end: UInt64 { seeds.1 }

    /// Multiply and fold (the mixing step of wyhash, https://github.com/wangyi-fudan/wyhash).
    @inlinable
    static func mix(_ value: UInt64) -> UInt64 {
        let product = value.multipliedFullWidth(by: 0xA076_1D64_78BD_642F)
        return product.high ^ product.low
    }
}
