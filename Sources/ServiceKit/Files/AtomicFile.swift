import Glibc

/// Files that are there whole or not at all.
public enum AtomicFile {
    /// Writes `bytes` aside, fsyncs, renames over `path` and fsyncs the folder: after it returns the content survives a
    /// power cut, and a reader sees either the old or the new file at any moment.
    ///
    /// - Throws: what the system refused, with the path. The old file is untouched then, and nothing is left aside.
    public static func write(_ bytes: UnsafeRawBufferPointer, to path: String, permissions: UInt32 = 0o644) throws {
        let aside = "\(path).\(getpid()).\(UInt32.random(in: .min ... .max)).tmp"
        do {
            try writeAndSync(bytes, to: aside, permissions: permissions)
            guard rename(aside, path) == 0 else {
                throw ServiceKitError.system("cannot rename \(aside) to \(path)", errorNumber: errno)
            }
        } catch {
            // The first failure is the one to tell; a file that was never made cannot be removed either.
            _ = unlink(aside)
            throw error
        }
        try syncFolder(ofFile: path)
    }

    /// Writes an array; see `write(_:to:permissions:)` on raw buffers.
    public static func write(_ bytes: [UInt8], to path: String, permissions: UInt32 = 0o644) throws {
        try bytes.withUnsafeBytes { try write($0, to: path, permissions: permissions) }
    }

    /// Writes UTF-8 text; see `write(_:to:permissions:)` on raw buffers.
    public static func write(text: String, to path: String, permissions: UInt32 = 0o644) throws {
        try write(Array(text.utf8), to: path, permissions: permissions)
    }

    /// Makes a rename or a new name inside `folder` durable.
    public static func syncFolder(_ folder: String) throws {
        try withDescriptor(of: folder, flags: O_RDONLY | O_DIRECTORY | O_CLOEXEC) { descriptor in
            guard fsync(descriptor) == 0 else {
                throw ServiceKitError.system("cannot fsync folder \(folder)", errorNumber: errno)
            }
        }
    }

    /// Makes the name of `path` durable.
    public static func syncFolder(ofFile path: String) throws {
        let folder = path.lastIndex(of: "/").map { String(path[..<$0]) }
        try syncFolder(folder.map { $0.isEmpty ? "/" : $0 } ?? ".")
    }

    /// Reads a whole file.
    ///
    /// - Parameter limit: most bytes to accept; a longer file is refused before it is read.
    public static func read(_ path: String, limit: Int = 1 << 30) throws -> [UInt8] {
        try withDescriptor(of: path, flags: O_RDONLY | O_CLOEXEC) { descriptor in
            var bytes: [UInt8] = []
            var chunk = [UInt8](repeating: 0, count: 1 << 16)
            while true {
                let count = Glibc.read(descriptor, &chunk, chunk.count)
                if count < 0 {
                    guard errno == EINTR else {
                        throw ServiceKitError.system("cannot read \(path)", errorNumber: errno)
                    }
                    continue
                }
                if count == 0 { return bytes }
                bytes += chunk[..<count]
                guard bytes.count <= limit else {
                    throw ServiceKitError.invalid("\(path) is larger than the \(limit) bytes that are accepted")
                }
            }
        }
    }

    private static func writeAndSync(_ bytes: UnsafeRawBufferPointer, to path: String, permissions: UInt32) throws {
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC
        try withDescriptor(of: path, flags: flags, permissions: permissions) { descriptor in
            var rest = bytes
            while let base = rest.baseAddress, !rest.isEmpty {
                let count = Glibc.write(descriptor, base, rest.count)
                if count < 0 {
                    guard errno == EINTR else {
                        throw ServiceKitError.system("cannot write \(path)", errorNumber: errno)
                    }
                } else {
                    rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
                }
            }
            guard fsync(descriptor) == 0 else {
                throw ServiceKitError.system("cannot fsync \(path)", errorNumber: errno)
            }
        }
    }

    private static func withDescriptor<Result>(
        of path: String, flags: Int32, permissions: UInt32 = 0, _ body: (Int32) throws -> Result
    ) throws -> Result {
        let descriptor = open(path, flags, permissions)
        guard descriptor >= 0 else { throw ServiceKitError.system("cannot open \(path)", errorNumber: errno) }
        let result: Result
        do {
            result = try body(descriptor)
        } catch {
            // The body's failure is the one to tell.
            _ = close(descriptor)
            throw error
        }
        guard close(descriptor) == 0 else {
            throw ServiceKitError.system("cannot close \(path)", errorNumber: errno)
        }
        return result
    }
}
