/// CRC-32C: the Castagnoli polynomial 0x1EDC6F41, reflected (RFC 3720 §B.4), as iSCSI, ext4, Kafka and Snappy frames use it.
///
/// Software slicing by eight bytes (Kounavis and Berry, "Novel Table Lookup-Based Algorithms for High-Performance CRC
/// Generation", IEEE Trans. Comput. 57(11), 2008, https://doi.org/10.1109/TC.2008.85): a table a byte position, eight
/// independent look-ups a step.
struct CRC32C: Sendable {
    private var state: UInt32 = 0xffff_ffff

    /// The checksum of nothing so far.
    init() {}

    /// Checksum of everything given to `update`.
    var value: UInt32 { ~state }

    /// Checksum of one buffer.
    static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        var checksum = CRC32C()
        checksum.update(bytes)
        return checksum.value
    }

    /// Checksum of one array.
    static func checksum(_ bytes: [UInt8]) -> UInt32 { bytes.withUnsafeBytes { checksum($0) } }

    /// Goes on with more bytes.
    ///
    /// - Complexity: O(bytes), about a byte a cycle.
    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        guard let base = bytes.baseAddress else { return }
        state = Self.tables.withUnsafeBufferPointer { tables in
            var crc = state
            var offset = 0
            while offset + 8 <= bytes.count {
                let word = UInt64(littleEndian: base.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
                crc = Self.step(UInt64(crc) ^ word, tables)
                offset += 8
            }
            while offset < bytes.count {
                let byte = base.load(fromByteOffset: offset, as: UInt8.self)
                crc = tables[Int((crc ^ UInt32(byte)) & 0xff)] ^ (crc >> 8)
                offset += 1
            }
            return crc
        }
    }

    /// Goes on with more bytes.
    mutating func update(_ bytes: [UInt8]) { bytes.withUnsafeBytes { update($0) } }

    @inline(__always)
    private static func step(_ word: UInt64, _ tables: UnsafeBufferPointer<UInt32>) -> UInt32 {
        @inline(__always) func look(_ table: Int, _ shift: UInt64) -> UInt32 {
            tables[table &* 256 &+ Int(truncatingIfNeeded: (word &>> shift) & 0xff)]
        }
        let low = look(7, 0) ^ look(6, 8) ^ look(5, 16) ^ look(4, 24)
        return low ^ look(3, 32) ^ look(2, 40) ^ look(1, 48) ^ look(0, 56)
    }

    /// Eight tables of 256, one after the other.
    private static let tables: [UInt32] = {
        var tables = [UInt32](repeating: 0, count: 8 * 256)
        for byte in 0..<256 {
            var crc = UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? (crc >> 1) ^ 0x82f6_3b78 : crc >> 1 }
            tables[byte] = crc
        }
        for index in 256..<tables.count {
            let previous = tables[index - 256]
            tables[index] = tables[Int(previous & 0xff)] ^ (previous >> 8)
        }
        return tables
    }()
}
