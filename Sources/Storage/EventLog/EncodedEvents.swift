import ServiceKit

/// Events of one partition packed one after the other, as the column `log_batches.events` holds them (version 1 of the
/// schema):
///
///     ┌────────────┬─────┬──────────────┬───────┬────────────┬───
///     │ key length │ key │ value length │ value │ key length │ …
///     └────────────┴─────┴──────────────┴───────┴────────────┴───
///
/// Lengths are LEB128: seven bits a byte, the lowest first, the top bit set on all bytes but the last
/// (https://dwarfstd.org/doc/DWARF5.pdf §7.6). The row keeps the CRC-32C of all bytes beside them.
struct EncodedEvents {
    /// A batch is closed when it has grown to this size.
    static let batchByteCount = 256 << 10

    private(set) var bytes: [UInt8] = []
    private(set) var count = 0

    var isFull: Bool { bytes.count >= Self.batchByteCount }

    /// Packs one more event.
    /// - Complexity: O(bytes).
    mutating func append(key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
        append(length: key.count)
        bytes.append(contentsOf: key)
        append(length: value.count)
        bytes.append(contentsOf: value)
        count += 1
    }

    private mutating func append(length: Int) {
        var rest = UInt(length)
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}

/// Where a consumer is in a batch: its bytes, copied, so that no statement stays open while events are handled.
final class EventCursor {
    /// Why the bytes are not events.
    struct Damage: Error {}

    private var bytes: [UInt8] = []
    private var place = 0
    /// Offset of the event at `place`.
    private(set) var offset: Int64 = 0
    private(set) var end: Int64 = 0
    private(set) var timestamp: Int64 = -1

    /// Whether every event of the batch was handed over.
    var isAtEnd: Bool { offset >= end }

    /// Takes a batch over.
    ///
    /// - Throws: `Damage` when the checksum is another.
    func load(_ events: UnsafeRawBufferPointer, begin: Int64, end: Int64, timestamp: Int64, checksum: Int64) throws {
        bytes.removeAll(keepingCapacity: true)
        bytes.append(contentsOf: events)
        (place, offset, self.end, self.timestamp) = (0, begin, end, timestamp)
        guard Int64(CRC32C.checksum(bytes)) == checksum, begin < end else {
            self.end = begin
            throw Damage()
        }
    }

    /// Passes the events before `target`.
    func skip(to target: Int64) throws {
        while offset < target, !isAtEnd { try next { _, _, _ in } }
    }

    /// Hands the next event over; it counts as passed even when `body` throws.
    ///
    /// - Throws: `Damage` when the bytes end early, or what `body` throws.
    /// - Complexity: O(1).
    @inline(__always)
    func next(_ body: (Int64, UnsafeRawBufferPointer, UnsafeRawBufferPointer) throws -> Void) throws {
        try bytes.withUnsafeBytes { bytes in
            let key = try Self.field(in: bytes, at: &place)
            let value = try Self.field(in: bytes, at: &place)
            let current = offset
            offset += 1
            try body(current, key, value)
        }
    }

    @inline(__always)
    private static func field(in bytes: UnsafeRawBufferPointer, at place: inout Int) throws -> UnsafeRawBufferPointer {
        var length = 0
        var shift = 0
        while true {
            guard place < bytes.count, shift < 56 else { throw Damage() }
            let byte = bytes[place]
            place += 1
            length |= Int(byte & 0x7f) << shift
            if byte < 0x80 { break }
            shift += 7
        }
        guard length <= bytes.count - place else { throw Damage() }
        defer { place += length }
        return UnsafeRawBufferPointer(rebasing: bytes[place..<(place + length)])
    }
}
