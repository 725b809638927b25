import Glibc
import ServiceKit

/// Writes a hidden file beside its goal and gives it its name at the end.
final class LocalObjectWriter: ObjectWriter {
    /// Bytes collected before they go to the kernel: one call a 256 KiB instead of one a Parquet page.
    private static let bufferByteCount = 256 << 10

    private let key: String
    private let goal: String
    private let folder: String
    private let temporary: String
    private var descriptor: Int32
    private var buffer: [UInt8] = []
    private(set) var byteCount: Int64 = 0

    init(store: LocalObjectStore, key: String) throws {
        self.key = key
        goal = try store.path(key)
        folder = LocalObjectStore.parent(of: goal)
        let mark = String(UInt64.random(in: 0...UInt64.max), radix: 16)
        // The goal's own name would overflow the 255 bytes of a name when it is long already.
        temporary = "\(folder)/\(ObjectKey.unfinishedPrefix)\(mark)"
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC
        descriptor = open(temporary, flags, 0o644)
        if descriptor < 0, errno == ENOENT {
            try LocalObjectStore.makeFolder(folder)
            descriptor = open(temporary, flags, 0o644)
        }
        guard descriptor >= 0 else { throw ObjectStoreError.system("cannot write \(goal)", errno) }
    }

    deinit { cancel() }

    func write(_ bytes: UnsafeRawBufferPointer) throws {
        guard descriptor >= 0 else { throw ObjectStoreError.finishedWriter(key) }
        byteCount += Int64(bytes.count)
        if buffer.count + bytes.count <= Self.bufferByteCount {
            buffer.append(contentsOf: bytes)
            return
        }
        try flush()
        if bytes.count >= Self.bufferByteCount {
            try writeThrough(bytes)
        } else {
            buffer.append(contentsOf: bytes)
        }
    }

    func finish() throws -> ObjectInfo {
        let status = try makeDurable()
        guard rename(temporary, goal) == 0 else {
            throw ObjectStoreError.system("cannot give \(temporary) its name \(goal)", errno)
        }
        closeDescriptor()
        try LocalObjectStore.synchronizeFolder(folder)
        return LocalObjectStore.info(key, status)
    }

    /// Like `finish`, but leaves an object that has the name already.
    /// - Returns: whether the name was free.
    func finishIfAbsent() throws -> Bool {
        _ = try makeDurable()
        let won = try claimName()
        cancel()
        if won { try LocalObjectStore.synchronizeFolder(folder) }
        return won
    }

    func cancel() {
        guard descriptor >= 0 else { return }
        closeDescriptor()
        // Whoever cancels cannot do more about a file that will not go: `removeAbandonedWrites` tries again.
        _ = unlink(temporary)
    }

    /// A hard link fails when the name exists, on every file system that has hard links; a plain rename would replace
    /// another writer's object.
    private func claimName() throws -> Bool {
        if link(temporary, goal) == 0 { return true }
        let number = errno
        switch number {
        case EEXIST:
            return false
        case EPERM, ENOTSUP, ENOSYS, EMLINK:
            throw ObjectStoreError(
                .invalid,
                "the file system of \(folder) has no hard links (\(SystemErrorText.text(of: number))), and without them a "
                    + "commit cannot be made safe from another writer: keep the lake on a local disk or on S3")
        default:
            throw ObjectStoreError.system("cannot give \(temporary) its name \(goal)", number)
        }
    }

    private func makeDurable() throws -> stat {
        guard descriptor >= 0 else { throw ObjectStoreError.finishedWriter(key) }
        try flush()
        guard fsync(descriptor) == 0 else { throw ObjectStoreError.system("cannot make \(goal) durable", errno) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw ObjectStoreError.system("cannot look at \(goal)", errno) }
        return status
    }

    private func flush() throws {
        try buffer.withUnsafeBytes { try writeThrough($0) }
        buffer.removeAll(keepingCapacity: true)
    }

    private func writeThrough(_ bytes: UnsafeRawBufferPointer) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
            if count < 0 {
                if errno == EINTR { continue }
                throw ObjectStoreError.system("cannot write \(goal)", errno)
            }
            rest = rest.dropFirst(count)
        }
    }

    private func closeDescriptor() {
        // The data is fsynced or unwanted by now, so a late complaint of close changes nothing.
        _ = close(descriptor)
        descriptor = -1
    }
}

/// Reads one open file at any offset, from many threads (`pread` has no shared position).
final class LocalObjectReader: ObjectReader {
    let byteCount: Int64
    private let path: String
    private let descriptor: Int32

    init(path: String) throws {
        self.path = path
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw ObjectStoreError.system("cannot open \(path)", errno) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.isRegularFile else {
            close(descriptor)
            throw ObjectStoreError(.notFound, "\(path) is not a file")
        }
        self.descriptor = descriptor
        byteCount = Int64(status.st_size)
    }

    deinit { close(descriptor) }

    func read(at offset: Int64, into buffer: UnsafeMutableRawBufferPointer) throws {
        guard offset >= 0, offset <= byteCount, Int64(buffer.count) <= byteCount - offset else {
            throw ObjectStoreError.rangeLeavesObject(
                offset..<offset + Int64(buffer.count), key: path, byteCount: byteCount)
        }
        var done = 0
        while done < buffer.count {
            let count = pread(
                descriptor, buffer.baseAddress.map { $0 + done }, buffer.count - done, off_t(offset) + off_t(done))
            if count < 0 {
                if errno == EINTR { continue }
                throw ObjectStoreError.system("cannot read \(path)", errno)
            }
            guard count > 0 else { throw ObjectStoreError.becameShorter(path) }
            done += count
        }
    }
}
