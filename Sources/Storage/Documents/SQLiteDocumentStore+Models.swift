import Domain
import SQLite

extension SQLiteDocumentStore {
    private static let columns = "_id, manifest, status, reason, current"

    /// Inserts or replaces the record of a run.
    public func saveModel(_ model: ModelRecord) throws {
        let manifest = String(decoding: try StorageError.encode(model.manifest), as: UTF8.self)
        try write { connection in
            try connection.run(
                """
                INSERT INTO models (_id, manifest, status, reason) VALUES (?1, ?2, ?3, ?4)
                ON CONFLICT (_id) DO UPDATE SET
                    manifest = excluded.manifest, status = excluded.status, reason = excluded.reason
                """,
                [
                    .text(model.manifest.version), .text(manifest), .text(model.status.rawValue),
                    .optionalText(model.reason),
                ])
        }
    }

    /// All runs, newest version first.
    public func models() throws -> [ModelRecord] {
        try rows("SELECT \(Self.columns) FROM models ORDER BY _id DESC", [], record)
    }

    /// The run that serves, or nil.
    public func currentModel() throws -> ModelRecord? {
        try rows("SELECT \(Self.columns) FROM models WHERE current = 1", [], record).first
    }

    /// Makes that run the only current one, in one transaction.
    public func setCurrentModel(version: String) throws {
        try write { connection in
            try connection.run("UPDATE models SET current = 0 WHERE current = 1")
            guard try connection.run("UPDATE models SET current = 1 WHERE _id = ?1", [.text(version)]) == 1 else {
                throw StorageError(.notFound, "there is no model \(version) in \(pool.writer.path)")
            }
        }
    }

    private func record(_ row: Statement) throws -> ModelRecord {
        let version = row.string(at: 0)
        let status = row.string(at: 2)
        guard let status = ModelRecord.Status(rawValue: status) else {
            throw StorageError(
                .invalid, "\(pool.writer.path): model \(version) has the unknown status “\(status)”; update the program"
            )
        }
        let manifest = try StorageError.decodeManifest(row.bytes(at: 1), of: version, in: pool.writer.path)
        return ModelRecord(
            manifest: manifest, status: status, reason: row.optionalString(at: 3), isCurrent: row.int64(at: 4) == 1)
    }
}
