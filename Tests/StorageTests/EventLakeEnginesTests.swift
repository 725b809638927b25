import DeltaTable
import Domain
import Foundation
import ObjectStore
import Storage
import TestSupport
import Testing

/// The lake between engines: what Segue writes, delta-rs, Polars, pyarrow and DuckDB read, and the other way round.
///
/// Needs Python with `deltalake`, `polars`, `pyarrow` and `duckdb` (scripts/setup makes `.venv` with them); without them the
/// suite is skipped and says so.
@Suite(
    .serialized, .enabled(if: PythonEngines.areAvailable, "Python with deltalake, polars, pyarrow, duckdb is missing"))
struct EventLakeEnginesTests {
    private func makeLake(_ path: String, checkpointInterval: Int64 = 4) -> DeltaEventLake {
        var options = DeltaEventLake.Options()
        options.table.checkpointInterval = checkpointInterval
        return DeltaEventLake(store: LocalObjectStore(root: path), options: options)
    }

    /// Commits `count` batches of 50 events over two days.
    private func fill(_ lake: DeltaEventLake, _ count: Int, from start: Int = 0) throws {
        for number in start / 50..<start / 50 + count {
            let events = (number * 50..<number * 50 + 50).map {
                EventLakeSuite.event($0, day: $0 % 3 == 0 ? EventLakeSuite.monday : EventLakeSuite.tuesday)
            }
            _ = try lake.append(
                EventLakeSuite.batches(events), topic: "music_log", from: [0: Int64(number) * 50],
                to: [0: Int64(number) * 50 + 50]
            ) {}
        }
    }

    /// A row as all sides spell it.
    private func line(_ event: ListeningEvent) -> String {
        [
            event.userID, event.trackID, "\(event.timestamp)", event.action.wireName, "\(event.duration)",
            "\(event.totalDuration)", event.source.wireName, event.day.description,
        ].joined(separator: "|")
    }

    private func expectEnginesRead(_ path: String, _ expected: [ListeningEvent]) throws {
        let lines = expected.map(line).sorted()
        for engine in ["pyarrow", "polars", "duckdb"] {
            let output = try PythonEngines.run(PythonEngines.readScript, [engine, path])
            #expect(output.split(separator: "\n").map(String.init) == lines, "\(engine)")
        }
    }

    @Test func enginesReadWhatSegueWrites() throws {
        try withTemporaryDirectory { (folder: TemporaryDirectory) throws in
            let lake = makeLake(folder.path)
            try fill(lake, 7)
            try expectEnginesRead(folder.path, try EventLakeSuite.events(lake))
            // From the checkpoint alone, too.
            let store = LocalObjectStore(root: folder.path)
            for info in try store.list(prefix: "_delta_log/0") where info.key < "_delta_log/00000000000000000004" {
                try store.delete(info.key)
            }
            #expect(try store.list(prefix: "_delta_log/0").first?.key.hasSuffix(".checkpoint.parquet") == true)
            try expectEnginesRead(folder.path, try EventLakeSuite.events(makeLake(folder.path)))
        }
    }

    @Test func enginesReadOnAfterCompactionAndVacuum() throws {
        try withTemporaryDirectory { (folder: TemporaryDirectory) throws in
            let lake = makeLake(folder.path)
            try fill(lake, 6)
            let before = try EventLakeSuite.events(lake)
            #expect(try lake.compact().days.count == 2)
            var options = LakeVacuumOptions()
            options.retention = .zero
            options.allowsShortRetention = true
            // The files' times have the resolution of the file system's clock.
            #expect(eventually { (try? lake.vacuum(options).files.count) ?? 0 > 0 })
            #expect(try lake.files().count == 2)
            try expectEnginesRead(folder.path, before)
            try fill(lake, 1, from: 300)
            try expectEnginesRead(folder.path, try EventLakeSuite.events(lake))
        }
    }

    @Test func enginesSkipFilesByOurStatistics() throws {
        try withTemporaryDirectory { (folder: TemporaryDirectory) throws in
            try fill(makeLake(folder.path), 3)
            let output = try PythonEngines.run(PythonEngines.statisticsScript, [folder.path])
            #expect(output == "[50, 50, 50]\n0 149\n")
        }
    }

    @Test func segueReadsAndContinuesWhatDeltaRsWrites() throws {
        try withTemporaryDirectory { (folder: TemporaryDirectory) throws in
            let output = try PythonEngines.run(PythonEngines.writeScript, [folder.path])
            let expected = output.split(separator: "\n").map(String.init)
            #expect(expected.count == 400)
            for lake in [makeLake(folder.path), makeLake(folder.path)] {
                let all = EventDay(daysSinceEpoch: 0)...EventDay(daysSinceEpoch: 40_000)
                #expect(try EventLakeSuite.events(lake, all).map(line).sorted() == expected)
            }
            let lake = makeLake(folder.path)
            let all = EventDay(daysSinceEpoch: 0)...EventDay(daysSinceEpoch: 40_000)
            #expect(try lake.days().reduce(0) { $0 + $1.rowCount } == 400)
            try fill(lake, 5)
            try expectEnginesRead(folder.path, try EventLakeSuite.events(lake, all))
            #expect(try EventLakeSuite.events(makeLake(folder.path), all).count == 650)
        }
    }
}

