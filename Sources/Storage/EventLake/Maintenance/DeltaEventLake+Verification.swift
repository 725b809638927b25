import DeltaTable
import Domain
import ObjectStore
public import ServiceKit

/// How thoroughly a lake is verified.
public enum LakeVerificationDepth: Sendable {
    /// Log, sizes, footers, row counts.
    case quick
    /// Besides, every byte against its checksum and every value of every column.
    case thorough
}

/// What a verification found.
public struct LakeVerificationReport: Sendable, Equatable {
    /// Something that is not as it should be.
    public struct Problem: Sendable, Equatable {
        /// Key of the file it was found in.
        public var key: String
        /// What is wrong.
        public var what: String
    }

    /// Version that was verified, nil while there is no lake.
    public var version: Int64?
    /// Commits read.
    public var commitCount = 0
    /// Data files read.
    public var fileCount = 0
    /// Rows in them.
    public var rowCount: Int64 = 0
    /// Bytes in them.
    public var byteCount: Int64 = 0
    /// Data files that no commit names any more, or yet; vacuum removes them in time.
    public var unreferencedFileCount = 0
    /// What is wrong, by file; empty for a sound lake.
    public var problems: [Problem] = []

    /// Nothing verified.
    public init() {}
}

extension DeltaEventLake {
    /// Reads the lake again and names what is damaged: commits and checkpoints, missing or changed files, row counts,
    /// schema, values outside their day.
    ///
    /// - Parameters:
    ///   - stop: ends the work between two files.
    ///   - progress: called after each file with how many are done and how many there are.
    /// - Throws: only when the store cannot be asked; damage is in the report.
    public func verify(
        _ depth: LakeVerificationDepth = .thorough, stop: StopSignal = StopSignal(),
        progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) throws -> LakeVerificationReport {
        try explaining {
            var report = LakeVerificationReport()
            try verifyLog(&report)
            let snapshot: DeltaSnapshot?
            do {
                snapshot = try table.snapshot()
                if let snapshot { try EventSchema.check(snapshot.metadata, location: store.location) }
            } catch let error as DeltaError {
                report.problems.append(.init(key: "_delta_log", what: error.reason))
                return report
            }
            guard let snapshot else { return report }
            report.version = snapshot.version
            let files = snapshot.files.values.sorted { $0.path < $1.path }
            for (index, file) in files.enumerated() {
                guard !stop.isStopped else { break }
                try verify(file, depth, &report)
                progress(index + 1, files.count)
            }
            let named = Set(try files.map { try $0.objectKey })
            try store.list(prefix: "", after: nil) { info in
                let isData = info.key.hasSuffix(".parquet") && !info.key.hasPrefix("_")
                if isData, !named.contains(info.key) { report.unreferencedFileCount += 1 }
                return true
            }
            return report
        }
    }

    /// Every retained commit and checkpoint, by itself.
    private func verifyLog(_ report: inout LakeVerificationReport) throws {
        let log = try table.verifyLog()
        report.commitCount = log.commitCount
        report.problems += log.problems.map { .init(key: $0.key, what: $0.what) }
    }

    private func verify(
        _ file: AddFile, _ depth: LakeVerificationDepth, _ report: inout LakeVerificationReport
    ) throws {
        var key = file.path
        func problem(_ what: String) { report.problems.append(.init(key: key, what: what)) }
        do {
            key = try file.objectKey
            let day = try EventPartition.day(of: file)
            let info = try store.info(key)
            report.fileCount += 1
            report.byteCount += info.byteCount
            if info.byteCount != file.byteCount {
                problem("it has \(info.byteCount) bytes, the log says \(file.byteCount)")
            }
            if depth == .thorough, let expected = file.checksum, let actual = try checksum(of: key), actual != expected
            {
                problem("its checksum is \(actual), the log says \(expected)")
            }
            let reader = try EventFileReader(store: store, file: file)
            report.rowCount += Int64(reader.rowCount)
            if let expected = file.rowCount, expected != Int64(reader.rowCount) {
                problem("it has \(reader.rowCount) rows, the log says \(expected)")
            }
            if let missing = reader.missingColumns.first { problem("it has no column \(missing.rawValue)") }
            if depth == .thorough { try verifyRows(reader, day, problem) }
        } catch let error as ObjectStoreError where error.code == .notFound {
            problem("it is not there")
        } catch let error as ObjectStoreError where error.isRetriable {
            throw error
        } catch {
            problem("\(error)")
        }
    }

    private func verifyRows(_ reader: EventFileReader, _ day: EventDay, _ problem: (String) -> Void) throws {
        for rowGroup in 0..<reader.rowGroupCount {
            let columns = try reader.read(rowGroup: rowGroup, columns: Set(EventColumn.allCases))
            let foreign = columns.timestamps.filter { EventDay(epochMilliseconds: $0) != day }
            if let first = foreign.first {
                problem(
                    "row group \(rowGroup) has \(foreign.count) rows of another day than \(day), such as one of "
                        + "\(EventDay(epochMilliseconds: first))")
            }
        }
    }

    /// CRC-32C of an object, read piece by piece.
    private func checksum(of key: String) throws -> String? {
        let reader = try store.openReader(key)
        var crc = CRC32C()
        let piece = 1 << 20
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: piece, alignment: 16)
        defer { buffer.deallocate() }
        var offset: Int64 = 0
        while offset < reader.byteCount {
            let count = Int(min(Int64(piece), reader.byteCount - offset))
            let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<count])
            try reader.read(at: offset, into: part)
            crc.update(UnsafeRawBufferPointer(part))
            offset += Int64(count)
        }
        return CRC32CText.hexadecimal(crc.value)
    }
}

extension AddFile {
    /// The checksum the writer left, if it is one of ours.
    fileprivate var checksum: String? { extra["tags"]?.objectValue?[EventSchema.checksumTag]?.stringValue }
}
