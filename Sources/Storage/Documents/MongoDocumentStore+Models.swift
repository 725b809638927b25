import Domain
import Mongo

extension MongoDocumentStore {
    /// Inserts or replaces the record of a run.
    public func saveModel(_ model: ModelRecord) throws {
        // What JSON cannot hold, a manifest should not: the same rule as in the other store and in the model's folder.
        _ = try StorageError.encode(model.manifest)
        let update = BSONDocument { update in
            update.appendDocument("$set") { fields in
                fields.append("status", model.status.rawValue)
                if let reason = model.reason { fields.append("reason", reason) } else { fields.appendNull("reason") }
                fields.append(model.manifest)
            }
            update.appendDocument("$setOnInsert") { $0.append("current", false) }
        }
        try with(MongoDocumentSchema.models) { models in
            try models.updateOne(["_id": .string(model.manifest.version)], update, upsert: true)
        }
    }

    /// All runs, newest version first.
    public func models() throws -> [ModelRecord] {
        try with(MongoDocumentSchema.models) { collection in
            var models: [ModelRecord] = []
            try collection.find([:], MongoFindOptions(sort: ["_id": -1])) { models.append(try record($0)) }
            return models
        }
    }

    /// The run that serves, or nil.
    public func currentModel() throws -> ModelRecord? {
        try with(MongoDocumentSchema.models) { try $0.findOne(["current": true]) { try record($0) } }
    }

    /// Makes that run the only current one, in one transaction.
    public func setCurrentModel(version: String) throws {
        try withTransaction { client, session in
            let models = client.collection(MongoDocumentSchema.models, in: databaseName)
            try models.updateMany(["current": true], ["$set": ["current": false]], session: session)
            let result = try models.updateOne(
                ["_id": .string(version)], ["$set": ["current": true]], session: session)
            guard result.matchedCount == 1 else {
                throw StorageError(.notFound, "there is no model \(version) in \(pool.place)")
            }
        }
    }

    private func record(_ document: BSONView) throws -> ModelRecord {
        let manifest = try ModelManifestReader.manifest(document)
        let status = try document["status"]?.string ?? ""
        guard let status = ModelRecord.Status(rawValue: status) else {
            throw StorageError(
                .invalid,
                "\(pool.place): model \(manifest.version) has the unknown status “\(status)”; update the program")
        }
        return ModelRecord(
            manifest: manifest, status: status, reason: try document["reason"]?.string,
            isCurrent: try document["current"]?.bool ?? false)
    }
}