/// Runs Python scripts with the table engines.
enum PythonEngines {
    private static let python = ServerProcess.executable(named: "python")

    static let areAvailable: Bool = {
        guard python != nil else { return false }
        return (try? run("import sys, deltalake, polars, pyarrow, duckdb", [])) != nil
    }()

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// Runs a script and returns what it printed.
    static func run(_ script: String, _ arguments: [String]) throws -> String {
        guard let python else { throw Failure(description: "there is no Python") }
        let process = Process()
        let output = Pipe()
        process.executableURL = python
        // The engines' native libraries now and then crash while the interpreter tears them down; all is printed by then.
        process.arguments = ["-c", script + "\nimport os\nsys.stdout.flush()\nos._exit(0)\n"] + arguments
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure(description: "status \(process.terminationStatus): \(text.suffix(2000))")
        }
        return text
    }

    /// Prints all rows of a table, sorted, as one engine sees them.
    static let readScript = """
        import sys, deltalake
        engine, path = sys.argv[1:]
        table = deltalake.DeltaTable(path)
        names = ["user_id", "track_id", "timestamp", "action", "duration", "total_duration", "source", "date"]
        if engine == "pyarrow":
            rows = table.to_pyarrow_table().to_pylist()
        elif engine == "polars":
            import polars
            rows = polars.read_delta(path).to_dicts()
        else:
            import duckdb
            files = table.file_uris()
            relation = duckdb.execute("select * from read_parquet($1, hive_partitioning = true)", [files])
            columns = [column[0] for column in relation.description]
            rows = [dict(zip(columns, row)) for row in relation.fetchall()]
        for row in sorted(("|".join(str(row[name]) for name in names) for row in rows), key=lambda text: text.encode()):
            print(row)
        """

    /// Prints what the log's statistics say of rows and durations.
    static let statisticsScript = """
        import sys, deltalake, pyarrow
        actions = pyarrow.table(deltalake.DeltaTable(sys.argv[1]).get_add_actions(flatten=True)).to_pydict()
        # Two files a commit: rows are summed by commit through their order of time.
        rows = sorted(zip(actions["min.duration"], actions["num_records"]))
        sums = {}
        for low, count in rows: sums[low // 50] = sums.get(low // 50, 0) + count
        print([sums[key] for key in sorted(sums)])
        print(min(actions["min.duration"]), max(actions["max.duration"]))
        """

    /// Writes a table of the lake's schema with delta-rs: several commits, codecs and encodings, a checkpoint, old commits
    /// cleaned up; prints its rows.
    static let writeScript = """
        import sys, datetime, random, pyarrow, deltalake
        path = sys.argv[1]
        random.seed(4)
        schema = pyarrow.schema([("user_id", pyarrow.string()), ("track_id", pyarrow.string()), ("timestamp", pyarrow.int64()),
            ("action", pyarrow.string()), ("duration", pyarrow.int32()), ("total_duration", pyarrow.int32()),
            ("source", pyarrow.string()), ("date", pyarrow.date32())])
        lines = []
        for commit, (codec, dictionary) in enumerate([("SNAPPY", True), ("ZSTD", True), ("UNCOMPRESSED", False), ("ZSTD", False)]):
            rows = []
            for index in range(100):
                day = datetime.date(2022, 12, 30) + datetime.timedelta(days=random.randrange(4))
                stamp = int(datetime.datetime(day.year, day.month, day.day, tzinfo=datetime.timezone.utc).timestamp()) * 1000
                rows.append(dict(user_id=f"u {random.randrange(9)}", track_id=f"tréck-{index}", timestamp=stamp + index,
                    action=random.choice(["listen", "skip", "complete"]), duration=random.randrange(10**6),
                    total_duration=2147483647, source=random.choice(["simulation", "real_user"]), date=day))
            properties = deltalake.WriterProperties(compression=codec,
                default_column_properties=deltalake.ColumnProperties(dictionary_enabled=dictionary))
            deltalake.write_deltalake(path, pyarrow.Table.from_pylist(rows, schema), mode="append", partition_by=["date"],
                writer_properties=properties)
            lines += ["|".join(str(row[name]) for name in schema.names) for row in rows]
            if commit == 2: deltalake.DeltaTable(path).create_checkpoint()
        for line in sorted(lines, key=lambda text: text.encode()): print(line)
        """
}
