/// Numbers byte strings in order of first use: an open-addressing table over a column of distinct values.
struct ByteArrayInterner {
    /// The distinct values.
    private(set) var values: ByteArrayColumn
    /// Code + 1 by hash slot, 0 when free. A power of two, at most half full.
    private var slots: [UInt32]
    private var hashes: [UInt32]

    /// Begins with values that have their codes already; of equal ones the first is found.
    init(_ values: ByteArrayColumn = ByteArrayColumn()) {
        self.values = values
        hashes = []
        slots = []
        values.bytes.withUnsafeBytes { bytes in
            hashes = (0..<values.count).map { Self.hash(UnsafeRawBufferPointer(rebasing: bytes[values.range(of: $0)])) }
        }
        rebuild(slotCount: Self.slotCount(for: values.count))
    }

    /// Appends the code of each string, making new ones for those that were not met.
    mutating func intern(_ column: ByteArrayColumn, into codes: inout [UInt32]) {
        column.bytes.withUnsafeBytes { bytes in
            for index in 0..<column.count {
                codes.append(code(of: UnsafeRawBufferPointer(rebasing: bytes[column.range(of: index)])))
            }
        }
    }

    /// The code of a string, a new one when it was not met.
    mutating func code(of string: UnsafeRawBufferPointer) -> UInt32 {
        let hash = Self.hash(string)
        let mask = slots.count - 1
        var slot = Int(hash) & mask
        while slots[slot] != 0 {
            let code = slots[slot] - 1
            if hashes[Int(code)] == hash, isEqual(Int(code), string) { return code }
            slot = (slot + 1) & mask
        }
        let code = UInt32(values.count)
        values.append(string)
        hashes.append(hash)
        slots[slot] = code + 1
        if values.count * 2 > slots.count { rebuild(slotCount: slots.count * 2) }
        return code
    }

    private func isEqual(_ code: Int, _ string: UnsafeRawBufferPointer) -> Bool {
        let range = values.range(of: code)
        guard range.count == string.count else { return false }
        return values.bytes.withUnsafeBytes { UnsafeRawBufferPointer(rebasing: $0[range]).elementsEqual(string) }
    }

    private mutating func rebuild(slotCount: Int) {
        slots = [UInt32](repeating: 0, count: slotCount)
        let mask = slotCount - 1
        for (code, hash) in hashes.enumerated() {
            var slot = Int(hash) & mask
            while slots[slot] != 0 { slot = (slot + 1) & mask }
            slots[slot] = UInt32(code) + 1
        }
    }

    private static func slotCount(for count: Int) -> Int {
        var slotCount = 64
        while slotCount < count * 2 + 2 { slotCount *= 2 }
        return slotCount
    }

    /// Eight bytes a step, multiply and fold (the mixing step of wyhash, https://github.com/wangyi-fudan/wyhash).
    static func hash(_ string: UnsafeRawBufferPointer) -> UInt32 {
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
