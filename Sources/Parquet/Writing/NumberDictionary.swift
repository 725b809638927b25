/// Numbers distinct fixed-width values in order of first use, as long as a dictionary of them pays.
///
/// Values are compared by their bits: of floating-point numbers each NaN and each zero is one of its own, as in the file.
struct NumberDictionary<Bits: FixedWidthInteger & UnsignedInteger & BitwiseCopyable> {
    /// One code a value.
    private(set) var codes: [UInt32] = []
    /// The distinct values.
    private(set) var values: [Bits] = []
    private var slots: [Slot] = []
    private var shift: UInt64 = 0

    private struct Slot: BitwiseCopyable {
        var bits: Bits
        /// Code + 1, 0 when free.
        var mark: UInt32
    }

    /// Builds the dictionary of `input`; nil as soon as it and the codes would come to more than `byteLimit`.
    init?(_ input: UnsafeBufferPointer<Bits>, byteLimit: Int) {
        resize(to: 1 << 10)
        let count = input.count
        var isPaying = true
        codes = [UInt32](unsafeUninitializedCapacity: count) { out, initialized in
            for index in 0..<count {
                out[index] = code(of: input[index])
                initialized = index + 1
                if values.count * 2 > slots.count {
                    isPaying = byteCount(count) <= byteLimit
                    if !isPaying { return }
                    resize(to: slots.count * 4)
                }
            }
        }
        guard isPaying, byteCount(count) <= byteLimit else { return nil }
    }

    /// Bytes of the dictionary so far and of that many codes.
    private func byteCount(_ count: Int) -> Int {
        values.count * MemoryLayout<Bits>.size + CodeEncoder.byteCount(count, dictionaryCount: values.count)
    }

    private mutating func code(of bits: Bits) -> UInt32 {
        let mask = slots.count - 1
        var slot = Self.slot(bits, shift)
        while slots[slot].mark != 0 {
            if slots[slot].bits == bits { return slots[slot].mark - 1 }
            slot = (slot + 1) & mask
        }
        let code = UInt32(values.count)
        values.append(bits)
        slots[slot] = Slot(bits: bits, mark: code + 1)
        return code
    }

    private mutating func resize(to slotCount: Int) {
        shift = UInt64(64 - slotCount.trailingZeroBitCount)
        slots = [Slot](repeating: Slot(bits: 0, mark: 0), count: slotCount)
        let mask = slotCount - 1
        for (code, bits) in values.enumerated() {
            var slot = Self.slot(bits, shift)
            while slots[slot].mark != 0 { slot = (slot + 1) & mask }
            slots[slot] = Slot(bits: bits, mark: UInt32(code) + 1)
        }
    }

    /// Fibonacci hashing: the top bits of a product with 2^64 / golden ratio (Knuth, TAOCP 3, 6.4).
    private static func slot(_ bits: Bits, _ shift: UInt64) -> Int {
        Int(truncatingIfNeeded: (UInt64(truncatingIfNeeded: bits) &* 0x9E37_79B9_7F4A_7C15) >> shift)
    }
}
