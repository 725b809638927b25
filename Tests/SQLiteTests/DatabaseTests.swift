import Foundation
import SQLite
import Synchronization
import Testing

@Suite struct DatabaseTests {
    @Test func transactionThatThrowsLeavesNothing() throws {
        try withTemporaryDatabase { database throws in
            try database.execute("CREATE TABLE t (n INTEGER)")
            #expect(throws: CancellationError.self) {
                try database.withTransaction { connection in
                    try connection.run("INSERT INTO t VALUES (1)")
                    throw CancellationError()
                }
            }
            #expect(try count(database) == 0)
            try database.withTransaction { try $0.run("INSERT INTO t VALUES (2)") }
            #expect(try count(database) == 1)
        }
    }

    @Test func nestedTransactionRollsBackAloneAndOuterCommits() throws {
        try withTemporaryDatabase { database throws in
            try database.execute("CREATE TABLE t (n INTEGER)")
            try database.withTransaction { connection in
                try connection.run("INSERT INTO t VALUES (1)")
                #expect(throws: CancellationError.self) {
                    // Through the database, not the connection: the same thread gets the same connection.
                    try database.withTransaction { inner in
                        try inner.run("INSERT INTO t VALUES (2)")
                        throw CancellationError()
                    }
                }
                try database.withTransaction { try $0.run("INSERT INTO t VALUES (3)") }
            }
            #expect(try numbers(database) == [1, 3])
        }
    }

    @Test func sameStatementNestedInItselfIsPreparedTwice() throws {
        try withTemporaryDatabase { database throws in
            try database.execute("CREATE TABLE t (n INTEGER); INSERT INTO t VALUES (1), (2), (3)")
            var pairs: [[Int64]] = []
            try database.withConnection { connection in
                try connection.query("SELECT n FROM t ORDER BY n") { outer in
                    try connection.query("SELECT n FROM t ORDER BY n") { inner in
                        pairs.append([outer.int64(at: 0), inner.int64(at: 0)])
                    }
                }
            }
            #expect(pairs == (1...3).flatMap { left in (1...3).map { [left, $0] } })
        }
    }

    @Test func fullDatabaseSaysFullKeepsOldRowsAndWorksAgain() throws {
        try withTemporaryDatabase { database throws in
            try database.execute("CREATE TABLE t (n INTEGER, bytes BLOB)")
            try database.execute("INSERT INTO t VALUES (1, NULL); PRAGMA max_page_count = 40")
            let error = try #require(
                throws: SQLiteError.self,
                performing: {
                    try database.withTransaction { connection in
                        for n in 0..<100 {
                            try connection.run(
                                "INSERT INTO t VALUES (?1, ?2)",
                                [.integer(Int64(n)), .blob(Array(repeating: 7, count: 4000))])
                        }
                    }
                })
            #expect(error.isFull && !error.isBusy && !error.isCorrupt)
            #expect(error.reason.contains(database.path) && error.reason.contains("free some disk space"))
            #expect(error.sql == "INSERT INTO t VALUES (?1, ?2)")
            #expect(try numbers(database) == [1])
            try database.execute("PRAGMA max_page_count = 4000; INSERT INTO t VALUES (2, NULL)")
            #expect(try numbers(database) == [1, 2])
        }
    }

    @Test func fileThatIsNoDatabaseIsRefused() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/garbage.db"
            try Data(repeating: 0x41, count: 8192).write(to: URL(fileURLWithPath: path))
            let error = try #require(throws: SQLiteError.self) { try Database(path: path) }
            #expect(error.isCorrupt)
            #expect(error.reason.contains(path) && error.reason.contains("restore the file"))
        }
    }

    @Test func damagedPageIsReportedAsCorrupt() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/damaged.db"
            let database = try Database(path: path)
            try database.execute("CREATE TABLE t (n INTEGER, text TEXT)")
            try database.withTransaction { connection in
                for n in 0..<2000 {
                    try connection.run("INSERT INTO t VALUES (?1, ?2)", [.integer(Int64(n)), .text("row \(n)")])
                }
            }
            database.close()
            let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
            try file.seek(toOffset: 4096)
            try file.write(contentsOf: Data(repeating: 0xEE, count: 16384))
            try file.close()
            let reopened = try Database(path: path)
            defer { reopened.close() }
            let error = try #require(throws: SQLiteError.self) { try numbers(reopened) }
            #expect(error.isCorrupt)
        }
    }

    @Test func lockHeldElsewhereIsBusyAfterTheTimeoutAndFreeLater() throws {
        try withTemporaryFolder { folder in
            let options = DatabaseOptions(busyTimeout: .milliseconds(50))
            let first = try Database(path: folder + "/locked.db", options: options)
            let second = try Database(path: folder + "/locked.db", options: options)
            defer {
                second.close()
                first.close()
            }
            try first.execute("CREATE TABLE t (n INTEGER)")
            try first.withTransaction { _ in
                let error = try #require(throws: SQLiteError.self) {
                    try second.withTransaction { try $0.run("INSERT INTO t VALUES (1)") }
                }
                #expect(error.isBusy)
                #expect(try count(second) == 0)
            }
            try second.withTransaction { try $0.run("INSERT INTO t VALUES (1)") }
            #expect(try count(first) == 1)
        }
    }

    @Test func missingFoldersAreMadeOnlyWhenAllowed() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/a/b/new.db"
            var options = DatabaseOptions()
            options.createsIfMissing = false
            #expect(try #require(throws: SQLiteError.self) { try Database(path: path, options: options) }.isCannotOpen)
            try Database(path: path).close()
            #expect(FileManager.default.fileExists(atPath: path))
        }
    }

    @Test func folderThatCannotBeMadeIsNamed() throws {
        try withTemporaryFolder { folder in
            try Data().write(to: URL(fileURLWithPath: folder + "/file"))
            let error = try #require(throws: SQLiteError.self) { try Database(path: folder + "/file/sub/new.db") }
            #expect(error.isCannotOpen && error.reason.contains(folder + "/file/"))
        }
    }

    @Test func readOnlyDatabaseRefusesWrites() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/read.db"
            let writer = try Database(path: path)
            defer { writer.close() }
            try writer.execute("CREATE TABLE t (n INTEGER)")
            let reader = try Database(path: path, options: DatabaseOptions(isReadOnly: true))
            defer { reader.close() }
            #expect(try count(reader) == 0)
            #expect(
                try #require(throws: SQLiteError.self) { try reader.execute("INSERT INTO t VALUES (1)") }.isReadOnly)
        }
    }

    @Test func closedDatabaseThrowsAndClosesTwice() throws {
        try withTemporaryDatabase { database throws in
            database.close()
            database.close()
            let error = try #require(throws: SQLiteError.self) { try database.execute("SELECT 1") }
            #expect(error.reason.contains("closed"))
        }
    }

    @Test func manyThreadsShareOneConnection() throws {
        try withTemporaryDatabase { database throws in
            try database.execute("CREATE TABLE t (n INTEGER)")
            let failures = Atomic<Int>(0)
            DispatchQueue.concurrentPerform(iterations: 8) { thread in
                do {
                    for n in 0..<200 {
                        try database.withTransaction { connection in
                            try connection.run("INSERT INTO t VALUES (?1)", [.integer(Int64(thread * 1000 + n))])
                        }
                    }
                } catch {
                    failures.add(1, ordering: .relaxed)
                }
            }
            #expect(failures.load(ordering: .relaxed) == 0)
            #expect(Set(try numbers(database)).count == 1600)
        }
    }

    @Test func manyOpenersOfANewFileAllSucceed() throws {
        try withTemporaryFolder { folder in
            let failures = Mutex<[String]>([])
            DispatchQueue.concurrentPerform(iterations: 8) { n in
                do {
                    let database = try Database(path: folder + "/race.db")
                    defer { database.close() }
                    try database.migrate(
                        "race", [SchemaMigration(version: 1, script: "CREATE TABLE t (n INTEGER)")])
                    try database.withTransaction { try $0.run("INSERT INTO t VALUES (?1)", [.integer(Int64(n))]) }
                } catch {
                    failures.withLock { $0.append("\(error)") }
                }
            }
            #expect(failures.withLock { $0 } == [])
            let database = try Database(path: folder + "/race.db")
            defer { database.close() }
            #expect(try count(database) == 8)
        }
    }
}

func count(_ database: Database) throws -> Int64? {
    try database.withConnection { try $0.first("SELECT count(*) FROM t") { $0.int64(at: 0) } }
}

func numbers(_ database: Database) throws -> [Int64] {
    var numbers: [Int64] = []
    try database.withConnection { try $0.query("SELECT n FROM t ORDER BY n") { numbers.append($0.int64(at: 0)) } }
    return numbers
}
