import Domain
import Mongo

// A document of `models` holds the manifest's fields one by one, under the names of `manifest.json`, so that they can be
// queried.

extension BSONBuilder {
    /// Appends the fields of a manifest, all but the version, which is the document's `_id`.
    mutating func append(_ manifest: ModelManifest) {
        append("created_at", epochMilliseconds: manifest.createdAt)
        append("factors", Int64(manifest.factors))
        append("users", Int64(manifest.users))
        append("items", Int64(manifest.items))
        appendDocument("parameters") { parameters in
            for (name, value) in manifest.parameters.sorted(by: { $0.key < $1.key }) { parameters.append(name, value) }
        }
        append("lake_version", manifest.lakeVersion)
        append("window_from", manifest.windowFrom)
        append("window_through", manifest.windowThrough)
        append("events", manifest.events)
        appendDocument("metrics") { metrics in
            for (name, value) in manifest.metrics.sorted(by: { $0.key < $1.key }) { metrics.append(name, value) }
        }
        appendArray("objective", manifest.objective) { $0.append($1, $2) }
        appendArray("files", manifest.files) { files, key, file in
            files.appendDocument(key) { entry in
                entry.append("name", file.name)
                entry.append("byte_count", file.byteCount)
                entry.append("crc32c", file.crc32c)
            }
        }
    }
}

/// Reads the fields of a manifest out of a document of `models`.
enum ModelManifestReader {
    static func manifest(_ document: BSONView) throws -> ModelManifest {
        let version = try text(document, "_id", in: "a model")
        let place = "model \(version)"
        return ModelManifest(
            version: version,
            createdAt: try required(document["created_at"]?.date, "created_at", in: place),
            factors: Int(try number(document, "factors", in: place)),
            users: Int(try number(document, "users", in: place)),
            items: Int(try number(document, "items", in: place)),
            parameters: try parameters(document, in: place),
            lakeVersion: try number(document, "lake_version", in: place),
            windowFrom: try text(document, "window_from", in: place),
            windowThrough: try text(document, "window_through", in: place),
            events: try number(document, "events", in: place),
            metrics: try metrics(document, in: place),
            objective: try objective(document, in: place),
            files: try files(document, in: place))
    }

    private static func parameters(_ document: BSONView, in place: String) throws -> [String: String] {
        var parameters: [String: String] = [:]
        try required(document["parameters"]?.document, "parameters", in: place).forEachElement { parameter in
            parameters[parameter.name] = try required(parameter.string, "parameters.\(parameter.name)", in: place)
        }
        return parameters
    }

    private static func metrics(_ document: BSONView, in place: String) throws -> [String: Double] {
        var metrics: [String: Double] = [:]
        try required(document["metrics"]?.document, "metrics", in: place).forEachElement { metric in
            metrics[metric.name] = try required(metric.double, "metrics.\(metric.name)", in: place)
        }
        return metrics
    }

    private static func objective(_ document: BSONView, in place: String) throws -> [Double] {
        var objective: [Double] = []
        try required(document["objective"]?.document, "objective", in: place).forEachElement { value in
            objective.append(try required(value.double, "objective.\(value.name)", in: place))
        }
        return objective
    }

    private static func files(_ document: BSONView, in place: String) throws -> [ModelFile] {
        var files: [ModelFile] = []
        try required(document["files"]?.document, "files", in: place).forEachElement { entry in
            let file = try required(entry.document, "files.\(entry.name)", in: place)
            files.append(
                ModelFile(
                    name: try text(file, "name", in: place), byteCount: try number(file, "byte_count", in: place),
                    crc32c: try text(file, "crc32c", in: place)))
        }
        return files
    }

    private static func text(_ document: BSONView, _ key: StaticString, in place: String) throws -> String {
        try required(document[key]?.string, "\(key)", in: place)
    }

    private static func number(_ document: BSONView, _ key: StaticString, in place: String) throws -> Int64 {
        try required(document[key]?.int64, "\(key)", in: place)
    }

    private static func required<Value>(_ value: Value?, _ field: String, in place: String) throws -> Value {
        guard let value else { throw MongoError.malformed("\(place) has no usable field “\(field)”") }
        return value
    }
}
