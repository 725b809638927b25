import CZlib
import Glibc

/// Bytes of a file from the first to the last, unpacked when the file is gzip, in bounded memory.
///
/// Whether it is gzip is seen from its first two bytes and not from its name. Several gzip members in a row, as `cat a.gz
/// b.gz` makes them, are one stream (RFC 1952 §2.2). Used by one thread at a time.
public final class ByteSource {
    private static let chunkByteCount = 1 << 16
    private let path: String
    private let descriptor: Int32
    private var packed = [UInt8](repeating: 0, count: ByteSource.chunkByteCount)
    private var packedRange = 0..<0
    private var inflater: Inflater?
    /// Bytes of the file read so far, packed: what a progress bar compares with `fileByteCount`.
    public private(set) var readByteCount: Int64 = 0
    /// Size of the file.
    public let fileByteCount: Int64

    /// Opens a file.
    ///
    /// - Throws: when it is not there, no file, or cannot be read.
    public init(path: String) throws {
        self.path = path
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw ServiceKitError.system("cannot open \(path)", errorNumber: errno) }
        var status = stat()
        let isKnown = fstat(descriptor, &status) == 0
        fileByteCount = isKnown ? Int64(status.st_size) : 0
        guard isKnown, status.st_mode & S_IFMT != S_IFDIR else {
            throw ServiceKitError.system("cannot read \(path)", errorNumber: isKnown ? EISDIR : errno)
        }
        try fill()
        if packedRange.count >= 2, packed[0] == 0x1f, packed[1] == 0x8b { inflater = try Inflater(path: path) }
    }

    deinit {
        // Nothing was written, so there is nothing a failing close could lose.
        _ = close(descriptor)
    }

    /// Reads the next bytes into `buffer`.
    ///
    /// - Returns: how many; 0 only at the end.
    /// - Throws: when the file cannot be read, or its gzip data is damaged or cut off.
    public func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        guard let inflater else { return try readPlain(into: buffer) }
        while true {
            if packedRange.isEmpty { try fill() }
            let isAtEnd = packedRange.isEmpty
            let (consumed, produced) = try packed.withUnsafeBytes { packed in
                try inflater.inflate(UnsafeRawBufferPointer(rebasing: packed[packedRange]), into: buffer)
            }
            packedRange = packedRange.lowerBound + consumed..<packedRange.upperBound
            if produced > 0 { return produced }
            if isAtEnd {
                guard inflater.isBetweenMembers else {
                    throw ServiceKitError.invalid("\(path): the gzip data is cut off; the file is not whole")
                }
                return 0
            }
        }
    }

    private func readPlain(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        if packedRange.isEmpty { try fill() }
        let count = min(packedRange.count, buffer.count)
        packed.withUnsafeBytes { packed in
            buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: packed[packedRange.prefix(count)]))
        }
        packedRange = packedRange.dropFirst(count)
        return count
    }

    private func fill() throws {
        while true {
            let count = Glibc.read(descriptor, &packed, packed.count)
            if count >= 0 {
                packedRange = 0..<count
                readByteCount += Int64(count)
                return
            }
            guard errno == EINTR else { throw ServiceKitError.system("cannot read \(path)", errorNumber: errno) }
        }
    }
}

/// zlib's stream, which must not move in memory while it is in use.
private final class Inflater {
    private let stream: UnsafeMutablePointer<z_stream>
    private let path: String
    /// Whether everything up to here is whole gzip members.
    private(set) var isBetweenMembers = false

    init(path: String) throws {
        self.path = path
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        guard segue_inflate_init(stream) == Z_OK else {
            stream.deallocate()
            throw ServiceKitError.system("cannot unpack \(path)", errorNumber: ENOMEM)
        }
    }

    deinit {
        // Fails only for a stream that was never initialised.
        _ = inflateEnd(stream)
        stream.deallocate()
    }

    /// Unpacks some of `input`.
    ///
    /// - Returns: bytes taken and bytes made; none made means that more input is needed.
    func inflate(
        _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws -> (consumed: Int, produced: Int) {
        guard let start = input.baseAddress, !input.isEmpty else { return (0, 0) }
        if isBetweenMembers { try startNextMember() }
        stream.pointee.next_in = UnsafeMutablePointer(mutating: start.assumingMemoryBound(to: UInt8.self))
        stream.pointee.avail_in = UInt32(input.count)
        stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_out = UInt32(clamping: output.count)
        let given = Int(stream.pointee.avail_out)
        let status = CZlib.inflate(stream, Z_NO_FLUSH)
        switch status {
        case Z_OK, Z_BUF_ERROR: isBetweenMembers = false
        case Z_STREAM_END: isBetweenMembers = true
        default:
            let reason = stream.pointee.msg.map { String(cString: $0) } ?? "zlib status \(status)"
            throw ServiceKitError.invalid("\(path): the gzip data is damaged (\(reason))")
        }
        return (input.count - Int(stream.pointee.avail_in), given - Int(stream.pointee.avail_out))
    }

    private func startNextMember() throws {
        guard inflateReset(stream) == Z_OK else {
            throw ServiceKitError.invalid("\(path): the gzip data cannot be read on")
        }
        isBetweenMembers = false
    }
}
