import Foundation
import Parquet

/// A value in the form that `scripts/check-parquet.py` notes values in: what a record and a foreign reader's value are
/// both turned into to be compared.
enum JSONValue: Codable, Equatable {
    case null
    case boolean(Bool)
    /// A whole number, also one that the file holds as a floating-point one.
    case integer(Int64)
    case number(Double)
    case text(String)
    case list([JSONValue])
    case object([String: JSONValue])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .boolean(value)
        } else if let value = try? container.decode(Int64.self) {
            self = .integer(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .text(value)
        } else if let value = try? container.decode([JSONValue].self) {
            self = .list(value)
        } else {
            self = .object(try container.decode([String: JSONValue].self))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .boolean(let value): try container.encode(value)
        case .number(let value): try container.encode(value)
        case .integer(let value): try container.encode(value)
        case .text(let value): try container.encode(value)
        case .list(let value): try container.encode(value)
        case .object(let value): try container.encode(value)
        }
    }

    /// The value of a field of a record.
    init(_ record: RecordValue, _ field: SchemaField) {
        switch record {
        case .null: self = .null
        case .boolean(let value): self = .boolean(value)
        case .int32(let value): self = .integer(Int64(value))
        case .int64(let value): self = .integer(value)
        case .float(let value): self = Self.canonical(Double(value))
        case .double(let value): self = Self.canonical(value)
        case .bytes(let value): self = .text(String(decoding: value, as: UTF8.self))
        case .repeated(let values): self = .list(values.map { JSONValue($0, field) })
        case .group(let values): self = Self.group(record, values, field)
        }
    }

    private static func canonical(_ value: Double) -> JSONValue {
        Int64(exactly: value).map { .integer($0) } ?? .number(value)
    }

    private static func group(_ record: RecordValue, _ values: [RecordValue], _ field: SchemaField) -> JSONValue {
        switch field.logicalType {
        case .list:
            let element = field.fields[0].fields[0]
            return .list((record.listElements ?? []).map { JSONValue($0, element) })
        case .map:
            let pair = field.fields[0].fields
            return .list(
                (record.mapPairs ?? []).map { .list([JSONValue($0.key, pair[0]), JSONValue($0.value, pair[1])]) })
        default:
            let members = zip(field.fields, values).map { ($0.name, JSONValue($1, $0)) }
            return .object(Dictionary(uniqueKeysWithValues: members))
        }
    }
}

/// What a file holds, as `scripts/check-parquet.py` notes it.
struct ExpectedFile: Codable, Equatable {
    var columns: [String: [JSONValue]]
    var maps: [String]?
    /// Columns that are not filtered by: their values are bytes.
    var binary: [String]?

    /// What our reader finds in a file.
    init(_ reader: ParquetFileReader) throws {
        columns = Dictionary(uniqueKeysWithValues: reader.schema.fields.map { ($0.name, []) })
        for group in reader.metadata.rowGroups.indices {
            for row in try reader.readRecords(rowGroup: group) {
                for (field, value) in zip(reader.schema.fields, row) {
                    columns[field.name]?.append(JSONValue(value, field))
                }
            }
        }
        maps = reader.schema.fields.filter { $0.logicalType == .map }.map(\.name)
        binary = reader.schema.fields.filter { $0.fields.isEmpty && $0.logicalType == nil && $0.isBytes }.map(\.name)
    }
}

extension SchemaField {
    var isBytes: Bool {
        if case .leaf(.byteArray, _) = content { return true }
        if case .leaf(.fixedLengthByteArray, _) = content { return true }
        return false
    }
}
