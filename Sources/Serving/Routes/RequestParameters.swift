import Domain
import HTTPServer

/// What a request says, in its query or in the JSON object of its body: one way to read both.
enum RequestParameters {
    /// Of a `GET`.
    case query(HTTPQuery)
    /// Of a `POST`.
    case body(JSONValue)

    /// Whether any name fits.
    func contains(where isWanted: (String) -> Bool) -> Bool {
        switch self {
        case .query(let query): query.parameters.contains { isWanted($0.name) }
        case .body(.object(let members)): members.contains { isWanted($0.name) }
        case .body: false
        }
    }

    /// A text; nil when it is not there.
    func string(_ name: String) throws(HTTPError) -> String? {
        switch self {
        case .query(let query): try query.string(name)
        case .body(let body): try body.optionalString(name)
        }
    }

    /// Texts: the values of a repeated parameter, or an array. Empty when there are none.
    ///
    /// - Parameter orOne: whether one text may stand for an array of one.
    func strings(_ name: String, limit: Int, orOne: Bool = false) throws(HTTPError) -> [String] {
        switch self {
        case .query(let query):
            let strings = query.strings(name)
            guard strings.count <= limit else {
                throw .badRequest("\(name) is given more than \(limit) times", parameter: name)
            }
            return strings
        case .body(let body):
            if orOne, case .string(let text) = body[name] { return [text] }
            return try body.strings(name, limit: limit)
        }
    }

    /// Whether it is there at all, and says something.
    func has(_ name: String) -> Bool {
        switch self {
        case .query(let query): return query.parameters.contains { $0.name == name }
        case .body(let body): return body[name].map { $0 != .null } ?? false
        }
    }

    /// A whole number within `range`; nil when it is not there.
    func integer(_ name: String, in range: ClosedRange<Int>) throws(HTTPError) -> Int? {
        guard has(name) else { return nil }
        switch self {
        case .query(let query): return try query.integer(name, in: range, default: range.lowerBound)
        case .body(let body): return try body.integer(name, in: range, default: range.lowerBound)
        }
    }

    /// A number within `range`; nil when it is not there.
    func number(_ name: String, in range: ClosedRange<Double>) throws(HTTPError) -> Double? {
        guard has(name) else { return nil }
        switch self {
        case .query(let query): return try query.number(name, in: range, default: range.lowerBound)
        case .body(let body):
            let number: Double? =
                switch body[name] {
                case .integer(let whole): Double(whole)
                case .number(let number): number
                default: nil
                }
            guard let number, range.contains(number) else {
                throw .badRequest(
                    "member \(name) must be a number from \(range.lowerBound) to \(range.upperBound)", parameter: name)
            }
            return number
        }
    }

    /// `true` or `false`; nil when it is not there.
    func flag(_ name: String) throws(HTTPError) -> Bool? {
        guard has(name) else { return nil }
        switch self {
        case .query(let query):
            switch try query.string(name) {
            case "true": return true
            case "false": return false
            default: throw .badRequest("parameter \(name) must be true or false", parameter: name)
            }
        case .body(let body):
            guard case .boolean(let flag) = body[name] else {
                throw .badRequest("member \(name) must be true or false", parameter: name)
            }
            return flag
        }
    }

    /// The days of a date, which may be a year (`1999`), a month (`1999-12`) or a day (`1999-12-31`); nil when it is not there.
    func days(_ name: String) throws(HTTPError) -> ClosedRange<EventDay>? {
        guard has(name) else { return nil }
        var text: String?
        if case .body(let body) = self, case .integer(let year) = body[name] {
            text = "\(year)"
        } else {
            text = try string(name)
        }
        guard let days = text.flatMap(Self.days(of:)) else {
            throw .badRequest("\(name) must be a year (1999), a month (1999-12) or a day (1999-12-31)", parameter: name)
        }
        return days
    }

    private static func days(of text: String) -> ClosedRange<EventDay>? {
        if let day = EventDay(text) { return day...day }
        switch text.utf8.count {
        case 4:
            guard let first = EventDay(text + "-01-01"), let last = EventDay(text + "-12-31") else { return nil }
            return first...last
        case 7:
            guard let first = EventDay(text + "-01") else { return nil }
            let last = (28...31).reversed().lazy.compactMap { EventDay("\(text)-\($0)") }.first
            return last.map { first...$0 }
        default: return nil
        }
    }
}
