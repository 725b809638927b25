import Domain
import Foundation
import Glibc
import ServiceKit

/// Size and checksum of a file of a model.
enum ModelFileFacts {
    /// Reads the file once.
    static func describe(_ name: String, in folder: String) throws -> ModelFile {
        try withFile("\(folder)/\(name)") { try describe(name, descriptor: $0, path: "\(folder)/\(name)") }
    }

    /// Makes the file's content durable, then reads it once.
    static func syncAndDescribe(_ name: String, in folder: String) throws -> ModelFile {
        let path = "\(folder)/\(name)"
        return try withFile(path) { descriptor in
            guard fsync(descriptor) == 0 else { throw StorageError.system("fsync \(path)", errno: errno) }
            return try describe(name, descriptor: descriptor, path: path)
        }
    }

    /// Writes a file that must not be there yet and makes it durable.
    static func write(_ bytes: [UInt8], to path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw StorageError.system("create \(path)", errno: errno) }
        var status: Int32 = 0
        bytes.withUnsafeBytes { bytes in
            var done = 0
            while done < bytes.count, status == 0 {
                let count = Glibc.write(descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done)
                if count >= 0 { done += count } else if errno != EINTR { status = errno }
            }
        }
        if status == 0, fsync(descriptor) != 0 { status = errno }
        // A network file system may tell of a full disk only now.
        if close(descriptor) != 0, status == 0 { status = errno }
        guard status == 0 else { throw StorageError.system("write \(path)", errno: status) }
    }

    private static func describe(_ name: String, descriptor: Int32, path: String) throws -> ModelFile {
        var checksum = CRC32C()
        var byteCount: Int64 = 0
        var chunk = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = chunk.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
            if count < 0 {
                guard errno == EINTR else { throw StorageError.system("read \(path)", errno: errno) }
                continue
            }
            if count == 0 { break }
            chunk.withUnsafeBytes { checksum.update(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
            byteCount += Int64(count)
        }
        let digits = String(checksum.value, radix: 16)
        return ModelFile(
            name: name, byteCount: byteCount, crc32c: String(repeating: "0", count: 8 - digits.count) + digits)
    }

    private static func withFile<Result>(_ path: String, _ body: (Int32) throws -> Result) throws -> Result {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw StorageError.system("open \(path)", errno: errno) }
        // Only read from: closing cannot lose anything.
        defer { _ = close(descriptor) }
        var facts = stat()
        guard fstat(descriptor, &facts) == 0 else { throw StorageError.system("stat \(path)", errno: errno) }
        guard facts.st_mode & S_IFMT == S_IFREG else {
            throw StorageError(.invalid, "\(path) is not a file; a model holds files only")
        }
        return try body(descriptor)
    }
}

extension StorageError {
    /// A refusal of the file system; `code` is `errno`.
    static func system(_ what: String, errno code: Int32, file: String = #fileID, line: Int = #line) -> StorageError {
        let kind: StorageError.Code =
            switch code {
            case ENOSPC, EDQUOT: .full
            case ENOENT: .notFound
            case EACCES, EPERM, EROFS, ENOTDIR, ELOOP, ENAMETOOLONG: .invalid
            default: .unavailable
            }
        let advice = kind == .full ? "; free some space and try again" : ""
        return StorageError(kind, "cannot \(what): \(SystemErrorText.text(of: code))\(advice)", file: file, line: line)
    }

    /// Runs `body` and gives errors of other modules the shape of this one's.
    static func translating<Result>(_ what: String, _ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let error as StorageError {
            throw error
        } catch let error as ServiceKitError {
            throw StorageError(.unavailable, "cannot \(what): \(error.reason)")
        } catch {
            throw StorageError(.unavailable, "cannot \(what): \(error.localizedDescription)")
        }
    }
}
