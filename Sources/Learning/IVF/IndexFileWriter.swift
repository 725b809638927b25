import Glibc

/// A buffered file being written, that knows its offset and the checksum of what was written since `beginChecksum`.
final class IndexFileWriter {
    private let path: String
    private var descriptor: Int32
    private var buffer: [UInt8] = []
    private var crc = SectionChecksum()
    /// Bytes written so far.
    private(set) var offset = 0

    private static let bufferSize = 1 << 20

    /// Makes a new file; one of that name is emptied.
    init(path: String) throws {
        self.path = path
        descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw LearningError.system("create", path: path, errno: errno) }
        buffer.reserveCapacity(Self.bufferSize)
    }

    deinit {
        // Only reached open when an error is on its way already; closing again would tell nothing new.
        if descriptor >= 0 { _ = close(descriptor) }
    }

    func beginChecksum() { crc = SectionChecksum() }

    var checksum: UInt32 { crc.value }

    func write(_ bytes: UnsafeRawBufferPointer) throws {
        crc.update(bytes)
        offset += bytes.count
        guard bytes.count < Self.bufferSize else {
            try flush()
            return try writeAll(bytes)
        }
        buffer.append(contentsOf: bytes)
        if buffer.count >= Self.bufferSize { try flush() }
    }

    /// Writes numbers as they lie in memory; the format is little-endian, and so is every machine this runs on.
    func write<Number: BitwiseCopyable>(_ numbers: [Number]) throws {
        try numbers.withUnsafeBytes { try write($0) }
    }

    /// Fills up with zeros, which no checksum covers.
    func pad(to end: Int) throws {
        let kept = crc
        try write([UInt8](repeating: 0, count: end - offset))
        crc = kept
    }

    /// Writes bytes that were written before again, in place; neither checksum nor offset see it.
    func overwrite(_ bytes: [UInt8], at start: Int) throws {
        try flush()
        try bytes.withUnsafeBytes { bytes in
            var done = 0
            while done < bytes.count {
                let count = pwrite(
                    descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done, off_t(start + done))
                guard count >= 0 || errno == EINTR else {
                    throw LearningError.system("write", path: path, errno: errno)
                }
                done += max(0, count)
            }
        }
    }

    /// Flushes, fsyncs and closes.
    func finish() throws {
        try flush()
        guard fsync(descriptor) == 0 else { throw LearningError.system("fsync", path: path, errno: errno) }
        let closing = descriptor
        descriptor = -1
        guard close(closing) == 0 else { throw LearningError.system("close", path: path, errno: errno) }
    }

    /// Hands everything to the system, so that other readers of the file see it.
    func flush() throws {
        try buffer.withUnsafeBytes { try writeAll($0) }
        buffer.removeAll(keepingCapacity: true)
    }

    private func writeAll(_ bytes: UnsafeRawBufferPointer) throws {
        var done = 0
        while done < bytes.count {
            let count = Glibc.write(descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done)
            guard count >= 0 || errno == EINTR else { throw LearningError.system("write", path: path, errno: errno) }
            done += max(0, count)
        }
    }
}
