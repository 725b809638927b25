/// Bytes that can be read at any place: a file, memory, an object of a store. What `ParquetFileReader` reads from.
///
/// May be called from many threads at once.
public protocol ParquetSource: Sendable {
    /// What errors call it: a path or a key.
    var name: String { get }

    /// Size of the whole file.
    var byteCount: Int { get }

    /// Calls `body` with the bytes of `range`, which lies within `0..<byteCount`.
    ///
    /// The buffer is valid inside the closure only.
    /// - Throws: when the bytes cannot be had, and what `body` throws.
    func withBytes<Result>(in range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result) throws -> Result
}

/// Where `ParquetFileWriter` puts its bytes, in order.
public protocol ParquetSink: AnyObject {
    /// Takes the next bytes of the file; they are valid during the call only.
    func write(_ bytes: UnsafeRawBufferPointer) throws
}

/// A file in memory.
public struct MemorySource: ParquetSource {
    /// What errors call it.
    public let name: String
    private let bytes: [UInt8]

    /// The bytes as a file.
    public init(_ bytes: [UInt8], name: String = "memory") {
        self.bytes = bytes
        self.name = name
    }

    /// Size of the file.
    public var byteCount: Int { bytes.count }

    /// The bytes in place.
    public func withBytes<Result>(in range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result) throws
        -> Result
    {
        try bytes.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[range])) }
    }
}

/// Collects a file in memory.
public final class MemorySink: ParquetSink {
    /// The bytes so far.
    public private(set) var bytes: [UInt8] = []

    /// An empty file.
    public init() {}

    /// Appends.
    public func write(_ bytes: UnsafeRawBufferPointer) { self.bytes.append(contentsOf: bytes) }
}
