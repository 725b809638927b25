public import ObjectStore
public import Parquet
import ServiceKit

/// An object of a store as a Parquet reader sees it.
public struct ParquetObjectSource: ParquetSource {
    /// The object's key, for errors.
    public let name: String
    private let reader: any ObjectReader

    /// Opens the object.
    /// - Throws: `ObjectStoreError` `.notFound` when there is none.
    public init(store: any ObjectStore, key: String) throws {
        reader = try store.openReader(key)
        name = "\(store.location)/\(key)"
    }

    /// Size when it was opened.
    public var byteCount: Int { Int(reader.byteCount) }

    /// Reads the range into memory of its own.
    public func withBytes<Result>(in range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result) throws
        -> Result
    {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: range.count, alignment: 64)
        defer { buffer.deallocate() }
        try reader.read(at: Int64(range.lowerBound), into: buffer)
        return try body(UnsafeRawBufferPointer(buffer))
    }
}

/// A Parquet writer's bytes on their way into an object, checksummed as they pass.
public final class ParquetObjectSink: ParquetSink {
    private let writer: any ObjectWriter
    private var crc = CRC32C()

    /// Begins the object.
    public init(store: any ObjectStore, key: String) throws { writer = try store.makeWriter(key) }

    /// Takes the next bytes of the file.
    public func write(_ bytes: UnsafeRawBufferPointer) throws {
        crc.update(bytes)
        try writer.write(bytes)
    }

    /// Makes the object appear, durable.
    public func finish() throws -> ObjectInfo { try writer.finish() }

    /// Drops what was written.
    public func cancel() { writer.cancel() }

    /// CRC-32C of everything written, eight lower-case hex digits.
    public var checksum: String { CRC32CText.hexadecimal(crc.value) }
}
