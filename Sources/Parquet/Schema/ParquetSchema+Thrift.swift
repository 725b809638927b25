// The schema travels as a flat list of elements in depth-first order (`SchemaElement` of parquet.thrift); a group tells
// how many children follow it.
extension ParquetSchema {
    /// Makes the tree of the elements of a file's footer.
    init(elements: [SchemaElement]) throws {
        guard let root = elements.first else { throw ParquetError.damaged("the file has no schema") }
        var rest = elements.dropFirst()
        let fields = try Self.takeFields(root.childCount, from: &rest, depth: 0)
        guard rest.isEmpty else { throw ParquetError.damaged("the schema has \(rest.count) elements too many") }
        do {
            try self.init(fields, name: root.name)
        } catch let error as ParquetError {
            throw ParquetError.damaged(error.reason)
        }
    }

    private static func takeFields(
        _ count: Int, from elements: inout ArraySlice<SchemaElement>, depth: Int
    ) throws -> [SchemaField] {
        guard depth < deepest else { throw ParquetError.damaged("the schema is deeper than \(deepest)") }
        guard count <= elements.count else {
            throw ParquetError.damaged("a schema group announces \(count) fields where \(elements.count) are left")
        }
        var fields: [SchemaField] = []
        for _ in 0..<count {
            guard let element = elements.popFirst() else { throw ParquetError.damaged("the schema ends too early") }
            let content: SchemaField.Content
            if let type = element.type {
                content = .leaf(type, length: element.typeLength)
            } else {
                content = .group(try takeFields(element.childCount, from: &elements, depth: depth + 1))
            }
            fields.append(
                SchemaField(
                    element.name, element.repetition, content, logicalType: element.logicalType,
                    fieldID: element.fieldID))
        }
        return fields
    }

    /// The tree as the footer holds it.
    var elements: [SchemaElement] {
        var elements = [SchemaElement(root: name, childCount: fields.count)]
        func add(_ field: SchemaField) {
            elements.append(SchemaElement(field))
            for child in field.fields { add(child) }
        }
        for field in fields { add(field) }
        return elements
    }
}

/// One element of the flat list.
struct SchemaElement {
    var type: PhysicalType?
    var typeLength = 0
    var repetition = Repetition.required
    var name = ""
    var childCount = 0
    var logicalType: LogicalType?
    var fieldID: Int32?
    private var isRoot = false
    private var hasType = false

    init(root name: String, childCount: Int) {
        self.name = name
        self.childCount = childCount
        isRoot = true
    }

    init(_ field: SchemaField) {
        name = field.name
        repetition = field.repetition
        logicalType = field.logicalType
        fieldID = field.fieldID
        switch field.content {
        case .leaf(let type, let length):
            self.type = type
            typeLength = length
        case .group(let fields):
            childCount = fields.count
        }
    }

    init(from reader: inout CompactReader) throws {
        var element = SchemaElement(root: "", childCount: 0)
        var converted: Int32?
        var scale: Int32 = 0
        var precision: Int32 = 0
        var hasName = false
        try reader.readStructure { reader, field in
            switch field.id {
            case 1: element.type = try Self.readType(field, from: &reader)
            case 2: element.typeLength = try reader.readCount(field)
            case 3: element.repetition = try Self.readRepetition(field, from: &reader)
            case 4:
                element.name = try reader.readString(field)
                hasName = true
            case 5: element.childCount = try reader.readCount(field)
            case 6: converted = try reader.readInt32(field)
            case 7: scale = try reader.readInt32(field)
            case 8: precision = try reader.readInt32(field)
            case 9: element.fieldID = try reader.readInt32(field)
            case 10: element.logicalType = try LogicalType.read(field, from: &reader)
            default: try reader.skip(field)
            }
        }
        guard hasName else { throw ParquetError.damaged("the schema has an element without a name") }
        if element.logicalType == nil, let converted {
            element.logicalType = LogicalType(convertedType: converted, precision: precision, scale: scale)
        }
        self = element
    }

    private static func readType(_ field: CompactField, from reader: inout CompactReader) throws -> PhysicalType {
        let number = try reader.readInt32(field)
        guard let type = PhysicalType(rawValue: number) else {
            throw ParquetError.damaged("the schema has a column of unknown type \(number)")
        }
        return type
    }

    private static func readRepetition(_ field: CompactField, from reader: inout CompactReader) throws -> Repetition {
        let number = try reader.readInt32(field)
        guard let repetition = Repetition(rawValue: number) else {
            throw ParquetError.damaged("the schema has an unknown repetition \(number)")
        }
        return repetition
    }

    func write(to writer: inout CompactWriter) {
        writer.writeStructure { writer in
            if let type { writer.writeInt32(1, type.rawValue) }
            if type == .fixedLengthByteArray { writer.writeInt32(2, Int32(clamping: typeLength)) }
            if !isRoot { writer.writeInt32(3, repetition.rawValue) }
            writer.writeString(4, name)
            if type == nil { writer.writeInt32(5, Int32(clamping: childCount)) }
            if let converted = logicalType?.convertedType { writer.writeInt32(6, converted) }
            if case .decimal(let precision, let scale) = logicalType {
                writer.writeInt32(7, scale)
                writer.writeInt32(8, precision)
            }
            if let fieldID { writer.writeInt32(9, fieldID) }
            logicalType?.write(10, to: &writer)
        }
    }
}
