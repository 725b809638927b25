/// An option with a value, `--users 2000` or `--users=2000`, that is something even when it is not given.
///
///     static let users = Option("users", default: 2000, in: 1...10_000_000, valueName: "N", "How many listeners.")
///     let count = arguments[users]
public struct Option<Value: SettingValue>: ArgumentDeclaration {
    /// What all declarations share.
    public let form: ArgumentForm
    let defaultValue: Value

    /// Declares an option with a default.
    public init(
        _ name: String, short: Character? = nil, default defaultValue: Value, valueName: String = "VALUE",
        _ help: String
    ) {
        self.defaultValue = defaultValue
        form = .option(name, short, Value.self, valueName, help, defaultText: defaultValue.text)
    }

    /// Declares an option with a default and a range.
    public init(
        _ name: String, short: Character? = nil, default defaultValue: Value, in range: ClosedRange<Value>,
        valueName: String = "N", _ help: String
    ) where Value: Comparable {
        precondition(range.contains(defaultValue), "the default of --\(name) is not allowed")
        self.defaultValue = defaultValue
        form = .option(name, short, Value.self, valueName, help, defaultText: defaultValue.text, range: range)
    }
}

/// An option with a value that may be absent: then it is nil, and the program does what `absence` says.
public struct OptionalOption<Value: SettingValue>: ArgumentDeclaration {
    /// What all declarations share.
    public let form: ArgumentForm

    /// Declares an option without a default.
    ///
    /// - Parameter absence: what happens when it is not given, shown as the default: "from the configuration".
    public init(
        _ name: String, short: Character? = nil, valueName: String = "VALUE",
        absence: String = "", _ help: String
    ) {
        form = .option(name, short, Value.self, valueName, help, defaultText: absence)
    }

    /// Declares an option without a default and with a range.
    public init(
        _ name: String, short: Character? = nil, in range: ClosedRange<Value>, valueName: String = "N",
        absence: String = "", _ help: String
    ) where Value: Comparable {
        form = .option(name, short, Value.self, valueName, help, defaultText: absence, range: range)
    }
}

/// An option that may be given several times: `--set a=1 --set b=2`.
public struct RepeatedOption<Value: SettingValue>: ArgumentDeclaration {
    /// What all declarations share.
    public let form: ArgumentForm

    /// Declares an option that collects its values in order.
    public init(
        _ name: String, short: Character? = nil, valueName: String = "VALUE",
        _ help: String
    ) {
        var form = ArgumentForm.option(name, short, Value.self, valueName, help, defaultText: "")
        form.isRepeated = true
        self.form = form
    }
}

/// An option without a value: on when it is given.
public struct Flag: ArgumentDeclaration {
    /// What all declarations share.
    public let form: ArgumentForm

    /// Declares a flag.
    public init(_ name: String, short: Character? = nil, _ help: String) {
        form = ArgumentForm(
            name: name, short: short, kind: .flag, valueName: "", help: help, defaultText: "", expectation: ""
        ) { _ in nil }
    }
}

/// An argument by place, which must be given.
public struct Positional<Value: SettingValue>: ArgumentDeclaration {
    /// What all declarations share.
    public let form: ArgumentForm

    /// Declares an argument; `name` is shown in capitals.
    public init(_ name: String, _ help: String) {
        form = .positional(name, Value.self, help, isRequired: true)
    }
}

/// An argument by place that may be absent.
public struct OptionalPositional<Value: SettingValue>: ArgumentDeclaration {
    /// What all declarations share.
    public let form: ArgumentForm

    /// Declares an argument; `name` is shown in capitals.
    public init(_ name: String, _ help: String) {
        form = .positional(name, Value.self, help, isRequired: false)
    }
}

/// All arguments that are left: the last positional of a command.
public struct RestPositional<Value: SettingValue>: ArgumentDeclaration {
    /// What all declarations share.
    public let form: ArgumentForm

    /// Declares the rest; `name` is shown in capitals.
    ///
    /// - Parameter isRequired: whether there must be one at least.
    public init(_ name: String, isRequired: Bool = false, _ help: String) {
        var form = ArgumentForm.positional(name, Value.self, help, isRequired: isRequired)
        form.isRepeated = true
        self.form = form
    }
}

/// An option, flag or positional of whatever type.
public protocol ArgumentDeclaration: Sendable {
    /// How it is written and read.
    var form: ArgumentForm { get }
}

/// How an argument is written, read and explained.
public struct ArgumentForm: Sendable {
    enum Kind: Sendable {
        case option
        case flag
        case positional(isRequired: Bool)
    }

    /// Long name without dashes, or the positional's name.
    public let name: String
    let short: Character?
    let kind: Kind
    let valueName: String
    let help: String
    let defaultText: String
    let expectation: String
    let parse: @Sendable (String) -> (any SettingValue)?
    var isRepeated = false

    init(
        name: String, short: Character?, kind: Kind, valueName: String, help: String, defaultText: String,
        expectation: String, parse: @escaping @Sendable (String) -> (any SettingValue)?
    ) {
        self.name = name
        self.short = short
        self.kind = kind
        self.valueName = valueName
        self.help = help
        self.defaultText = defaultText
        self.expectation = expectation
        self.parse = parse
    }

    static func option<Value: SettingValue>(
        _ name: String, _ short: Character?, _ type: Value.Type, _ valueName: String, _ help: String,
        defaultText: String
    ) -> Self {
        Self(
            name: name, short: short, kind: .option, valueName: valueName, help: help, defaultText: defaultText,
            expectation: Value.kind
        ) { Value(text: $0) }
    }

    static func option<Value: SettingValue & Comparable>(
        _ name: String, _ short: Character?, _ type: Value.Type, _ valueName: String, _ help: String,
        defaultText: String, range: ClosedRange<Value>
    ) -> Self {
        let words = "\(Value.kind), \(range.lowerBound.text) … \(range.upperBound.text)"
        return Self(
            name: name, short: short, kind: .option, valueName: valueName, help: help, defaultText: defaultText,
            expectation: words
        ) { text in Value(text: text).flatMap { range.contains($0) ? $0 : nil } }
    }

    static func positional<Value: SettingValue>(
        _ name: String, _ type: Value.Type, _ help: String, isRequired: Bool
    ) -> Self {
        Self(
            name: name, short: nil, kind: .positional(isRequired: isRequired), valueName: name.uppercased(), help: help,
            defaultText: "", expectation: Value.kind
        ) { Value(text: $0) }
    }

    var isPositional: Bool { if case .positional = kind { true } else { false } }
    var isFlag: Bool { if case .flag = kind { true } else { false } }
    var isRequired: Bool { if case .positional(true) = kind { true } else { false } }
}
