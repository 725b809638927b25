import SQLite
import Testing

@Suite struct StatementTests {
    @Test(arguments: ["", "plain", "Sigur Rós – Ágætis byrjun", "日本語 🎧", "nul\0inside", "a'b\"c;--"])
    func textComesBackAsItWent(_ text: String) throws {
        try withTemporaryDatabase { database throws in
            try database.withConnection { connection in
                let back = try connection.first("SELECT ?1, typeof(?1)", [.text(text)]) {
                    ($0.optionalString(at: 0), $0.string(at: 1))
                }
                #expect(back?.0 == text && back?.1 == "text")
            }
        }
    }

    @Test(arguments: [0, 1, 255, 100_000]) func blobComesBackAsItWent(_ byteCount: Int) throws {
        let bytes = (0..<byteCount).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        try withTemporaryDatabase { database throws in
            try database.withConnection { connection in
                let back = try connection.first("SELECT ?1, typeof(?1)", [.blob(bytes)]) {
                    ($0.bytes(at: 0), $0.string(at: 1), $0.withColumnBytes(at: 0) { $0.count })
                }
                #expect(back?.0 == bytes && back?.1 == "blob" && back?.2 == byteCount)
                try connection.withStatement("SELECT ?1, typeof(?1)") { statement in
                    try bytes.withUnsafeBytes { try statement.bind($0, at: 1) }
                    #expect(try statement.step())
                    #expect(statement.bytes(at: 0) == bytes && statement.string(at: 1) == "blob")
                }
            }
        }
    }

    @Test func numbersAndNullsComeBackAsTheyWent() throws {
        try withTemporaryDatabase { database throws in
            try database.withConnection { connection in
                try connection.withStatement("SELECT ?1, ?2, ?3, ?4, ?5") { statement in
                    try statement.bind(Int64.min, at: 1)
                    try statement.bind(Int64.max, at: 2)
                    try statement.bind(-0.1, at: 3)
                    try statement.bind(nil as String?, at: 4)
                    #expect(try statement.step())
                    #expect(statement.int64(at: 0) == .min && statement.int64(at: 1) == .max)
                    #expect(statement.double(at: 2) == -0.1)
                    #expect(statement.optionalString(at: 3) == nil && statement.optionalInt64(at: 4) == nil)
                    #expect(statement.isNull(at: 3) && statement.bytes(at: 4) == [])
                    let hasMore = try statement.step()
                    #expect(!hasMore)
                }
            }
        }
    }

    @Test func bindingsDoNotOutliveTheClosure() throws {
        try withTemporaryDatabase { database throws in
            try database.withConnection { connection in
                try connection.withStatement("SELECT ?1") { try $0.bind(7, at: 1) }
                try connection.withStatement("SELECT ?1") { statement in
                    let hasRow = try statement.step()
                    #expect(hasRow && statement.isNull(at: 0))
                }
            }
        }
    }

    @Test func closureThatThrowsWhileSteppingLeavesTheStatementUsable() throws {
        try withTemporaryDatabase { database throws in
            try database.execute("CREATE TABLE t (n INTEGER); INSERT INTO t VALUES (1), (2)")
            #expect(throws: CancellationError.self) {
                try database.withConnection { try $0.query("SELECT n FROM t") { _ in throw CancellationError() } }
            }
            #expect(try count(database) == 2)
            // An unfinished read would hold the lock this needs.
            try database.execute("DROP TABLE t")
        }
    }

    @Test func constraintIsNamedAndTheStatementWorksAgain() throws {
        try withTemporaryDatabase { database throws in
            try database.execute("CREATE TABLE t (n INTEGER PRIMARY KEY)")
            try database.withConnection { connection in
                try connection.withStatement("INSERT INTO t VALUES (?1)") { statement in
                    try statement.bind(1, at: 1)
                    #expect(try statement.run() == 1)
                    let error = try #require(throws: SQLiteError.self) { try statement.run() }
                    #expect(error.isConstraint && error.reason.contains("UNIQUE"))
                    try statement.bind(2, at: 1)
                    #expect(try statement.run() == 1)
                }
            }
            #expect(try numbers(database) == [1, 2])
        }
    }

    @Test(arguments: ["SELEC 1", "SELECT 1; SELECT 2", "", "-- nothing"])
    func anythingButOneStatementIsRefused(_ sql: String) throws {
        try withTemporaryDatabase { database throws in
            #expect(throws: SQLiteError.self) { try database.withConnection { try $0.run(sql) } }
        }
    }

    @Test func statementsBeyondTheCacheStillWork() throws {
        var options = DatabaseOptions(synchronous: .off)
        options.statementCacheCapacity = 2
        try withTemporaryDatabase(options) { database in
            try database.withConnection { connection in
                for n in 0..<20 {
                    let back = try connection.first("SELECT \(n)") { $0.int64(at: 0) }
                    #expect(back == Int64(n))
                }
            }
        }
    }

    @Test func migrationsRunOnceAndNewerFilesAreRefused() throws {
        try withTemporaryDatabase { database throws in
            let first = SchemaMigration(version: 1, script: "CREATE TABLE t (n INTEGER); INSERT INTO t VALUES (1)")
            let second = SchemaMigration(version: 2, script: "INSERT INTO t VALUES (2)")
            #expect(try database.migrate("a", [first]) == 0)
            #expect(try database.migrate("a", [first, second]) == 1)
            #expect(try database.migrate("a", [first, second]) == 2)
            #expect(try numbers(database) == [1, 2])
            let error = try #require(throws: SQLiteError.self) { try database.migrate("a", [first]) }
            #expect(error.reason.contains("update the program"))
            #expect(try database.schemaVersion("b") == nil)
            #expect(throws: SQLiteError.self) {
                try database.migrate("b", [SchemaMigration(version: 1, script: "CREATE TABLE u (n); NONSENSE")])
            }
            #expect(try database.schemaVersion("b") == nil)
            #expect(throws: SQLiteError.self) { try database.execute("SELECT * FROM u") }
        }
    }
}
