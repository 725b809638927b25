import Foundation
import Parquet
import TestSupport
import Testing

/// Files of other engines read by us (`Tests/Fixtures/parquet`), files of ours read by other engines.
struct ForeignFileTests {
    static let fixtures: [String] = {
        let names = try? FileManager.default.contentsOfDirectory(atPath: Repository.fixtures.path)
        return (names ?? []).filter { $0.hasSuffix(".parquet") }.sorted()
    }()

    @Test
    func fixturesAreThere() { #expect(Self.fixtures.count >= 14) }

    @Test(arguments: fixtures)
    func fileOfAnotherEngineReadsAsItsMakerNoted(name: String) throws {
        let reader = try ParquetFileReader(FileSource(path: Repository.fixtures.appendingPathComponent(name).path))
        let expected = name.contains("nested") ? "nested.json" : name.contains("empty") ? "empty.json" : "flat.json"
        let note = try Data(contentsOf: Repository.fixtures.appendingPathComponent(expected))
        let wanted = try JSONDecoder().decode(ExpectedFile.self, from: note)
        let found = try ExpectedFile(reader)
        #expect(Set(found.columns.keys) == Set(wanted.columns.keys))
        for (column, values) in wanted.columns { #expect(found.columns[column] == values, "column \(column)") }
    }

    @Test(arguments: fixtures)
    func mappedAndReadFilesAreTheSame(name: String) throws {
        let path = Repository.fixtures.appendingPathComponent(name).path
        let read = try ExpectedFile(ParquetFileReader(FileSource(path: path)))
        let mapped = try ExpectedFile(ParquetFileReader(MappedFileSource(path: path)))
        #expect(read == mapped)
    }

    @Test(
        .enabled(if: ForeignReaders.areInstalled, "needs pyarrow, duckdb, polars and deltalake: scripts/setup --python")
    )
    func otherEnginesReadOurFiles() throws {
        let folder = try TemporaryDirectory()
        for (index, options) in RoundTripTests.optionSets.enumerated() {
            var random = SeededRandomNumberGenerator(seed: 7)
            let flat = SampleColumns.flat(rowCount: 2000, using: &random)
            try ForeignReaders.check(SampleColumns.flatSchema(), flat, options, "flat-\(index)", folder)
            let nested = try SampleColumns.nested()
            try ForeignReaders.check(nested.schema, nested.columns, options, "nested-\(index)", folder)
        }
    }

    @Test(
        .enabled(if: ForeignReaders.areInstalled, "needs pyarrow, duckdb, polars and deltalake: scripts/setup --python")
    )
    func freshFilesOfOtherEnginesReadLikeTheFixtures() throws {
        let folder = try TemporaryDirectory()
        try ForeignReaders.run(["write", folder.path])
        for name in Self.fixtures {
            let fresh = try ExpectedFile(ParquetFileReader(MappedFileSource(path: folder.path(name))))
            let stored = try ExpectedFile(
                ParquetFileReader(MappedFileSource(path: Repository.fixtures.appendingPathComponent(name).path)))
            #expect(fresh == stored, "\(name)")
        }
    }
}

/// Places of this checkout.
enum Repository {
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    static let fixtures = root.appendingPathComponent("Tests/Fixtures/parquet")
}

/// pyarrow, DuckDB, Polars and delta-rs, through `scripts/check-parquet.py`.
enum ForeignReaders {
    private static let python =
        ProcessInfo.processInfo.environment["SEGUE_PYTHON"]
        ?? Repository.root.appendingPathComponent(".venv/bin/python").path

    static let areInstalled: Bool = {
        guard FileManager.default.isExecutableFile(atPath: python) else { return false }
        return (try? run(["readers"])) != nil
    }()

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// Runs the script and throws what it says when it fails.
    static func run(_ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: python)
        process.arguments = [Repository.root.appendingPathComponent("scripts/check-parquet.py").path] + arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let text = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure(description: "check-parquet.py \(arguments): \(String(decoding: text, as: UTF8.self))")
        }
    }

    /// Writes the columns to a file and has it compared by all four.
    static func check(
        _ schema: ParquetSchema, _ columns: [LeafColumn], _ options: WriterOptions, _ name: String,
        _ folder: TemporaryDirectory
    ) throws {
        let file = try write(schema, columns, options)
        let path = try folder.write("\(name).parquet", file)
        let note = try JSONEncoder().encode(ExpectedFile(ParquetFileReader(MemorySource(file))))
        try run(["read", path, try folder.write("\(name).json", Array(note))])
    }
}
