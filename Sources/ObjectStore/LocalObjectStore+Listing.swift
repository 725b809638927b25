import Glibc
import ServiceKit

extension LocalObjectStore {
    /// Visits objects in byte order of the key. A folder is read when the walk comes to it, so memory holds the names of
    /// one branch only.
    public func list(prefix: String, after: String?, _ body: (ObjectInfo) throws -> Bool) throws {
        // The walk begins in the deepest folder the prefix names whole.
        let folder = prefix.lastIndex(of: "/").map { String(prefix[..<$0]) } ?? ""
        if !folder.isEmpty { try ObjectKey.check(folder) }
        _ = try walk(folder, prefix: prefix, after: after, body)
    }

    /// Removes hidden files that unfinished writers have left.
    public func removeAbandonedWrites(olderThan epochMilliseconds: Int64) throws -> Int {
        try removeAbandonedWrites(in: "", olderThan: epochMilliseconds)
    }

    /// - Returns: false when `body` asked to stop.
    private func walk(_ folder: String, prefix: String, after: String?, _ body: (ObjectInfo) throws -> Bool) throws
        -> Bool
    {
        for entry in try entries(of: folder) where !entry.name.hasPrefix(ObjectKey.unfinishedPrefix) {
            let key = folder.isEmpty ? entry.name : "\(folder)/\(entry.name)"
            if entry.isFolder {
                let inside = key + "/"
                // Everything inside shares `inside`: skip it when it cannot start with the prefix or ends before `after`.
                guard prefix.utf8.starts(with: inside.utf8) || inside.utf8.starts(with: prefix.utf8) else { continue }
                if let after, ObjectOrder.precedes(inside, after), !after.utf8.starts(with: inside.utf8) { continue }
                guard try walk(key, prefix: prefix, after: after, body) else { return false }
            } else {
                guard key.utf8.starts(with: prefix.utf8), after.map({ ObjectOrder.precedes($0, key) }) ?? true else {
                    continue
                }
                guard let info = try infoIfPresent(key) else { continue }
                guard try body(info) else { return false }
            }
        }
        return true
    }

    /// Nil for what vanished since the folder was read.
    private func infoIfPresent(_ key: String) throws -> ObjectInfo? {
        do {
            return try info(key)
        } catch let error as ObjectStoreError where error.code == .notFound || error.code == .invalid {
            return nil
        }
    }

    private func removeAbandonedWrites(in folder: String, olderThan instant: Int64) throws -> Int {
        var removed = 0
        for entry in try entries(of: folder) {
            let path = folder.isEmpty ? entry.name : "\(folder)/\(entry.name)"
            if entry.isFolder {
                removed += try removeAbandonedWrites(in: path, olderThan: instant)
            } else if entry.name.hasPrefix(ObjectKey.unfinishedPrefix) {
                var status = stat()
                guard stat("\(root)/\(path)", &status) == 0, Self.info(path, status).modifiedAt < instant else {
                    continue
                }
                guard unlink("\(root)/\(path)") == 0 || errno == ENOENT else {
                    throw ObjectStoreError.system("cannot remove \(root)/\(path)", errno)
                }
                removed += 1
            }
        }
        return removed
    }

    private struct Entry {
        var name: String
        var isFolder: Bool
        /// What decides the order: inside a folder every key goes on with a slash.
        var sortKey: String { isFolder ? name + "/" : name }
    }

    /// The names of a folder in the order of the keys they begin; none when there is no such folder.
    private func entries(of folder: String) throws -> [Entry] {
        let path = folder.isEmpty ? root : "\(root)/\(folder)"
        guard let stream = opendir(path) else {
            let number = errno
            if number == ENOENT || number == ENOTDIR { return [] }
            throw ObjectStoreError.system("cannot list folder \(path)", number)
        }
        defer { closedir(stream) }
        var entries: [Entry] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                guard errno == 0 else { throw ObjectStoreError.system("cannot list folder \(path)", errno) }
                break
            }
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name == "." || name == ".." { continue }
            let isFolder: Bool
            switch Int(entry.pointee.d_type) {
            case Int(DT_DIR): isFolder = true
            case Int(DT_REG): isFolder = false
            default:
                // A symbolic link, or a file system that does not tell: ask what it leads to.
                var status = stat()
                guard stat("\(path)/\(name)", &status) == 0 else { continue }
                isFolder = status.isFolder
            }
            entries.append(Entry(name: name, isFolder: isFolder))
        }
        return entries.sorted { ObjectOrder.precedes($0.sortKey, $1.sortKey) }
    }
}
