import Foundation

/// One object on one line, fields in the order they were set: what every benchmark prints.
struct JSONLine {
    /// A value of a field.
    indirect enum Value {
        case text(String)
        case integer(Int)
        /// A number and how many digits after the point are told.
        case number(Double, digits: Int)
        case boolean(Bool)
        case list([Value])
        case object(JSONLine)
    }

    private var fields: [(name: String, value: Value)] = []

    /// An object without fields.
    init() {}

    /// An object that begins with `bench` and `engine`, as the peers' lines do.
    init(bench: String, engine: String = "segue") {
        set("bench", bench)
        set("engine", engine)
    }

    mutating func set(_ name: String, _ value: Value) {
        if let index = fields.firstIndex(where: { $0.name == name }) {
            fields[index].value = value
        } else {
            fields.append((name, value))
        }
    }

    mutating func set(_ name: String, _ text: String) { set(name, .text(text)) }
    mutating func set(_ name: String, _ integer: Int) { set(name, .integer(integer)) }
    mutating func set(_ name: String, _ boolean: Bool) { set(name, .boolean(boolean)) }
    mutating func set(_ name: String, _ number: Double, digits: Int = 4) { set(name, .number(number, digits: digits)) }

    /// The object as JSON. A number that is not finite is `null`, as JSON has no other word for it.
    var text: String {
        "{" + fields.map { "\(Self.quoted($0.name)): \(Self.text(of: $0.value))" }.joined(separator: ", ") + "}"
    }

    /// Writes the line to standard output.
    func print() { StandardStream.output.write(text + "\n") }

    private static func text(of value: Value) -> String {
        switch value {
        case .text(let text): quoted(text)
        case .integer(let integer): String(integer)
        case .number(let number, let digits): number.isFinite ? rounded(number, digits) : "null"
        case .boolean(let boolean): boolean ? "true" : "false"
        case .list(let values): "[" + values.map(text(of:)).joined(separator: ", ") + "]"
        case .object(let line): line.text
        }
    }

    private static func rounded(_ number: Double, _ digits: Int) -> String { String(format: "%.\(digits)f", number) }

    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case _ where scalar.value < 0x20: quoted += String(format: "\\u%04x", scalar.value)
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
