extension DeltaProtocol {
    /// Features that ask nothing of a reader of ours: they concern writers, or what `metaData` says is not in use.
    private static let readable: Set = [
        "timestampNtz", "appendOnly", "invariants", "checkConstraints", "vacuumProtocolCheck", "columnMapping",
    ]
    private static let writable = readable.union([
        "changeDataFeed", "generatedColumns", "identityColumns", "allowColumnDefaults",
    ])

    /// Throws `.unsupported` when reading the table right takes more than this program knows.
    func checkReadable(_ metadata: DeltaMetadata, location: String) throws {
        guard minReaderVersion <= 3 else {
            throw Self.unsupported("reader version \(minReaderVersion)", "1 to 3", location)
        }
        for feature in readerFeatures ?? [] where !Self.readable.contains(feature) {
            throw Self.unsupported("the reader feature \"\(feature)\"", "tables without it", location)
        }
        let mapping = metadata.configuration["delta.columnMapping.mode"] ?? "none"
        guard mapping == "none" else {
            throw Self.unsupported("column mapping by \(mapping)", "tables without it", location)
        }
        guard metadata.formatProvider == "parquet" else {
            throw Self.unsupported("the file format \(metadata.formatProvider)", "parquet", location)
        }
    }

    /// Throws `.unsupported` when adding to the table right takes more than this program knows.
    func checkWritable(_ metadata: DeltaMetadata, location: String) throws {
        try checkReadable(metadata, location: location)
        guard minWriterVersion <= 7 else {
            throw Self.unsupported("writer version \(minWriterVersion)", "1 to 7", location)
        }
        for feature in writerFeatures ?? [] where !Self.writable.contains(feature) {
            throw Self.unsupported("the writer feature \"\(feature)\"", "tables without it", location)
        }
        let configuration = metadata.configuration
        if let constraint = configuration.keys.first(where: { $0.hasPrefix("delta.constraints.") }) {
            throw Self.unsupported("the constraint \(constraint)", "tables without constraints", location)
        }
        guard configuration["delta.enableChangeDataFeed"] != "true" else {
            throw Self.unsupported("a change data feed", "tables without it", location)
        }
        for mark in ["delta.invariants", "delta.generationExpression", "delta.identity."]
        where metadata.schemaString.contains(mark) {
            throw Self.unsupported("columns with \(mark)", "tables without them", location)
        }
    }

    private static func unsupported(
        _ what: String, _ known: String, _ location: String, file: String = #fileID, line: Int = #line
    ) -> DeltaError {
        DeltaError(
            .unsupported, "the Delta table in \(location) uses \(what); Segue knows \(known)", file: file, line: line)
    }
}
