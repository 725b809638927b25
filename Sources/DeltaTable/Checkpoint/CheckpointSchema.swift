import Parquet

/// The columns of a checkpoint
/// (https://github.com/delta-io/delta/blob/master/PROTOCOL.md#checkpoint-schema).
enum CheckpointSchema {
    static func parquet() throws -> ParquetSchema {
        try ParquetSchema([
            .structure("txn", .optional, [text("appId"), long("version"), long("lastUpdated")]),
            .structure(
                "add", .optional,
                [
                    text("path"), map("partitionValues"), long("size"), long("modificationTime"), flag("dataChange"),
                    map("tags"), text("stats"), long("baseRowId"), long("defaultRowCommitVersion"),
                    text("clusteringProvider"),
                ]),
            .structure(
                "remove", .optional,
                [
                    text("path"), long("deletionTimestamp"), flag("dataChange"), flag("extendedFileMetadata"),
                    map("partitionValues"), long("size"), long("baseRowId"), long("defaultRowCommitVersion"),
                ]),
            .structure(
                "metaData", .optional,
                [
                    text("id"), text("name"), text("description"),
                    .structure("format", .optional, [text("provider"), map("options")]), text("schemaString"),
                    list("partitionColumns"), long("createdTime"), map("configuration"),
                ]),
            .structure(
                "protocol", .optional,
                [
                    .int32("minReaderVersion", .optional), .int32("minWriterVersion", .optional),
                    list("readerFeatures"), list("writerFeatures"),
                ]),
        ])
    }

    /// What is read of any writer's checkpoint: all that is ours to know, and of the parsed statistics the row count, for
    /// writers that leave the JSON text out.
    static func isWanted(_ leaf: String) -> Bool {
        guard let dot = leaf.firstIndex(of: ".") else { return false }
        switch leaf[..<dot] {
        case "txn", "metaData", "protocol": return true
        case "add", "remove":
            let rest = leaf[leaf.index(after: dot)...]
            return rest == "stats_parsed.numRecords"
                || !rest.hasPrefix("stats_parsed.") && !rest.hasPrefix("partitionValues_parsed.")
        default: return false
        }
    }

    private static func text(_ name: String) -> SchemaField { .string(name, .optional) }
    private static func long(_ name: String) -> SchemaField { .int64(name, .optional) }
    private static func flag(_ name: String) -> SchemaField { .boolean(name, .optional) }
    private static func map(_ name: String) -> SchemaField {
        .map(name, .optional, key: .string("key"), value: .string("value", .optional))
    }
    private static func list(_ name: String) -> SchemaField {
        .list(name, .optional, of: .string("element", .optional))
    }
}
