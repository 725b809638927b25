/// Why a line of a commit is no action.
struct ActionError: Error {
    let reason: String
}

extension DeltaAction {
    /// Reads one line of a commit.
    /// - Throws: `DeltaJSONError` or `ActionError`, both to be told with file and line by the caller.
    static func parse(line: UnsafeRawBufferPointer) throws -> DeltaAction {
        guard let object = try DeltaJSONParser.parse(line).objectValue else {
            throw ActionError(reason: "an action is a JSON object")
        }
        guard object.members.count == 1, let member = object.members.first else {
            throw ActionError(reason: "an action has one member, its kind, and this has \(object.members.count)")
        }
        guard let fields = member.value.objectValue else { return .unknown(name: member.name, value: member.value) }
        return try DeltaAction(name: member.name, fields: fields)
    }

    /// The action of that kind and those fields.
    init(name: String, fields: DeltaJSONObject) throws {
        let reader = FieldReader(action: name, fields: fields)
        switch name {
        case "add": self = .add(try AddFile(reader))
        case "remove": self = .remove(try RemoveFile(reader))
        case "txn": self = .transaction(try DeltaTransaction(reader))
        case "commitInfo": self = .commitInfo(fields)
        case "metaData": self = .metadata(try DeltaMetadata(reader))
        case "protocol": self = .protocolVersion(try DeltaProtocol(reader))
        default: self = .unknown(name: name, value: .object(fields))
        }
    }

    /// Appends the action as one line, newline included.
    func append(to bytes: inout [UInt8]) {
        let (name, value) = named
        DeltaJSON.object(DeltaJSONObject([.init(name: name, value: value)])).append(to: &bytes)
        bytes.append(UInt8(ascii: "\n"))
    }

    /// Kind and fields.
    var named: (String, DeltaJSON) {
        switch self {
        case .protocolVersion(let value): ("protocol", .object(value.fields))
        case .metadata(let value): ("metaData", .object(value.fields))
        case .transaction(let value): ("txn", .object(value.fields))
        case .add(let value): ("add", .object(value.fields))
        case .remove(let value): ("remove", .object(value.fields))
        case .commitInfo(let fields): ("commitInfo", .object(fields))
        case .unknown(let name, let value): (name, value)
        }
    }
}

/// Takes typed fields out of an action's object; null is the same as absent.
struct FieldReader {
    let action: String
    let fields: DeltaJSONObject

    private func field<Value>(_ name: String, _ kind: String, _ value: (DeltaJSON) -> Value?) throws -> Value? {
        guard let json = fields[name], json != .null else { return nil }
        guard let value = value(json) else { throw ActionError(reason: "\(action).\(name) is not \(kind)") }
        return value
    }

    private func required<Value>(_ name: String, _ value: Value?) throws -> Value {
        guard let value else { throw ActionError(reason: "\(action).\(name) is missing") }
        return value
    }

    func string(_ name: String) throws -> String { try required(name, try optionalString(name)) }
    func optionalString(_ name: String) throws -> String? { try field(name, "a string") { $0.stringValue } }
    func integer(_ name: String) throws -> Int64 { try required(name, try optionalInteger(name)) }
    func optionalInteger(_ name: String) throws -> Int64? { try field(name, "an integer") { $0.integerValue } }
    func bool(_ name: String) throws -> Bool { try required(name, try field(name, "true or false") { $0.boolValue }) }
    func object(_ name: String) throws -> DeltaJSONObject? { try field(name, "an object") { $0.objectValue } }
    func optionalStrings(_ name: String) throws -> [String: String?]? {
        try field(name, "a map of strings") { $0.objectValue?.strings }
    }
    func strings(_ name: String) throws -> [String: String?] { try required(name, try optionalStrings(name)) }
    func optionalStringArray(_ name: String) throws -> [String]? {
        try field(name, "an array of strings") { json in
            guard let elements = json.arrayValue else { return nil }
            let strings = elements.compactMap(\.stringValue)
            return strings.count == elements.count ? strings : nil
        }
    }
    func stringArray(_ name: String) throws -> [String] { try required(name, try optionalStringArray(name)) }
    /// A byte count or a timestamp: never negative.
    func size(_ name: String) throws -> Int64 {
        let value = try integer(name)
        guard value >= 0 else { throw ActionError(reason: "\(action).\(name) is negative") }
        return value
    }

    /// The fields that are not among `known`.
    func others(than known: Set<String>) -> DeltaJSONObject {
        DeltaJSONObject(fields.members.filter { !known.contains($0.name) && $0.value != .null })
    }
}

extension DeltaJSONObject {
    /// Adds a member unless its value is nil.
    fileprivate mutating func add(_ name: String, _ value: DeltaJSON?) {
        if let value { members.append(Member(name: name, value: value)) }
    }
}

