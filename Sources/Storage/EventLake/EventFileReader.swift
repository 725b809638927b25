import DeltaTable
import Domain
import ObjectStore
import Parquet

/// Reads one Parquet file of the lake, ours or another engine's: plain or dictionary, 32 or 64 bits.
struct EventFileReader {
    private let file: ParquetFileReader
    private let path: String

    /// Opens the file.
    /// - Throws: `.corrupt` when the table names a file that is not there or is no Parquet file.
    init(store: any ObjectStore, file: AddFile) throws {
        path = file.path
        do {
            self.file = try ParquetFileReader(ParquetObjectSource(store: store, key: try file.objectKey))
        } catch let error as ObjectStoreError where error.code == .notFound {
            throw DeltaError(
                .corrupt,
                "the table in \(store.location) names \(file.path), which is not there: restore it, or ask `segue lake verify` "
                    + "what else is missing")
        }
    }

    /// Rows by the file's footer.
    var rowCount: Int { file.metadata.rowCount }

    /// Columns of the lake that the file does not have.
    var missingColumns: [EventColumn] { EventColumn.allCases.filter { file.schema.leaf($0.rawValue) == nil } }

    /// How many row groups there are.
    var rowGroupCount: Int { file.metadata.rowGroups.count }

    /// One row group; columns not asked for stay empty.
    func read(rowGroup: Int, columns: Set<EventColumn>) throws -> EventColumns {
        var result = EventColumns(count: file.metadata.rowGroups[rowGroup].rowCount)
        for column in columns {
            switch column {
            case .userID: result.users = try dictionary(column, rowGroup)
            case .trackID: result.tracks = try dictionary(column, rowGroup)
            case .timestamp: result.timestamps = try integers(column, rowGroup)
            case .action: result.actions = try codes(column, rowGroup) { EventAction(wireName: $0)?.rawValue }
            case .duration: result.durations = try narrow(column, rowGroup)
            case .totalDuration: result.totalDurations = try narrow(column, rowGroup)
            case .source: result.sources = try codes(column, rowGroup) { EventSource(wireName: $0)?.rawValue }
            }
        }
        return result
    }

    // MARK: - Columns

    /// The values of a column, every row of which has one.
    private func values(_ column: EventColumn, _ rowGroup: Int) throws -> ColumnValues {
        let leaf = try file.readColumn(rowGroup: rowGroup, named: column.rawValue, byteArrays: .dictionary)
        let rowCount = file.metadata.rowGroups[rowGroup].rowCount
        guard leaf.values.count == rowCount, leaf.repetitionLevels == nil else {
            throw damaged(
                column, rowGroup,
                "\(rowCount - leaf.values.count) of \(rowCount) rows are null; an event has all its fields")
        }
        return leaf.values
    }

    private func strings(_ column: EventColumn, _ rowGroup: Int) throws -> (codes: [UInt32], values: ByteArrayColumn) {
        guard case .dictionary(let codes, let values) = try values(column, rowGroup) else {
            throw damaged(column, rowGroup, "it holds no strings")
        }
        return (codes, values)
    }

    private func dictionary(_ column: EventColumn, _ rowGroup: Int) throws -> DictionaryColumn {
        let (codes, values) = try strings(column, rowGroup)
        return DictionaryColumn(codes: codes, values: values.texts)
    }

    /// A column of fixed words as our own codes: each word is looked up once, not once a row.
    private func codes(_ column: EventColumn, _ rowGroup: Int, _ code: (String) -> UInt8?) throws -> [UInt8] {
        let (codes, values) = try strings(column, rowGroup)
        // A dictionary may hold words that no row uses, so an unknown one matters only where a row has it.
        let known = values.texts.map(code)
        return try codes.map { number in
            guard let code = known[Int(number)] else {
                throw damaged(
                    column, rowGroup, "\"\(values.text(at: Int(number)).prefix(40))\" is no \(column.rawValue)")
            }
            return code
        }
    }

    private func integers(_ column: EventColumn, _ rowGroup: Int) throws -> [Int64] {
        switch try values(column, rowGroup) {
        case .int64(let values): return values
        case .int32(let values): return values.map { Int64($0) }
        default: throw damaged(column, rowGroup, "it holds no whole numbers")
        }
    }

    private func narrow(_ column: EventColumn, _ rowGroup: Int) throws -> [Int32] {
        switch try values(column, rowGroup) {
        case .int32(let values): return values
        case .int64(let values):
            return try values.map { value in
                guard let narrow = Int32(exactly: value) else {
                    throw damaged(column, rowGroup, "\(value) does not fit 32 bits")
                }
                return narrow
            }
        default: throw damaged(column, rowGroup, "it holds no whole numbers")
        }
    }

    private func damaged(
        _ column: EventColumn, _ rowGroup: Int, _ what: String, file: String = #fileID, line: Int = #line
    ) -> DeltaError {
        DeltaError(
            .corrupt, "\(path): column \(column.rawValue), row group \(rowGroup): \(what)", file: file, line: line)
    }
}

extension DeltaEventLake {
    /// Hands the rows of a file over, row group by row group.
    func readFile(_ file: AddFile, columns: Set<EventColumn>, _ body: (EventColumns) throws -> Void) throws {
        let reader = try EventFileReader(store: store, file: file)
        for rowGroup in 0..<reader.rowGroupCount { try body(try reader.read(rowGroup: rowGroup, columns: columns)) }
    }
}
