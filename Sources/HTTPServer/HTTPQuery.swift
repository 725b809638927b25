/// The parameters of a request's query, decoded. Accessors that want one value refuse a parameter given twice, and a
/// value that is not what was asked for is answered with a 400 that names the parameter.
public struct HTTPQuery: Sendable {
    /// Name and value of each parameter, in order.
    public private(set) var parameters: [(name: String, value: String)] = []

    /// Parses the bytes after `?`.
    ///
    /// - Throws: `HTTPError` 400 for a broken escape, bytes that are not UTF-8, or a control character.
    /// - Complexity: O(bytes)
    public init(_ bytes: ArraySlice<UInt8>) throws(HTTPError) {
        var start = bytes.startIndex
        while start < bytes.endIndex {
            let end = bytes[start...].firstIndex(of: UInt8(ascii: "&")) ?? bytes.endIndex
            if end > start { parameters.append(try Self.parameter(bytes[start..<end])) }
            start = end + 1
        }
    }

    private static func parameter(_ bytes: ArraySlice<UInt8>) throws(HTTPError) -> (name: String, value: String) {
        let equals = bytes.firstIndex(of: UInt8(ascii: "=")) ?? bytes.endIndex
        let name = try PercentDecoding.decode(bytes[..<equals], plusIsSpace: true, place: "a parameter's name")
        let rest = bytes[min(equals + 1, bytes.endIndex)...]
        let value = try PercentDecoding.decode(rest, plusIsSpace: true, place: "parameter \(name)")
        return (name, value)
    }

    /// The value of a parameter, nil when it is not there.
    /// - Throws: `HTTPError` 400 when it is given more than once.
    public func string(_ name: String) throws(HTTPError) -> String? {
        var found: String?
        for parameter in parameters where parameter.name == name {
            guard found == nil else { throw .badRequest("parameter \(name) is given more than once", parameter: name) }
            found = parameter.value
        }
        return found
    }

    /// All values of a parameter that may be repeated.
    public func strings(_ name: String) -> [String] {
        parameters.filter { $0.name == name }.map(\.value)
    }

    /// The value of a parameter that must be there and must not be empty.
    /// - Throws: `HTTPError` 400 otherwise.
    public func required(_ name: String) throws(HTTPError) -> String {
        guard let value = try string(name) else { throw .badRequest("parameter \(name) is missing", parameter: name) }
        guard !value.isEmpty else { throw .badRequest("parameter \(name) is empty", parameter: name) }
        return value
    }

    /// A whole number within `range`, `fallback` when the parameter is not there.
    /// - Throws: `HTTPError` 400 for anything else.
    public func integer(
        _ name: String, in range: ClosedRange<Int>, default fallback: Int
    ) throws(HTTPError) -> Int {
        guard let text = try string(name) else { return fallback }
        guard let number = Int(text), range.contains(number) else {
            throw .badRequest(
                "parameter \(name) must be a whole number from \(range.lowerBound) to \(range.upperBound)",
                parameter: name)
        }
        return number
    }

    /// A number within `range`, `fallback` when the parameter is not there.
    /// - Throws: `HTTPError` 400 for anything else.
    public func number(
        _ name: String, in range: ClosedRange<Double>, default fallback: Double
    ) throws(HTTPError) -> Double {
        guard let text = try string(name) else { return fallback }
        guard let number = Double(text), range.contains(number) else {
            throw .badRequest(
                "parameter \(name) must be a number from \(range.lowerBound) to \(range.upperBound)", parameter: name)
        }
        return number
    }

    /// One of a set of words, `fallback` when the parameter is not there.
    /// - Throws: `HTTPError` 400, listing the words, for any other.
    public func choice<Choice: RawRepresentable & CaseIterable>(
        _ name: String, default fallback: Choice
    ) throws(HTTPError) -> Choice where Choice.RawValue == String {
        guard let text = try string(name) else { return fallback }
        guard let choice = Choice(rawValue: text) else {
            let allowed = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw .badRequest("parameter \(name) must be one of: \(allowed)", parameter: name)
        }
        return choice
    }
}
