import Foundation
import SQLite
import Synchronization
import Testing

@Suite struct DatabasePoolTests {
    @Test func readersSeeWholeTransactionsWhileAWriterWrites() throws {
        try withTemporaryFolder { folder in
            let pool = try DatabasePool(
                path: folder + "/pool.db", options: DatabaseOptions(synchronous: .off), readerCount: 3)
            defer { pool.close() }
            try pool.writer.execute("CREATE TABLE t (n INTEGER)")
            let failures = Mutex<[String]>([])
            let isDone = Atomic<Bool>(false)
            DispatchQueue.concurrentPerform(iterations: 5) { thread in
                do {
                    if thread == 0 {
                        defer { isDone.store(true, ordering: .releasing) }
                        for n in 0..<300 {
                            try pool.write { connection in
                                for _ in 0..<10 {
                                    try connection.run("INSERT INTO t VALUES (?1)", [.integer(Int64(n))])
                                }
                            }
                        }
                        return
                    }
                    while !isDone.load(ordering: .acquiring) {
                        let rows = try pool.read { try $0.first("SELECT count(*) FROM t") { $0.int64(at: 0) } } ?? -1
                        if rows % 10 != 0 { failures.withLock { $0.append("saw \(rows) rows") } }
                    }
                } catch {
                    failures.withLock { $0.append("\(error)") }
                }
            }
            #expect(failures.withLock { $0 } == [])
            #expect(try count(pool.writer) == 3000)
        }
    }

    @Test func snapshotDoesNotMoveWhileTheWriterCommits() throws {
        try withTemporaryFolder { folder in
            let pool = try DatabasePool(path: folder + "/pool.db", readerCount: 1)
            defer { pool.close() }
            try pool.writer.execute("CREATE TABLE t (n INTEGER); INSERT INTO t VALUES (1)")
            try pool.readSnapshot { connection in
                let before = try connection.first("SELECT count(*) FROM t") { $0.int64(at: 0) }
                try pool.write { try $0.run("INSERT INTO t VALUES (2)") }
                let after = try connection.first("SELECT count(*) FROM t") { $0.int64(at: 0) }
                #expect(before == 1 && after == 1)
            }
            #expect(try pool.read { try $0.first("SELECT count(*) FROM t") { $0.int64(at: 0) } } == 2)
        }
    }

    @Test func readersCannotWrite() throws {
        try withTemporaryFolder { folder in
            let pool = try DatabasePool(path: folder + "/pool.db")
            defer { pool.close() }
            #expect(throws: SQLiteError.self) { try pool.read { try $0.execute("CREATE TABLE t (n INTEGER)") } }
        }
    }
}
