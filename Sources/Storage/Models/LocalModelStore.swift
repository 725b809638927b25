public import Domain
import Foundation
import Glibc
import ServiceKit

/// Models in a folder of this machine.
///
/// ```
/// models/
///   20260102T030405Z-a1b2c3/        a version: there whole or not at all, never changed
///     items.ivf  manifest.json
///   .aside-20260103T030405Z-…/      being written (its writer holds a lock on it), or left by a killed run
///   .training/                      what runs under way keep between two starts: checkpoints
///   .rejected/<version>/            reports of runs that were not published
///   .lock                           held while folders are made aside or cleared away
/// ```
public struct LocalModelStore: ModelStore {
    /// The folder of all versions.
    public let root: String
    private let writeFile: @Sendable ([UInt8], String) throws -> Void

    /// Opens the folder, made when it is not there, and clears away what killed runs left.
    public init(root: String) throws {
        try self.init(root: root) { bytes, path in try ModelFileFacts.write(bytes, to: path) }
    }

    /// `writeFile` stands in for the disk in tests of disks that fail.
    package init(root: String, writeFile: @escaping @Sendable ([UInt8], String) throws -> Void) throws {
        self.root = root
        self.writeFile = writeFile
        do {
            try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
        } catch {
            throw StorageError(.invalid, "cannot make the model folder \(root): \(error.localizedDescription)")
        }
        try clearLeftovers()
    }

    // MARK: - Publishing

    /// Writes a version into a folder aside, makes it durable and renames it; see `ModelStore`.
    ///
    /// - Throws: `StorageError`: `.invalid` for a version that is there or a name that is none, `.full` on a full disk;
    ///   what `write` throws is handed on. Nothing is left then.
    public func publish(_ manifest: ModelManifest, write: (String) throws -> Void) throws -> ModelManifest {
        let target = try folder(of: manifest.version)
        guard !exists(target) else {
            throw StorageError(
                .invalid, "model version \(manifest.version) is already in \(root); versions never change")
        }
        let aside = try AsideFolder(root: root, version: manifest.version)
        do {
            try write(aside.path)
            var manifest = manifest
            manifest.files = try names(in: aside.path).map { try ModelFileFacts.syncAndDescribe($0, in: aside.path) }
            try StorageError.translating("write \(aside.path)/\(Self.manifestName)") {
                try writeFile(try ModelManifestFile.encode(manifest), "\(aside.path)/\(Self.manifestName)")
                try AtomicFile.syncFolder(aside.path)
            }
            try rename(aside.path, to: target)
            return manifest
        } catch {
            aside.discard()
            throw error
        }
    }

    /// `.training` beside the versions.
    public var workFolder: String { root + "/.training" }

    /// `.rejected` beside the versions.
    public var rejectedFolder: String { root + "/.rejected" }

    static let manifestName = "manifest.json"

    private func rename(_ aside: String, to target: String) throws {
        guard Glibc.rename(aside, target) == 0 else {
            let code = errno
            guard code != ENOTEMPTY && code != EEXIST else {
                throw StorageError(
                    .invalid, "\(target) is already there: another run published it; versions never change")
            }
            throw StorageError.system("rename \(aside) to \(target)", errno: code)
        }
        try StorageError.translating("sync \(root)") { try AtomicFile.syncFolder(root) }
    }

    // MARK: - Reading

    /// The manifest of a version; `.notFound` or `.corrupt` otherwise.
    public func manifest(version: String) throws -> ModelManifest {
        let path = try folder(of: version) + "/" + Self.manifestName
        guard exists(path) else { throw notFound(version) }
        let bytes = try StorageError.translating("read \(path)") { try AtomicFile.read(path, limit: 1 << 26) }
        do {
            let manifest = try ModelManifestFile.decode(bytes)
            guard manifest.version == version else {
                throw StorageError(.corrupt, "\(path) describes version \(manifest.version), not \(version)")
            }
            return manifest
        } catch let error as DecodingError {
            throw StorageError(.corrupt, "\(path) is damaged: \(error); publish the model again or roll back")
        }
    }

    /// Path of a file that the manifest of the version lists.
    public func path(version: String, file: String) throws -> String {
        guard try manifest(version: version).files.contains(where: { $0.name == file }) else {
            throw StorageError(.notFound, "model version \(version) in \(root) has no file \(file)")
        }
        return try folder(of: version) + "/" + file
    }

    /// Versions whose manifest is readable and whose files have their sizes, newest first.
    public func versions() throws -> [String] {
        let names = try StorageError.translating("list \(root)") {
            try FileManager.default.contentsOfDirectory(atPath: root)
        }
        return names.filter { Self.isVersion($0) && isWhole($0) }.sorted(by: >)
    }

    /// Whether the manifest is readable and every file of it has its size.
    private func isWhole(_ version: String) -> Bool {
        // Whoever asks for this version by name is told what is wrong with it.
        guard let manifest = try? manifest(version: version) else { return false }
        return manifest.files.allSatisfy { file in
            var facts = stat()
            return stat("\(root)/\(version)/\(file.name)", &facts) == 0 && Int64(facts.st_size) == file.byteCount
        }
    }

    /// Reads every file and compares size and checksum; `.corrupt` names the first that differs.
    public func verify(version: String) throws {
        let folder = try folder(of: version)
        for file in try manifest(version: version).files {
            let found = try ModelFileFacts.describe(file.name, in: folder)
            guard found.byteCount == file.byteCount else {
                throw StorageError(
                    .corrupt,
                    "\(folder)/\(file.name) has \(found.byteCount) bytes, its manifest says \(file.byteCount); roll back or train again"
                )
            }
            guard found.crc32c == file.crc32c else {
                throw StorageError(
                    .corrupt,
                    "\(folder)/\(file.name) is damaged: its checksum is \(found.crc32c), not \(file.crc32c); roll back or train again"
                )
            }
        }
    }

    // MARK: - Removing

    /// Removes a version at once; one that is not there is no error. A reader that has mapped its index keeps it.
    public func remove(version: String) throws {
        let folder = try folder(of: version)
        guard exists(folder) else { return }
        // Renamed first, so that a removal cut short leaves no half version behind, only something to clear away.
        try AsideFolder.withLock(root: root) {
            let aside = AsideFolder.newPath(root: root, version: version)
            try rename(folder, to: aside)
            try StorageError.translating("remove \(aside)") { try FileManager.default.removeItem(atPath: aside) }
        }
    }

    private func clearLeftovers() throws { try AsideFolder.clearLeftovers(root: root) }

    // MARK: - Names

    private static func isVersion(_ name: String) -> Bool {
        (1...128).contains(name.utf8.count) && !name.hasPrefix(".")
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }

    private func folder(of version: String) throws -> String {
        guard Self.isVersion(version) else {
            throw StorageError(.invalid, "'\(version)' is no model version: letters, digits, '.', '-' and '_' only")
        }
        return "\(root)/\(version)"
    }

    private func notFound(_ version: String) -> StorageError {
        StorageError(.notFound, "there is no model version \(version) in \(root); 'segue models' lists what is there")
    }

    private func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// Names of what was written; a folder among them is refused because its files would not be in the manifest.
    private func names(in folder: String) throws -> [String] {
        let names = try StorageError.translating("list \(folder)") {
            try FileManager.default.contentsOfDirectory(atPath: folder)
        }
        guard !names.isEmpty else { throw StorageError(.invalid, "a model needs at least one file; none was written") }
        guard !names.contains(Self.manifestName) else {
            throw StorageError(.invalid, "\(Self.manifestName) is written by the store, not by its caller")
        }
        return names.sorted()
    }
}
