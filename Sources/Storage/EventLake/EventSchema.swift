import DeltaTable
import Domain
import Parquet

/// The lake's schema: the seven fields of docs/design.md §3.1 and the day they are partitioned by.
enum EventSchema {
    static let dayColumn = "date"

    static let delta = DeltaSchema(
        EventColumn.allCases.map { DeltaSchema.Field($0.rawValue, $0.deltaType) } + [
            DeltaSchema.Field(dayColumn, "date")
        ])

    /// Tag of a file in the log that holds its CRC-32C, eight lower-case hex digits: what `verify` compares with.
    static let checksumTag = "crc32c"

    /// The columns of a data file: the day is told by the log alone.
    static func parquet() throws -> ParquetSchema {
        try ParquetSchema(
            EventColumn.allCases.map { column in
                switch column.deltaType {
                case "long": .int64(column.rawValue)
                case "integer": .int32(column.rawValue)
                default: .string(column.rawValue)
                }
            })
    }

    /// Metadata of a new lake.
    static func metadata(createdAt: Int64) -> DeltaMetadata {
        DeltaMetadata(
            id: DeltaChange.makeToken(), name: "listening_events", description: "Listening events by UTC day",
            schemaString: delta.schemaString, partitionColumns: [dayColumn], createdTime: createdAt)
    }

    /// Throws unless the table holds our columns and is partitioned by day; further columns do no harm.
    static func check(_ metadata: DeltaMetadata, location: String) throws {
        let schema = try DeltaSchema(schemaString: metadata.schemaString)
        guard metadata.partitionColumns == [dayColumn] else {
            throw DeltaError(
                .unsupported,
                "the Delta table in \(location) is partitioned by \(metadata.partitionColumns), a lake of listening events by "
                    + "[\"\(dayColumn)\"]: choose another place for the lake")
        }
        for column in EventColumn.allCases {
            let type = schema.type(of: column.rawValue)
            guard type.map(column.acceptedDeltaTypes.contains) ?? false else {
                throw DeltaError(
                    .unsupported,
                    "the Delta table in \(location) has \(type.map { "column \(column.rawValue) of type \($0)" } ?? "no column \(column.rawValue)"), "
                        + "a lake of listening events needs \(column.deltaType): choose another place for the lake")
            }
        }
    }
}

extension EventColumn {
    /// The column's type in the table.
    var deltaType: String {
        switch self {
        case .userID, .trackID, .action, .source: "string"
        case .timestamp: "long"
        case .duration, .totalDuration: "integer"
        }
    }

    /// Types that hold the same values; other writers like the wider one.
    fileprivate var acceptedDeltaTypes: Set<String> { deltaType == "integer" ? ["integer", "long"] : [deltaType] }
}

/// The day of a file.
enum EventPartition {
    static func day(of file: AddFile) throws -> EventDay {
        guard let value = file.partitionValues[EventSchema.dayColumn] ?? nil, let day = EventDay(value) else {
            throw DeltaError(
                .corrupt,
                "\(file.path) is in the table without a day: its partition value \(EventSchema.dayColumn) is "
                    + "\((file.partitionValues[EventSchema.dayColumn] ?? nil) ?? "null")")
        }
        return day
    }
}
