import Foundation
import SQLite

/// A folder for database files, removed after `body`.
@discardableResult
func withTemporaryFolder<R>(_ body: (String) throws -> R) throws -> R {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("sqlite-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder.path)
}

/// A database in a folder of its own, closed and removed after `body`.
@discardableResult
func withTemporaryDatabase<R>(
    _ options: DatabaseOptions = DatabaseOptions(synchronous: .off), _ body: (Database) throws -> R
) throws -> R {
    try withTemporaryFolder { folder in
        let database = try Database(path: folder + "/test.db", options: options)
        defer { database.close() }
        return try body(database)
    }
}
