/// A type that configuration files, environment variables and command lines can hold.
public protocol SettingValue: Sendable {
    /// What a person is told to write: "a whole number".
    static var kind: String { get }
    /// Reads it from an environment variable or a command line; nil when it is no such value.
    init?(text: String)
    /// Reads it from a configuration file; nil when it is no such value.
    init?(json: JSON5Value)
    /// The value as it stands in a configuration file.
    var json5: String { get }
    /// The value for people.
    var text: String { get }
}

extension String: SettingValue {
    /// Any text.
    public static var kind: String { "text" }
    /// Always succeeds.
    public init?(text: String) { self = text }
    /// A string.
    public init?(json: JSON5Value) {
        guard case .string(let text) = json else { return nil }
        self = text
    }
    /// A quoted string.
    public var json5: String { JSONText.string(self) }
    /// Itself.
    public var text: String { self }
}

extension Int: SettingValue {
    /// Digits, perhaps grouped by underscores.
    public static var kind: String { "a whole number" }
    /// `42`, `-1`, `1_000_000`.
    public init?(text: String) {
        guard text.first != "_", text.last != "_", let value = Int(text.filter { $0 != "_" }) else { return nil }
        self = value
    }
    /// A number without a fraction.
    public init?(json: JSON5Value) {
        guard case .number(let number) = json, let value = Int(exactly: number) else { return nil }
        self = value
    }
    /// Its digits.
    public var json5: String { "\(self)" }
    /// Its digits.
    public var text: String { "\(self)" }
}

extension Double: SettingValue {
    /// A finite number.
    public static var kind: String { "a number" }
    /// `0.5`, `1e-3`.
    public init?(text: String) {
        guard let value = Double(text), value.isFinite else { return nil }
        self = value
    }
    /// A finite number.
    public init?(json: JSON5Value) {
        guard case .number(let number) = json, number.isFinite else { return nil }
        self = number
    }
    /// Shortest digits that read back the same.
    public var json5: String { "\(self)" }
    /// Shortest digits that read back the same.
    public var text: String { "\(self)" }
}

extension Bool: SettingValue {
    /// `true` or `false`.
    public static var kind: String { "true or false" }
    /// `true`, `yes`, `on`, `1` and their opposites.
    public init?(text: String) {
        switch text.lowercased() {
        case "true", "yes", "on", "1": self = true
        case "false", "no", "off", "0": self = false
        default: return nil
        }
    }
    /// `true` or `false`.
    public init?(json: JSON5Value) {
        guard case .bool(let value) = json else { return nil }
        self = value
    }
    /// `true` or `false`.
    public var json5: String { "\(self)" }
    /// `true` or `false`.
    public var text: String { "\(self)" }
}

extension Duration: SettingValue {
    /// Number and unit.
    public static var kind: String { "a duration such as 500ms, 30s, 5m, 2h or 1d" }
    /// `500ms`, `1.5s`, `5m`, `2h`, `1d`; `0` needs no unit.
    public init?(text: String) {
        if text == "0" {
            self = .zero
            return
        }
        let units = [("ms", 0.001), ("us", 0.000_001), ("s", 1), ("m", 60), ("h", 3600), ("d", 86_400)]
        for (suffix, seconds) in units where text.hasSuffix(suffix) {
            guard let number = Double(text.dropLast(suffix.count)), number.isFinite, number >= 0, number < 1e9 else {
                return nil
            }
            self = .nanoseconds(Int64((number * seconds * 1e9).rounded()))
            return
        }
        return nil
    }
    /// A string with a unit.
    public init?(json: JSON5Value) {
        guard case .string(let text) = json else { return nil }
        self.init(text: text)
    }
    /// A quoted string with a unit.
    public var json5: String { JSONText.string(text) }
    /// The largest unit that needs no fraction.
    public var text: String {
        let nanoseconds = clampedNanoseconds
        let units: [(String, Int64)] = [
            ("d", 86_400_000_000_000), ("h", 3_600_000_000_000), ("m", 60_000_000_000), ("s", 1_000_000_000),
            ("ms", 1_000_000), ("us", 1000),
        ]
        for (suffix, size) in units where nanoseconds != 0 && nanoseconds.isMultiple(of: size) {
            return "\(nanoseconds / size)\(suffix)"
        }
        return nanoseconds == 0 ? "0s" : "\(secondCount)s"
    }
}

