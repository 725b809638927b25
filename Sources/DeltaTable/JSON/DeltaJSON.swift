import ServiceKit

/// A JSON value (RFC 8259) as the log holds it: members keep their order and unknown ones survive.
public enum DeltaJSON: Sendable, Equatable {
    /// `null`
    case null
    /// `true` or `false`
    case bool(Bool)
    /// A number without fraction or exponent that fits 64 bits.
    case integer(Int64)
    /// Any other number, as it is written.
    case number(String)
    /// A string.
    case string(String)
    /// An array.
    case array([DeltaJSON])
    /// An object.
    case object(DeltaJSONObject)

    /// The string, or nil for another kind.
    public var stringValue: String? { if case .string(let value) = self { value } else { nil } }

    /// The integer, or nil for another kind.
    public var integerValue: Int64? { if case .integer(let value) = self { value } else { nil } }

    /// The truth value, or nil for another kind.
    public var boolValue: Bool? { if case .bool(let value) = self { value } else { nil } }

    /// The object, or nil for another kind.
    public var objectValue: DeltaJSONObject? { if case .object(let value) = self { value } else { nil } }

    /// The elements, or nil for another kind.
    public var arrayValue: [DeltaJSON]? { if case .array(let value) = self { value } else { nil } }

    /// Parses one value, surrounded by white space at most.
    /// - Throws: `DeltaJSONError` with the byte offset of what is wrong.
    public static func parse(_ text: String) throws -> DeltaJSON {
        var text = text
        return try text.withUTF8 { try DeltaJSONParser.parse(UnsafeRawBufferPointer($0)) }
    }

    /// The value as compact JSON.
    public var text: String {
        var bytes: [UInt8] = []
        append(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Appends the value as compact JSON in UTF-8.
    public func append(to bytes: inout [UInt8]) {
        switch self {
        case .null: bytes.append(contentsOf: "null".utf8)
        case .bool(let value): bytes.append(contentsOf: (value ? "true" : "false").utf8)
        case .integer(let value): bytes.append(contentsOf: String(value).utf8)
        case .number(let text): bytes.append(contentsOf: text.utf8)
        case .string(let text): JSONText.appendString(text, to: &bytes)
        case .array(let elements):
            bytes.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                element.append(to: &bytes)
            }
            bytes.append(UInt8(ascii: "]"))
        case .object(let object):
            bytes.append(UInt8(ascii: "{"))
            for (index, member) in object.members.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                JSONText.appendString(member.name, to: &bytes)
                bytes.append(UInt8(ascii: ":"))
                member.value.append(to: &bytes)
            }
            bytes.append(UInt8(ascii: "}"))
        }
    }
}

/// The members of a JSON object in the order they are written.
public struct DeltaJSONObject: Sendable, Equatable, ExpressibleByDictionaryLiteral {
    /// A name and its value.
    public struct Member: Sendable, Equatable {
        /// The name.
        public var name: String
        /// The value.
        public var value: DeltaJSON

        /// Makes the pair.
        public init(name: String, value: DeltaJSON) {
            self.name = name
            self.value = value
        }
    }

    /// Names and values in order.
    public var members: [Member]

    /// An object of those members.
    public init(_ members: [Member] = []) { self.members = members }

    /// An object in the order of the literal.
    public init(dictionaryLiteral elements: (String, DeltaJSON)...) {
        members = elements.map { Member(name: $0.0, value: $0.1) }
    }

    /// A map of strings, in order of name so that equal maps give equal text.
    public init(strings: [String: String?]) {
        members = strings.sorted { $0.key < $1.key }.map {
            Member(name: $0.key, value: $0.value.map { .string($0) } ?? .null)
        }
    }

    /// The value of a name; nil when there is none. Setting nil removes it.
    ///
    /// - Complexity: O(members), of which actions have a dozen.
    public subscript(name: String) -> DeltaJSON? {
        get { members.first { $0.name == name }?.value }
        set {
            guard let index = members.firstIndex(where: { $0.name == name }) else {
                if let newValue { members.append(Member(name: name, value: newValue)) }
                return
            }
            if let newValue {
                members[index].value = newValue
            } else {
                members.remove(at: index)
            }
        }
    }

    /// The members as a map of strings; nil when a value is neither a string nor null.
    public var strings: [String: String?]? {
        var result: [String: String?] = [:]
        for member in members {
            switch member.value {
            case .string(let text): result[member.name] = .some(text)
            case .null: result[member.name] = .some(nil)
            default: return nil
            }
        }
        return result
    }
}
