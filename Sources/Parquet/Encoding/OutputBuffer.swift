import CParquetKernels

/// Growing bytes outside Swift's arrays: encoders write into them without initialising or bounds-checking first.
///
/// Every reservation leaves the kernels' slack (`PQ_SLACK`) behind it.
final class OutputBuffer {
    private(set) var base: UnsafeMutableRawPointer
    private(set) var count = 0
    private var capacity: Int

    init(capacity: Int = 4096) {
        self.capacity = capacity
        base = .allocate(byteCount: capacity, alignment: 64)
    }

    deinit { base.deallocate() }

    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

    func removeAll() { count = 0 }

    /// Forgets what was appended behind `count`.
    func truncate(to count: Int) {
        precondition(count <= self.count, "truncating to more than there is")
        self.count = count
    }

    /// Makes room for `additional` bytes and the kernels' slack.
    func reserve(_ additional: Int) {
        let needed = count + additional + Int(PQ_SLACK)
        guard needed > capacity else { return }
        let larger = max(needed, capacity * 2)
        let moved = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 64)
        moved.copyMemory(from: base, byteCount: count)
        base.deallocate()
        base = moved
        capacity = larger
    }

    /// Hands `body` the place of the next bytes, with room for `bound` and slack; it tells how many it wrote.
    func append(upTo bound: Int, _ body: (UnsafeMutableRawPointer) throws -> Int) rethrows {
        reserve(bound)
        let written = try body(base + count)
        precondition(written <= bound, "an encoder wrote past its bound")
        count += written
    }

    func append(_ bytes: UnsafeRawBufferPointer) {
        guard let address = bytes.baseAddress else { return }
        reserve(bytes.count)
        (base + count).copyMemory(from: address, byteCount: bytes.count)
        count += bytes.count
    }

    func append(_ bytes: [UInt8]) { bytes.withUnsafeBytes { append($0) } }

    func append(byte: UInt8) {
        reserve(1)
        base.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
        count += 1
    }

    func append(littleEndian value: UInt32) {
        reserve(4)
        base.storeBytes(of: value.littleEndian, toByteOffset: count, as: UInt32.self)
        count += 4
    }

    /// Overwrites four bytes that were appended before.
    func replace(at offset: Int, littleEndian value: UInt32) {
        precondition(offset + 4 <= count, "replacing bytes that are not there")
        base.storeBytes(of: value.littleEndian, toByteOffset: offset, as: UInt32.self)
    }

    func append(varint value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            append(byte: UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        append(byte: UInt8(rest))
    }

    func append(zigzag value: Int64) { append(varint: UInt64(bitPattern: (value << 1) ^ (value >> 63))) }
}