/// A size in bytes, written with a unit: `64MiB`.
public struct ByteCount: SettingValue, Hashable, Comparable, ExpressibleByIntegerLiteral {
    /// The bytes.
    public var bytes: Int
    /// That many bytes.
    public init(_ bytes: Int) { self.bytes = bytes }
    /// That many bytes.
    public init(integerLiteral value: Int) { bytes = value }
    /// That many times 2^20 bytes.
    public static func mebibytes(_ count: Int) -> Self { Self(count << 20) }
    /// Number and unit.
    public static var kind: String { "a size such as 4096, 64KiB, 16MiB or 2GiB" }

    private static let units = [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40)]

    /// `4096`, `64KiB`, `1.5GiB`.
    public init?(text: String) {
        let unit = Self.units.first { text.hasSuffix($0.0) }
        let digits = unit.map { String(text.dropLast($0.0.count)) } ?? text
        guard let number = Double(digits), number >= 0, number * Double(unit?.1 ?? 1) < 1e15 else { return nil }
        guard unit != nil || Int(text) != nil else { return nil }
        bytes = Int(number * Double(unit?.1 ?? 1))
    }
    /// A string with a unit, or a number of bytes.
    public init?(json: JSON5Value) {
        if case .string(let text) = json {
            self.init(text: text)
        } else {
            guard let bytes = Int(json: json), bytes >= 0 else { return nil }
            self.init(bytes)
        }
    }
    /// A quoted string with a unit, or a number.
    public var json5: String { text == "\(bytes)" ? text : JSONText.string(text) }
    /// The largest unit that needs no fraction.
    public var text: String {
        guard let unit = Self.units.last(where: { bytes >= $0.1 && bytes.isMultiple(of: $0.1) }) else {
            return "\(bytes)"
        }
        return "\(bytes / unit.1)\(unit.0)"
    }
    /// Fewer bytes come first.
    public static func < (left: Self, right: Self) -> Bool { left.bytes < right.bytes }
}

extension Array: SettingValue where Element: SettingValue {
    /// The elements' kind, several times.
    public static var kind: String { "a list, each of it \(Element.kind)" }
    /// Parts between commas.
    public init?(text: String) {
        let parts = text.isEmpty ? [] : text.split(separator: ",", omittingEmptySubsequences: false)
        let values = parts.compactMap { Element(text: $0.trimmingSpaces()) }
        guard values.count == parts.count else { return nil }
        self = values
    }
    /// An array.
    public init?(json: JSON5Value) {
        guard case .array(let nodes) = json else { return nil }
        let values = nodes.compactMap { Element(json: $0.value) }
        guard values.count == nodes.count else { return nil }
        self = values
    }
    /// An array.
    public var json5: String { "[\(map(\.json5).joined(separator: ", "))]" }
    /// The elements between commas.
    public var text: String { map(\.text).joined(separator: ",") }
}

/// An enum of named choices: declare `enum Format: String, SettingChoice { case text, json }`.
public protocol SettingChoice: SettingValue, CaseIterable, RawRepresentable where RawValue == String {}

extension SettingChoice {
    /// The choices.
    public static var kind: String { "one of \(allCases.map(\.rawValue).joined(separator: ", "))" }
    /// The raw value.
    public init?(text: String) { self.init(rawValue: text) }
    /// A string with the raw value.
    public init?(json: JSON5Value) {
        guard case .string(let text) = json else { return nil }
        self.init(rawValue: text)
    }
    /// A quoted string.
    public var json5: String { JSONText.string(rawValue) }
    /// The raw value.
    public var text: String { rawValue }
}

extension LogFormat: SettingChoice {}

extension LogLevel: SettingValue {
    /// The levels.
    public static var kind: String { "one of \(allCases.map(\.name).joined(separator: ", "))" }
    /// The level's name.
    public init?(text: String) { self.init(name: text) }
    /// A string with the level's name.
    public init?(json: JSON5Value) {
        guard case .string(let text) = json else { return nil }
        self.init(name: text)
    }
    /// A quoted string.
    public var json5: String { JSONText.string(name) }
    /// The level's name.
    public var text: String { name }
}

extension StringProtocol {
    /// Without spaces and tabs at both ends.
    func trimmingSpaces() -> String {
        var rest = Substring(self)
        while let first = rest.first, first == " " || first == "\t" { rest.removeFirst() }
        while let last = rest.last, last == " " || last == "\t" { rest.removeLast() }
        return String(rest)
    }
}
