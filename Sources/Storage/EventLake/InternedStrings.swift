import Glibc

/// Byte strings numbered in order of first use: an open-addressing hash table over one contiguous buffer.
///
/// - Complexity: O(length) a look-up, amortised; 20 to 36 bytes an entry besides the bytes themselves.
public struct InternedStrings: Sendable {
    /// All strings one after the other.
    public private(set) var bytes: [UInt8] = []
    /// Where each string starts in `bytes`, and where the last one ends: `count + 1` numbers.
    public private(set) var offsets: [UInt32] = [0]
    /// By hash slot: the hash above, code + 1 below; 0 when free. Power-of-two size, at most half full. The hash stands
    /// beside the code, so that a look-up reads one place before it compares bytes, and growing reads no bytes at all.
    private var slots: [UInt64] = []

    /// No strings.
    public init() {}

    /// Distinct strings so far.
    public var count: Int { offsets.count - 1 }

    /// The string of a code.
    public subscript(code: UInt32) -> String {
        let range = Int(offsets[Int(code)])..<Int(offsets[Int(code) + 1])
        return String(decoding: bytes[range], as: UTF8.self)
    }

    /// The code of `string`, a new one when it has not been met.
    public mutating func code(of string: UnsafeRawBufferPointer) -> UInt32 {
        if count * 2 >= slots.count { grow() }
        let hash = Self.hash(string)
        let mask = slots.count - 1
        var slot = Int(hash) & mask
        while slots[slot] != 0 {
            let code = UInt32(truncatingIfNeeded: slots[slot]) - 1
            if slots[slot] >> 32 == hash, equals(code, string) { return code }
            slot = (slot + 1) & mask
        }
        let code = UInt32(count)
        slots[slot] = UInt64(hash) << 32 | UInt64(code + 1)
        bytes.append(contentsOf: string)
        offsets.append(UInt32(bytes.count))
        return code
    }

    private func equals(_ code: UInt32, _ string: UnsafeRawBufferPointer) -> Bool {
        let start = Int(offsets[Int(code)])
        guard Int(offsets[Int(code) + 1]) - start == string.count else { return false }
        return bytes.withUnsafeBytes { bytes in
            guard let known = bytes.baseAddress, let wanted = string.baseAddress else { return true }
            // Most identifiers are this long: two words that overlap, without a call.
            if 8...16 ~= string.count {
                let last = string.count - 8
                return (known + start).loadUnaligned(as: UInt64.self) == wanted.loadUnaligned(as: UInt64.self)
                    && (known + start + last).loadUnaligned(as: UInt64.self)
                        == (wanted + last).loadUnaligned(as: UInt64.self)
            }
            return memcmp(known + start, wanted, string.count) == 0
        }
    }

    /// Whether the one comes before the other in the order of their bytes.
    public func precedes(_ left: UInt32, _ right: UInt32) -> Bool {
        let leftRange = Int(offsets[Int(left)])..<Int(offsets[Int(left) + 1])
        let rightRange = Int(offsets[Int(right)])..<Int(offsets[Int(right) + 1])
        return bytes.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return false }
            let order = memcmp(
                base + leftRange.lowerBound, base + rightRange.lowerBound, min(leftRange.count, rightRange.count))
            return order < 0 || order == 0 && leftRange.count < rightRange.count
        }
    }

    private mutating func grow() {
        let old = slots
        slots = [UInt64](repeating: 0, count: max(64, slots.count * 2))
        let mask = slots.count - 1
        for entry in old where entry != 0 {
            var slot = Int(entry >> 32) & mask
            while slots[slot] != 0 { slot = (slot + 1) & mask }
            slots[slot] = entry
        }
    }

    /// Eight bytes a step, multiply and fold (the mixing step of wyhash, https://github.com/wangyi-fudan/wyhash).
    private static func hash(_ string: UnsafeRawBufferPointer) -> UInt32 {
        var state: UInt64 = 0x9E37_79B9_7F4A_7C15 ^ UInt64(string.count)
        var index = 0
        while index + 8 <= string.count {
            state = mix(state ^ string.loadUnaligned(fromByteOffset: index, as: UInt64.self))
            index += 8
        }
        var tail: UInt64 = 0
        while index < string.count {
            tail = tail << 8 | UInt64(string[index])
            index += 1
        }
        state = mix(state ^ tail)
        return UInt32(truncatingIfNeeded: state ^ (state >> 32))
    }

    private static func mix(_ value: UInt64) -> UInt64 {
        let product = value.multipliedFullWidth(by: 0xA076_1D64_78BD_642F)
        return product.high ^ product.low
    }
}
