/// Walks over a command line once.
struct ArgumentReader {
    private let program: CommandLineProgram
    private var rest: ArraySlice<String>
    /// From the root to the command found so far.
    private var path: [Command]
    private var parsed = ParsedArguments()
    private var positionals: [String] = []

    init(program: CommandLineProgram, arguments: [String]) {
        self.program = program
        rest = arguments[...]
        path = [program.root]
    }

    private var command: Command { path[path.count - 1] }
    private var commandLine: String { path.map(\.name).joined(separator: " ") }
    private var options: [ArgumentForm] { path.flatMap(\.arguments).map(\.form).filter { !$0.isPositional } }

    mutating func read() throws -> CommandLineProgram.Request {
        var onlyPositionals = false
        while let argument = rest.popFirst() {
            if onlyPositionals || argument == "-" || !argument.hasPrefix("-") || isNegativeNumber(argument) {
                try takeWord(argument)
            } else if argument == "--" {
                onlyPositionals = true
            } else if argument == "--help" || argument == "-h" {
                return .show(help())
            } else if argument == "--version", path.count == 1 {
                return .show("\(program.root.name) \(program.version)\n")
            } else if argument.hasPrefix("--") {
                try takeLongOption(argument)
            } else {
                try takeShortOptions(argument)
            }
        }
        guard command.body != nil else {
            throw wrong("a command is needed: \(command.subcommands.map(\.name).joined(separator: ", "))")
        }
        try assignPositionals()
        return .run(command, parsed)
    }

    /// `-5` is a value where positionals are numbers, and no command has an option named by a digit.
    private func isNegativeNumber(_ argument: String) -> Bool { Double(argument) != nil }

    private mutating func takeWord(_ word: String) throws {
        guard command.body == nil else { return positionals.append(word) }
        if word == "help" { return try showHelpForRest() }
        guard let next = command.subcommands.first(where: { $0.name == word }) else {
            let names = command.subcommands.map(\.name)
            throw wrong(
                "there is no command \"\(word)\".\(Suggestion.sentence(for: word, among: names)) "
                    + "Commands are \(names.joined(separator: ", "))")
        }
        path.append(next)
    }

    /// `segue help train` is `segue train --help`.
    private mutating func showHelpForRest() throws {
        rest.append("--help")
    }

    private mutating func takeLongOption(_ argument: String) throws {
        let body = argument.dropFirst(2)
        let equals = body.firstIndex(of: "=")
        let name = String(body[..<(equals ?? body.endIndex)])
        let value = equals.map { String(body[body.index(after: $0)...]) }
        guard let form = options.last(where: { $0.name == name }) else {
            let names = options.map(\.name) + ["help"]
            let nearest = Suggestion.nearest(to: name, among: names).map { " Did you mean --\($0)?" } ?? ""
            throw wrong("\(commandLine) has no option --\(name).\(nearest)")
        }
        try take(form, written: "--\(name)", value: value)
    }

    /// `-v`, `-n 5`, `-n5`, `-vq`.
    private mutating func takeShortOptions(_ argument: String) throws {
        var letters = argument.dropFirst()
        while let letter = letters.popFirst() {
            guard let form = options.last(where: { $0.short == letter }) else {
                throw wrong("\(commandLine) has no option -\(letter)")
            }
            var value: String?
            if !form.isFlag, !letters.isEmpty {
                value = String(letters.first == "=" ? letters.dropFirst() : letters)
                letters = ""
            }
            try take(form, written: "-\(letter)", value: value)
        }
    }

    private mutating func take(_ form: ArgumentForm, written: String, value: String?) throws {
        if form.isFlag {
            guard value == nil else { throw wrong("\(written) takes no value") }
            parsed.flags.insert(form.name)
            return
        }
        guard let text = value ?? rest.popFirst() else {
            throw wrong("\(written) needs a value: \(form.expectation)")
        }
        if value == nil, text.hasPrefix("--"), options.contains(where: { "--\($0.name)" == text }) {
            throw wrong("\(written) needs a value: \(form.expectation)")
        }
        guard form.isRepeated || parsed.values[form.name] == nil else { throw wrong("\(written) is given twice") }
        parsed.values[form.name, default: []].append(try read(text, as: form, written: written))
    }

    private mutating func assignPositionals() throws {
        let forms = command.arguments.map(\.form).filter(\.isPositional)
        var words = positionals[...]
        for form in forms {
            if form.isRequired, words.isEmpty {
                throw wrong("\(form.valueName) is missing: \(form.help)")
            }
            let taken = form.isRepeated ? words.count : min(1, words.count)
            for word in words.prefix(taken) {
                parsed.values[form.name, default: []].append(try read(word, as: form, written: form.valueName))
            }
            words = words.dropFirst(taken)
        }
        if let extra = words.first { throw wrong("\"\(extra)\" is one argument too many for \(commandLine)") }
    }

    private func read(_ text: String, as form: ArgumentForm, written: String) throws -> any SettingValue {
        guard let value = form.parse(text) else {
            throw wrong("\(written) is \(JSONText.string(text)); allowed is \(form.expectation)")
        }
        return value
    }

    private func wrong(_ reason: String) -> UsageError { UsageError(reason, command: commandLine) }

    private func help() -> String {
        CommandHelp(path: path, width: min(100, max(60, Terminal.standardOutput.width))).text
    }
}