extension DeltaProtocol {
    init(_ reader: FieldReader) throws {
        self.init(
            minReaderVersion: Int(try reader.integer("minReaderVersion")),
            minWriterVersion: Int(try reader.integer("minWriterVersion")),
            readerFeatures: try reader.optionalStringArray("readerFeatures"),
            writerFeatures: try reader.optionalStringArray("writerFeatures"))
    }

    var fields: DeltaJSONObject {
        var fields: DeltaJSONObject = [
            "minReaderVersion": .integer(Int64(minReaderVersion)),
            "minWriterVersion": .integer(Int64(minWriterVersion)),
        ]
        fields.add("readerFeatures", readerFeatures.map { .array($0.map { .string($0) }) })
        fields.add("writerFeatures", writerFeatures.map { .array($0.map { .string($0) }) })
        return fields
    }
}

extension DeltaMetadata {
    private static let known: Set = [
        "id", "name", "description", "format", "schemaString", "partitionColumns", "configuration", "createdTime",
    ]

    init(_ reader: FieldReader) throws {
        self.init(
            id: try reader.string("id"), name: try reader.optionalString("name"),
            description: try reader.optionalString("description"), schemaString: try reader.string("schemaString"),
            partitionColumns: try reader.stringArray("partitionColumns"),
            configuration: (try reader.optionalStrings("configuration") ?? [:]).compactMapValues { $0 },
            createdTime: try reader.optionalInteger("createdTime"),
            formatProvider: try reader.object("format")?["provider"]?.stringValue ?? "parquet",
            extra: reader.others(than: Self.known))
    }

    var fields: DeltaJSONObject {
        var fields: DeltaJSONObject = ["id": .string(id)]
        fields.add("name", name.map { .string($0) })
        fields.add("description", description.map { .string($0) })
        fields.add("format", .object(["provider": .string(formatProvider), "options": .object([:])]))
        fields.add("schemaString", .string(schemaString))
        fields.add("partitionColumns", .array(partitionColumns.map { .string($0) }))
        fields.add("createdTime", createdTime.map { .integer($0) })
        fields.add("configuration", .object(DeltaJSONObject(strings: configuration.mapValues { $0 })))
        fields.members.append(contentsOf: extra.members)
        return fields
    }
}

extension DeltaTransaction {
    init(_ reader: FieldReader) throws {
        self.init(
            appID: try reader.string("appId"), version: try reader.integer("version"),
            lastUpdated: try reader.optionalInteger("lastUpdated"))
    }

    var fields: DeltaJSONObject {
        var fields: DeltaJSONObject = ["appId": .string(appID), "version": .integer(version)]
        fields.add("lastUpdated", lastUpdated.map { .integer($0) })
        return fields
    }
}

extension AddFile {
    private static let known: Set = ["path", "partitionValues", "size", "modificationTime", "dataChange", "stats"]

    init(_ reader: FieldReader) throws {
        self.init(
            path: try reader.string("path"), partitionValues: try reader.strings("partitionValues"),
            byteCount: try reader.size("size"), modificationTime: try reader.integer("modificationTime"),
            dataChange: try reader.bool("dataChange"), stats: try reader.optionalString("stats"),
            extra: reader.others(than: Self.known))
    }

    var fields: DeltaJSONObject {
        var fields: DeltaJSONObject = [
            "path": .string(path), "partitionValues": .object(DeltaJSONObject(strings: partitionValues)),
            "size": .integer(byteCount), "modificationTime": .integer(modificationTime),
            "dataChange": .bool(dataChange),
        ]
        fields.add("stats", stats.map { .string($0) })
        fields.members.append(contentsOf: extra.members)
        return fields
    }
}

extension RemoveFile {
    private static let known: Set = [
        "path", "deletionTimestamp", "dataChange", "extendedFileMetadata", "partitionValues", "size",
    ]

    init(_ reader: FieldReader) throws {
        self.init(
            path: try reader.string("path"), deletionTimestamp: try reader.optionalInteger("deletionTimestamp"),
            dataChange: try reader.bool("dataChange"), partitionValues: try reader.optionalStrings("partitionValues"),
            byteCount: try reader.optionalInteger("size"), extra: reader.others(than: Self.known))
    }

    var fields: DeltaJSONObject {
        var fields: DeltaJSONObject = ["path": .string(path)]
        fields.add("deletionTimestamp", deletionTimestamp.map { .integer($0) })
        fields.add("dataChange", .bool(dataChange))
        if let partitionValues, let byteCount {
            fields.add("extendedFileMetadata", .bool(true))
            fields.add("partitionValues", .object(DeltaJSONObject(strings: partitionValues)))
            fields.add("size", .integer(byteCount))
        }
        fields.members.append(contentsOf: extra.members)
        return fields
    }
}
