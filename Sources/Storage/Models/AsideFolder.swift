import Foundation
import Glibc
import ServiceKit

/// A folder in which a version is written before it gets its name.
///
/// Its writer holds a lock on it for as long as it lives, so that others can tell a folder at work from what a killed run
/// left: the system gives up a dead process's locks.
final class AsideFolder {
    let path: String
    private let descriptor: Int32

    private static let prefix = ".aside-"

    static func newPath(root: String, version: String) -> String {
        "\(root)/\(prefix)\(version)-\(getpid())-\(UInt32.random(in: .min ... .max))"
    }

    /// Makes and locks a folder.
    init(root: String, version: String) throws {
        path = Self.newPath(root: root, version: version)
        let path = self.path
        // Under the store's lock, so that nobody clears the folder away between its making and its locking.
        descriptor = try Self.withLock(root: root) {
            guard mkdir(path, 0o755) == 0 else { throw StorageError.system("make \(path)", errno: errno) }
            return try Self.openLocked(path, flags: O_RDONLY | O_DIRECTORY, wait: true)
        }
    }

    deinit {
        // Nothing was written through it: it holds the lock only.
        _ = close(descriptor)
    }

    /// Removes the folder after a failure; what cannot be removed is cleared away by the next start.
    func discard() {
        do {
            try FileManager.default.removeItem(atPath: path)
        } catch {
            Logger(label: "models").warning(
                "could not remove what a failed publish wrote; the next start tries again",
                ["path": path, "error": "\(error)"])
        }
    }

    /// Removes folders aside that nobody holds.
    static func clearLeftovers(root: String) throws {
        try withLock(root: root) {
            let names = try StorageError.translating("list \(root)") {
                try FileManager.default.contentsOfDirectory(atPath: root)
            }
            for name in names where name.hasPrefix(prefix) {
                let path = "\(root)/\(name)"
                guard let descriptor = try openUnlessHeld(path) else { continue }
                defer { _ = close(descriptor) }
                try StorageError.translating("remove \(path)") { try FileManager.default.removeItem(atPath: path) }
            }
        }
    }

    /// Runs `body` while no other process or thread makes or clears folders of this store.
    static func withLock<Result>(root: String, _ body: () throws -> Result) throws -> Result {
        let descriptor = try openLocked("\(root)/.lock", flags: O_RDWR | O_CREAT, wait: true)
        defer { _ = close(descriptor) }
        return try body()
    }

    /// Nil when a living writer holds the folder, or its writer gave it its name meanwhile.
    private static func openUnlessHeld(_ path: String) throws -> Int32? {
        do {
            return try openLocked(path, flags: O_RDONLY | O_DIRECTORY, wait: false)
        } catch let error as StorageError where error.code == .unavailable || error.code == .notFound {
            return nil
        }
    }

    private static func openLocked(_ path: String, flags: Int32, wait: Bool) throws -> Int32 {
        let descriptor = open(path, flags | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw StorageError.system("open \(path)", errno: errno) }
        while flock(descriptor, wait ? LOCK_EX : LOCK_EX | LOCK_NB) != 0 {
            let code = errno
            if code == EINTR { continue }
            _ = close(descriptor)
            throw code == EWOULDBLOCK
                ? StorageError(.unavailable, "\(path) is held by another process")
                : StorageError.system("lock \(path)", errno: code)
        }
        return descriptor
    }
}
