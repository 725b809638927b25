/// A command of the program: what it is for, what it takes, and what it does; or a group of commands.
public struct Command: Sendable {
    /// An example for `--help`.
    public struct Example: Sendable {
        let line: String
        let explanation: String

        /// A whole command line and what it does.
        public init(_ line: String, _ explanation: String) {
            self.line = line
            self.explanation = explanation
        }
    }

    /// The word that calls it.
    public let name: String
    let summary: String
    let discussion: String
    let examples: [Example]
    let arguments: [any ArgumentDeclaration]
    let subcommands: [Command]
    let body: (@Sendable (ParsedArguments) throws -> Void)?

    /// A command that does something.
    ///
    /// - Parameters:
    ///   - summary: one line, a verb first.
    ///   - discussion: more, for `--help`.
    ///   - arguments: options and flags in the order to show, positionals in the order to give.
    public init(
        _ name: String, _ summary: String, discussion: String = "", examples: [Example] = [],
        arguments: [any ArgumentDeclaration] = [], body: @escaping @Sendable (ParsedArguments) throws -> Void
    ) {
        self.name = name
        self.summary = summary
        self.discussion = discussion
        self.examples = examples
        self.arguments = arguments
        subcommands = []
        self.body = body
        checkDeclarations()
    }

    /// A group of commands.
    ///
    /// - Parameter arguments: options and flags that every command of the group takes as well, anywhere on the line.
    public init(
        _ name: String, _ summary: String, discussion: String = "", examples: [Example] = [],
        arguments: [any ArgumentDeclaration] = [], subcommands: [Command]
    ) {
        self.name = name
        self.summary = summary
        self.discussion = discussion
        self.examples = examples
        self.arguments = arguments
        self.subcommands = subcommands
        body = nil
        precondition(!arguments.contains { $0.form.isPositional }, "a group takes no positionals")
        checkDeclarations()
    }

    private func checkDeclarations() {
        let names = arguments.map(\.form.name)
        precondition(Set(names).count == names.count, "an argument of \(name) is declared twice")
        let positionals = arguments.map(\.form).filter(\.isPositional)
        precondition(!positionals.dropLast().contains { $0.isRepeated }, "only the last positional can take the rest")
        let optionalStart = positionals.firstIndex { !$0.isRequired } ?? positionals.count
        precondition(!positionals[optionalStart...].contains { $0.isRequired }, "required positionals come first")
    }
}

/// What was given on the command line, read and checked.
public struct ParsedArguments: Sendable {
    var values: [String: [any SettingValue]] = [:]
    var flags: Set<String> = []

    /// The option's value, or its default.
    public subscript<Value>(option: Option<Value>) -> Value {
        values[option.form.name]?.last as? Value ?? option.defaultValue
    }

    /// The option's value, or nil.
    public subscript<Value>(option: OptionalOption<Value>) -> Value? { values[option.form.name]?.last as? Value }

    /// The option's values in the order given.
    public subscript<Value>(option: RepeatedOption<Value>) -> [Value] { all(option.form.name) }

    /// Whether the flag was given.
    public subscript(flag: Flag) -> Bool { flags.contains(flag.form.name) }

    /// The argument. It must be one of the running command's.
    public subscript<Value>(positional: Positional<Value>) -> Value {
        guard let value = values[positional.form.name]?.first as? Value else {
            preconditionFailure("\(positional.form.name) is not declared by this command")
        }
        return value
    }

    /// The argument, or nil.
    public subscript<Value>(positional: OptionalPositional<Value>) -> Value? {
        values[positional.form.name]?.first as? Value
    }

    /// The arguments that were left.
    public subscript<Value>(positional: RestPositional<Value>) -> [Value] { all(positional.form.name) }

    private func all<Value>(_ name: String) -> [Value] { (values[name] ?? []).compactMap { $0 as? Value } }
}
