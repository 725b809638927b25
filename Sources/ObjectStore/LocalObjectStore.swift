import Glibc
import ServiceKit

/// Objects as files under a folder.
///
/// A write goes to a hidden file beside its goal, is fsynced, and then renamed (`put`) or hard-linked (`putIfAbsent`: the
/// kernel refuses a name that is taken, so of many writers in many processes one wins) to its name; then the folder is
/// fsynced. Whoever reads sees the whole object or none.
///
/// ```
/// root/_delta_log/.~<16 random hex>-00…07.json   unfinished; skipped by `list`, removed by `removeAbandonedWrites`
/// root/_delta_log/00000000000000000007.json
/// ```
public struct LocalObjectStore: ObjectStore {
    /// The folder, absolute or relative to the working directory, without a slash at its end.
    public let root: String

    /// Objects under `root`, which is made on the first write.
    public init(root: String) {
        var path = Substring(root)
        while path.count > 1, path.hasSuffix("/") { path = path.dropLast() }
        self.root = path.isEmpty ? "." : String(path)
    }

    /// `file:` and the folder.
    public var location: String { "file:\(root)" }

    /// The bytes of an object.
    public func get(_ key: String) throws -> [UInt8] {
        let file = try openFile(key)
        return try file.read(0..<file.byteCount)
    }

    /// Part of an object's bytes.
    public func get(_ key: String, range: Range<Int64>) throws -> [UInt8] {
        let file = try openFile(key)
        guard range.lowerBound >= 0, range.upperBound <= file.byteCount else {
            throw ObjectStoreError.rangeLeavesObject(range, key: key, byteCount: file.byteCount)
        }
        return try file.read(range)
    }

    /// Size and identity of an object.
    public func info(_ key: String) throws -> ObjectInfo {
        let path = try self.path(key)
        var status = stat()
        guard stat(path, &status) == 0 else {
            let number = errno
            if number == ENOENT || number == ENOTDIR { throw ObjectStoreError.notFound(key, in: location) }
            throw ObjectStoreError.system("cannot look at \(path)", number)
        }
        guard status.isRegularFile else { throw ObjectStoreError.notFound(key, in: location) }
        return Self.info(key, status)
    }

    /// Writes or replaces an object.
    public func put(_ key: String, _ bytes: UnsafeRawBufferPointer) throws {
        let writer = try LocalObjectWriter(store: self, key: key)
        do {
            try writer.write(bytes)
            _ = try writer.finish()
        } catch {
            writer.cancel()
            throw error
        }
    }

    /// Writes an object unless one of that name exists.
    public func putIfAbsent(_ key: String, _ bytes: UnsafeRawBufferPointer) throws -> Bool {
        let goal = try path(key)
        if access(goal, F_OK) == 0 { return false }
        let writer = try LocalObjectWriter(store: self, key: key)
        do {
            try writer.write(bytes)
            return try writer.finishIfAbsent()
        } catch {
            writer.cancel()
            throw error
        }
    }

    /// Removes an object.
    public func delete(_ key: String) throws {
        let path = try self.path(key)
        guard unlink(path) != 0 else { return }
        let number = errno
        guard number == ENOENT || number == ENOTDIR else {
            throw ObjectStoreError.system("cannot remove \(path)", number)
        }
    }

    /// Begins an object that appears when its writer finishes.
    public func makeWriter(_ key: String) throws -> any ObjectWriter { try LocalObjectWriter(store: self, key: key) }

    /// Opens an object for random access; the reader keeps its file even when the name is removed or replaced.
    public func openReader(_ key: String) throws -> any ObjectReader { try openFile(key) }

    /// Makes the folder when it is missing and writes and removes a probe in it.
    public func checkWritable() throws {
        let probe = ".segue-write-probe-\(UInt64.random(in: 0...UInt64.max))"
        try put(probe, [UInt8]("probe".utf8))
        try delete(probe)
    }

    // MARK: - Paths

    /// The file of a key.
    func path(_ key: String) throws -> String {
        try ObjectKey.check(key)
        return "\(root)/\(key)"
    }

    static func info(_ key: String, _ status: stat) -> ObjectInfo {
        let modified = status.st_mtim
        return ObjectInfo(
            key: key, byteCount: Int64(status.st_size),
            modifiedAt: Int64(modified.tv_sec) * 1000 + Int64(modified.tv_nsec) / 1_000_000,
            etag: "\(status.st_ino)-\(modified.tv_sec).\(modified.tv_nsec)-\(status.st_size)")
    }

    private func openFile(_ key: String) throws -> LocalObjectReader {
        do {
            return try LocalObjectReader(path: try path(key))
        } catch let error as ObjectStoreError where error.code == .notFound {
            throw ObjectStoreError.notFound(key, in: location)
        }
    }

    /// Makes the folder `path` and those above it, fsyncing each folder that gains a name, so that a file in it
    /// survives a power cut.
    static func makeFolder(_ path: String) throws {
        var number = mkdir(path, 0o777) == 0 ? 0 : errno
        if number == ENOENT, parent(of: path) != path {
            try makeFolder(parent(of: path))
            number = mkdir(path, 0o777) == 0 ? 0 : errno
        }
        switch number {
        case 0:
            try synchronizeFolder(parent(of: path))
        case EEXIST:
            var status = stat()
            guard stat(path, &status) == 0, status.isFolder else {
                throw ObjectStoreError(.invalid, "\(path) must be a folder, but a file of that name is in the way")
            }
        default:
            throw ObjectStoreError.system("cannot make folder \(path)", number)
        }
    }

    static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// Makes the names in a folder durable.
    static func synchronizeFolder(_ path: String) throws {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw ObjectStoreError.system("cannot open folder \(path)", errno) }
        defer { close(descriptor) }
        // Some network file systems have no fsync of folders and say EINVAL; there is nothing more we could do there.
        guard fsync(descriptor) == 0 || errno == EINVAL else {
            throw ObjectStoreError.system("cannot make the names in \(path) durable", errno)
        }
    }
}

extension stat {
    var isFolder: Bool { st_mode & S_IFMT == S_IFDIR }
    var isRegularFile: Bool { st_mode & S_IFMT == S_IFREG }
}

extension ObjectStoreError {
    /// What an `errno` of a file means to a person.
    package static func system(_ action: String, _ number: Int32, file: String = #fileID, line: Int = #line) -> Self {
        let text = SystemErrorText.text(of: number)
        switch number {
        case ENOENT, ENOTDIR:
            return Self(.notFound, "\(action): \(text)", file: file, line: line)
        case ENOSPC, EDQUOT:
            return Self(
                .full, "\(action): \(text); free room on this disk, writing goes on then", file: file, line: line)
        case EACCES, EPERM:
            return Self(
                .denied, "\(action): \(text); let the user this runs as (uid \(getuid())) write there", file: file,
                line: line)
        case EROFS:
            return Self(
                .denied, "\(action): \(text); mount it writable or choose another folder", file: file, line: line)
        case ENAMETOOLONG, EINVAL, ELOOP, EISDIR:
            return Self(.invalid, "\(action): \(text)", file: file, line: line)
        case EMFILE, ENFILE:
            return Self(.unavailable, "\(action): \(text); raise `ulimit -n`", file: file, line: line)
        default:
            return Self(.unavailable, "\(action): \(text)", file: file, line: line)
        }
    }
}
