import Foundation
import SQLite
import ServiceKit
import Synchronization

/// What all users of one log file in this process share: the signal that something in it changed, so that consumers wake
/// up at once and need not look at the file all the time. Other processes' changes are looked for.
final class SQLiteLogFile: Sendable {
    let path: String
    private let changes = Monitor<UInt64>(0)

    private static let known = Mutex<[String: Weak]>([:])

    private struct Weak: Sendable {
        weak let file: SQLiteLogFile?
    }

    private init(path: String) { self.path = path }

    /// The one of that path.
    static func shared(_ path: String) -> SQLiteLogFile {
        let path = URL(fileURLWithPath: path).standardizedFileURL.resolvingSymlinksInPath().path
        return known.withLock { known in
            known = known.filter { $0.value.file != nil }
            if let file = known[path]?.file { return file }
            let file = SQLiteLogFile(path: path)
            known[path] = Weak(file: file)
            return file
        }
    }

    /// Changes so far.
    var changeCount: UInt64 { changes.withLock { $0 } }

    /// Wakes those who wait: events were appended, or members came or went.
    func signal() { changes.withLock { $0 += 1 } }

    /// Sleeps until there were more than `seen` changes, at most `timeout`.
    func wait(beyond seen: UInt64, upTo timeout: Duration) {
        _ = changes.wait(upTo: timeout) { $0 != seen ? true : nil }
    }

    /// A connection of its own. `synchronous` is `full` where what was accepted must survive a power cut.
    func open(synchronous: DatabaseOptions.SynchronousLevel) throws -> Database {
        try StorageError.fromSQLite {
            let database = try Database(path: path, options: DatabaseOptions(synchronous: synchronous))
            try database.migrate(SQLiteEventLogSchema.component, SQLiteEventLogSchema.migrations)
            return database
        }
    }
}
