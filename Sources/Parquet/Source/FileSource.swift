import Glibc

/// A local file read by `pread`: nothing but the ranges asked for is touched, and a file that is cut short while it is
/// read gives an error (a mapped one would give SIGBUS).
public final class FileSource: ParquetSource {
    /// The path.
    public let name: String
    /// Size when it was opened.
    public let byteCount: Int
    private let descriptor: Int32

    /// Opens the file for reading.
    public init(path: String) throws {
        name = path
        (descriptor, byteCount) = try FileDescriptor.openForReading(path)
    }

    deinit { FileDescriptor.close(descriptor) }

    /// Reads the range into memory of its own.
    public func withBytes<Result>(in range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result) throws
        -> Result
    {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: range.count, alignment: 64)
        defer { buffer.deallocate() }
        var filled = 0
        while filled < range.count {
            let count = pread(
                descriptor, buffer.baseAddress! + filled, range.count - filled, off_t(range.lowerBound + filled))
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw FileDescriptor.error("cannot read", name) }
            guard count > 0 else {
                throw ParquetError.damaged(
                    "\(name): the file ends at byte \(range.lowerBound + filled); it was longer when opened")
            }
            filled += count
        }
        return try body(UnsafeRawBufferPointer(buffer))
    }
}

/// A local file mapped into memory: no copy between the page cache and the decoder.
///
/// For files that nobody cuts short while they are mapped, as those of a lake, which are written once: reading a page
/// that is gone ends the process with SIGBUS. `FileSource` is for all others.
public final class MappedFileSource: ParquetSource {
    /// The path.
    public let name: String
    /// Size when it was opened.
    public let byteCount: Int
    // The mapping is read-only from `init` to `deinit`, so sharing the pointer between threads is safe.
    private nonisolated(unsafe) let mapping: UnsafeRawBufferPointer

    /// Opens and maps the file.
    public init(path: String) throws {
        let (descriptor, count) = try FileDescriptor.openForReading(path)
        defer { FileDescriptor.close(descriptor) }
        name = path
        byteCount = count
        if count == 0 {
            mapping = UnsafeRawBufferPointer(start: nil, count: 0)
            return
        }
        let address = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0)
        guard let address, address != MAP_FAILED else { throw FileDescriptor.error("cannot map", path) }
        mapping = UnsafeRawBufferPointer(start: address, count: count)
    }

    deinit {
        guard let address = mapping.baseAddress else { return }
        let status = munmap(UnsafeMutableRawPointer(mutating: address), mapping.count)
        assert(status == 0, "munmap of our own mapping cannot fail")
    }

    /// The bytes in place.
    public func withBytes<Result>(in range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result) throws
        -> Result
    {
        try body(UnsafeRawBufferPointer(rebasing: mapping[range]))
    }
}

/// Writes a new local file; an existing one is never touched.
public final class FileSink: ParquetSink {
    private let path: String
    private var descriptor: Int32

    /// Creates the file.
    /// - Throws: when it exists already or cannot be made.
    public init(path: String) throws {
        self.path = path
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw FileDescriptor.error("cannot create", path) }
    }

    deinit { if descriptor >= 0 { FileDescriptor.close(descriptor) } }

    /// Appends to the file.
    public func write(_ bytes: UnsafeRawBufferPointer) throws {
        precondition(descriptor >= 0, "write after close")
        var written = 0
        while written < bytes.count {
            let count = Glibc.write(descriptor, bytes.baseAddress! + written, bytes.count - written)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw FileDescriptor.error("cannot write", path) }
            written += count
        }
    }

    /// Brings the bytes to the disk and closes the file.
    public func close() throws {
        guard descriptor >= 0 else { return }
        defer { descriptor = -1 }
        guard fsync(descriptor) == 0 else {
            let error = FileDescriptor.error("cannot sync", path)
            FileDescriptor.close(descriptor)
            throw error
        }
        guard Glibc.close(descriptor) == 0 else { throw FileDescriptor.error("cannot close", path) }
    }
}

/// The system calls that the file types share.
private enum FileDescriptor {
    static func openForReading(_ path: String) throws -> (descriptor: Int32, byteCount: Int) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw error("cannot open", path) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            let failure = error("cannot measure", path)
            close(descriptor)
            throw failure
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw ParquetError.inputOutput("\(path) is not a file")
        }
        return (descriptor, Int(status.st_size))
    }

    /// Closing a descriptor that was only read from, or whose failure was reported already, has nothing left to lose.
    static func close(_ descriptor: Int32) {
        let status = Glibc.close(descriptor)
        assert(status == 0 || errno != EBADF, "closing a descriptor twice")
    }

    static func error(_ action: String, _ path: String) -> ParquetError {
        ParquetError.inputOutput("\(action) \(path): \(String(cString: strerror(errno)))")
    }
}
