/// A JSON value (RFC 8259) as a request's body holds it, parsed strictly: valid UTF-8, no trailing comma, no comment, no
/// name twice in an object, at most `JSONReader.depthLimit` levels.
public enum JSONValue: Sendable, Equatable {
    /// `null`.
    case null
    /// `true` or `false`.
    case boolean(Bool)
    /// A number without fraction and exponent that fits.
    case integer(Int64)
    /// Any other number.
    case number(Double)
    /// A string.
    case string(String)
    /// An array.
    case array([JSONValue])
    /// An object's members, in order.
    case object([JSONMember])

    /// Parses a whole text.
    ///
    /// - Throws: `HTTPError` 400 that tells what is wrong at which byte.
    /// - Complexity: O(bytes), plus O(members²) for the first few members of an object.
    public init(parsing bytes: [UInt8]) throws(HTTPError) {
        var reader = JSONReader(bytes)
        self = try reader.value()
        try reader.end()
    }

    /// The value of a member; nil for another name, and for a value that is no object.
    public subscript(name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }

    /// What the value is, for messages.
    public var kind: String {
        switch self {
        case .null: "null"
        case .boolean: "a boolean"
        case .integer, .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}

/// A member of a JSON object.
public struct JSONMember: Sendable, Equatable {
    /// Its name.
    public var name: String
    /// Its value.
    public var value: JSONValue

    /// Makes the member.
    public init(name: String, value: JSONValue) {
        self.name = name
        self.value = value
    }
}

// MARK: - Members with a type

extension JSONValue {
    /// A string member that must be there and must not be empty.
    /// - Throws: `HTTPError` 400 that names the member.
    public func requiredString(_ name: String) throws(HTTPError) -> String {
        guard let text = try optionalString(name) else {
            throw .badRequest("member \(name) is missing", parameter: name)
        }
        guard !text.isEmpty else { throw .badRequest("member \(name) is empty", parameter: name) }
        return text
    }

    /// A string member; nil when it is not there or `null`.
    /// - Throws: `HTTPError` 400 for a value of another kind.
    public func optionalString(_ name: String) throws(HTTPError) -> String? {
        switch self[name] {
        case nil, .null: return nil
        case .string(let text): return text
        case .some(let other): throw .badRequest("member \(name) must be a string, not \(other.kind)", parameter: name)
        }
    }

    /// A whole number within `range`; `fallback` when the member is not there or `null`.
    /// - Throws: `HTTPError` 400 for anything else.
    public func integer(_ name: String, in range: ClosedRange<Int>, default fallback: Int) throws(HTTPError) -> Int {
        switch self[name] {
        case nil, .null: return fallback
        case .integer(let number) where range.contains(Int(number)): return Int(number)
        // 5.0 and 5 are the same number to JSON.
        case .number(let number) where Int(exactly: number).map(range.contains) ?? false: return Int(number)
        default:
            throw .badRequest(
                "member \(name) must be a whole number from \(range.lowerBound) to \(range.upperBound)",
                parameter: name)
        }
    }

    /// An array of strings, at most `limit`; empty when the member is not there or `null`.
    /// - Throws: `HTTPError` 400 for anything else.
    public func strings(_ name: String, limit: Int) throws(HTTPError) -> [String] {
        switch self[name] {
        case nil, .null: return []
        case .array(let elements):
            guard elements.count <= limit else {
                throw .badRequest("member \(name) holds more than \(limit) elements", parameter: name)
            }
            var strings: [String] = []
            strings.reserveCapacity(elements.count)
            for element in elements {
                guard case .string(let text) = element else {
                    throw .badRequest("member \(name) must hold strings only, not \(element.kind)", parameter: name)
                }
                strings.append(text)
            }
            return strings
        case .some(let other):
            throw .badRequest("member \(name) must be an array of strings, not \(other.kind)", parameter: name)
        }
    }

    /// Throws `HTTPError` 400 unless the value is an object.
    public func requireObject() throws(HTTPError) {
        guard case .object = self else { throw .badRequest("the body must be a JSON object, not \(kind)") }
    }
}
