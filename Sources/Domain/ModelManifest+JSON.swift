import Foundation

/// Why a manifest cannot be written as JSON or read from it.
public struct ManifestError: Error, Sendable, CustomStringConvertible {
    /// One sentence: which field, what is wrong with it.
    public let reason: String
    /// Source file that made the error.
    public let file: String
    /// Line that made the error.
    public let line: Int

    private init(_ reason: String, file: String, line: Int) {
        self.reason = reason
        self.file = file
        self.line = line
    }

    /// The reason.
    public var description: String { reason }

    static func notFinite(
        _ field: String, _ value: Double, file: String = #fileID, line: Int = #line
    ) -> ManifestError {
        ManifestError(
            "the model manifest cannot be written as JSON: “\(field)” is \(value)", file: file, line: line)
    }

    static func unwritable(_ cause: any Error, file: String = #fileID, line: Int = #line) -> ManifestError {
        ManifestError("the model manifest cannot be written as JSON: \(cause)", file: file, line: line)
    }

    static func unreadable(_ cause: any Error, file: String = #fileID, line: Int = #line) -> ManifestError {
        ManifestError("the model manifest cannot be read: \(explain(cause))", file: file, line: line)
    }

    private static func explain(_ cause: any Error) -> String {
        switch cause as? DecodingError {
        case .keyNotFound(let key, let context):
            "field \(place(context.codingPath + [key])) is missing"
        case .valueNotFound(_, let context):
            "field \(place(context.codingPath)) is null"
        case .typeMismatch(let type, let context):
            "field \(place(context.codingPath)) is not of type \(type)"
        case .dataCorrupted(let context):
            context.codingPath.isEmpty
                ? "it is no JSON" : "field \(place(context.codingPath)): \(context.debugDescription)"
        default: "\(cause)"
        }
    }

    private static func place(_ path: [any CodingKey]) -> String {
        path.isEmpty ? "the manifest" : "“" + path.map(\.stringValue).joined(separator: ".") + "”"
    }
}

extension ModelManifest {
    /// The manifest as JSON with snake-case keys (`created_at`, `lake_version`, …), keys sorted; the names of parameters
    /// and metrics stay as they are.
    ///
    /// - Parameter isPretty: one field a line and a line feed at the end, for people to read.
    /// - Throws: `ManifestError` when a metric or an objective is not finite.
    public func encodeJSON(isPretty: Bool = false) throws(ManifestError) -> [UInt8] {
        if let metric = metrics.first(where: { !$0.value.isFinite }) {
            throw .notFinite("metrics.\(metric.key)", metric.value)
        }
        if let value = objective.first(where: { !$0.isFinite }) { throw .notFinite("objective", value) }
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        if isPretty { encoder.outputFormatting.insert(.prettyPrinted) }
        do {
            return Array(try encoder.encode(self)) + (isPretty ? [UInt8(ascii: "\n")] : [])
        } catch {
            throw .unwritable(error)
        }
    }

    /// Reads what `encodeJSON` wrote; unknown fields are ignored.
    ///
    /// - Throws: `ManifestError` naming the field that is missing or wrong.
    public static func decodeJSON(_ bytes: some Sequence<UInt8>) throws(ManifestError) -> ModelManifest {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        do {
            return try decoder.decode(ModelManifest.self, from: Data(bytes))
        } catch {
            throw .unreadable(error)
        }
    }
}
