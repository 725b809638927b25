/// One setting: where it stands, what type it has, what it is when nothing is said, and a sentence about it.
///
///     static let factors = ConfigurationKey("train", "factors", default: 64, in: 8...512, "Latent factors a vector.")
///     let width = configuration[Settings.factors]
public struct ConfigurationKey<Value: SettingValue>: ConfigurationDeclaration {
    /// The section it stands in.
    public let section: String
    /// Its name in the section, in snake case.
    public let name: String
    /// The value when neither file, environment nor command line says another.
    public let defaultValue: Value
    /// One line for people.
    public let comment: String
    /// What is allowed beyond the type, for people; empty for everything.
    public let allowed: String
    private let isAllowed: @Sendable (Value) -> Bool

    /// A setting that takes any value of its type.
    public init(_ section: String, _ name: String, default defaultValue: Value, _ comment: String) {
        self.init(section, name, default: defaultValue, comment, allowed: "") { _ in true }
    }

    /// A setting with a rule of its own.
    ///
    /// - Parameter allowed: the rule in words, to follow "allowed is": "a path that exists".
    public init(
        _ section: String, _ name: String, default defaultValue: Value, _ comment: String, allowed: String,
        where isAllowed: @escaping @Sendable (Value) -> Bool
    ) {
        self.section = section
        self.name = name
        self.defaultValue = defaultValue
        self.comment = comment
        self.allowed = allowed
        self.isAllowed = isAllowed
        precondition(isAllowed(defaultValue), "the default of \(section).\(name) is not allowed")
    }

    /// A setting with a least and a greatest value.
    public init(
        _ section: String, _ name: String, default defaultValue: Value, in range: ClosedRange<Value>, _ comment: String
    ) where Value: Comparable {
        let words = "\(range.lowerBound.text) … \(range.upperBound.text)"
        self.init(section, name, default: defaultValue, comment, allowed: words) { range.contains($0) }
    }

    /// A setting that takes one of a few values.
    public init(
        _ section: String, _ name: String, default defaultValue: Value, oneOf values: [Value], _ comment: String
    ) where Value: Equatable {
        let words = "one of \(values.map(\.text).joined(separator: ", "))"
        self.init(section, name, default: defaultValue, comment, allowed: words) { values.contains($0) }
    }

    /// What a person may write, in words: the type, and the range.
    public var expectation: String {
        guard !allowed.isEmpty else { return Value.kind }
        return allowed.hasPrefix("one of") ? allowed : "\(Value.kind), \(allowed)"
    }

    /// The default as it stands in a configuration file.
    public var defaultJSON5: String { defaultValue.json5 }

    /// The default, typed but erased.
    public var erasedDefault: any SettingValue { defaultValue }

    /// Reads and checks a value of a file; nil when it is not allowed.
    public func value(json: JSON5Value) -> (any SettingValue)? {
        Value(json: json).flatMap { isAllowed($0) ? $0 : nil }
    }

    /// Reads and checks a value of a variable or option; nil when it is not allowed.
    public func value(text: String) -> (any SettingValue)? { Value(text: text).flatMap { isAllowed($0) ? $0 : nil } }
}

/// A `ConfigurationKey` of whatever type.
public protocol ConfigurationDeclaration: Sendable {
    /// The section it stands in.
    var section: String { get }
    /// Its name in the section.
    var name: String { get }
    /// One line for people.
    var comment: String { get }
    /// What a person may write.
    var expectation: String { get }
    /// The default as it stands in a file.
    var defaultJSON5: String { get }
    /// The default.
    var erasedDefault: any SettingValue { get }
    /// Reads and checks a value of a file.
    func value(json: JSON5Value) -> (any SettingValue)?
    /// Reads and checks a value of a variable or option.
    func value(text: String) -> (any SettingValue)?
}

extension ConfigurationDeclaration {
    /// `section.name`.
    public var path: String { "\(section).\(name)" }

    /// The variable that overrides it: `SEGUE_SECTION_NAME` for the prefix `SEGUE`.
    public func environmentName(prefix: String) -> String { "\(prefix)_\(section)_\(name)".uppercased() }
}
