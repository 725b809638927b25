import ServiceKit
import Synchronization
import Testing

@Suite struct ArgumentsTests {
    private static let users = Option(
        "users", short: "u", default: 100, in: 1...1000, valueName: "N", "How many users.")
    private static let rate = OptionalOption<Double>(
        "rate", in: 0.1...10, absence: "as fast as possible", "Per second.")
    private static let set = RepeatedOption<String>("set", valueName: "KEY=VALUE", "Changes a setting.")
    private static let isQuiet = Flag("quiet", short: "q", "Says nothing.")
    private static let isForced = Flag("force", short: "f", "Does it all the same.")
    private static let folder = Positional<String>("folder", "Where to read.")
    private static let limit = OptionalPositional<Int>("limit", "How much.")
    private static let files = RestPositional<String>("files", "What else.")
    private static let config = OptionalOption<String>("config", valueName: "FILE", "Settings.")

    private func program(_ body: @escaping @Sendable (ParsedArguments) throws -> Void = { _ in }) -> CommandLineProgram
    {
        CommandLineProgram(
            Command(
                "segue", "recommends songs", arguments: [Self.config],
                subcommands: [
                    Command(
                        "simulate", "generate listens", discussion: "Like people do.",
                        examples: [.init("segue simulate --users 10", "Ten users.")],
                        arguments: [Self.users, Self.rate, Self.set, Self.isQuiet, Self.isForced], body: body),
                    Command("import", "read files", arguments: [Self.folder, Self.limit, Self.files], body: body),
                    Command(
                        "models", "look after models",
                        subcommands: [
                            Command("list", "show them", body: body), Command("rollback", "go back", body: body),
                        ]),
                ]), version: "1.2.3")
    }

    private func parse(_ line: String) throws -> ParsedArguments {
        switch try program().parse(line.split(separator: " ").map(String.init)) {
        case .run(_, let parsed): return parsed
        case .show(let text): throw UsageError("shows \(text)", command: "")
        }
    }

    private func help(_ line: String) throws -> String {
        switch try program().parse(line.split(separator: " ").map(String.init)) {
        case .run: return "ran"
        case .show(let text): return text
        }
    }

    @Test func optionsAreReadInEveryForm() throws {
        let none = try parse("simulate")
        #expect(none[Self.users] == 100 && none[Self.rate] == nil && none[Self.set] == [] && !none[Self.isQuiet])
        for line in ["simulate --users 7", "simulate --users=7", "simulate -u 7", "simulate -u7", "simulate -u=7"] {
            #expect(try parse(line)[Self.users] == 7)
        }
        let many = try parse("--config a.json5 simulate --set a=1 --set=b=2 -qf --rate 2.5")
        #expect(many[Self.set] == ["a=1", "b=2"] && many[Self.isQuiet] && many[Self.isForced])
        #expect(many[Self.rate] == 2.5 && many[Self.config] == "a.json5")
        #expect(try parse("simulate --config b")[Self.config] == "b")
        #expect(try parse("simulate -fu9")[Self.users] == 9)
    }

    @Test func positionalsAreReadInOrder() throws {
        let all = try parse("import data 5 x y")
        #expect(all[Self.folder] == "data" && all[Self.limit] == 5 && all[Self.files] == ["x", "y"])
        #expect(try parse("import -- --odd")[Self.folder] == "--odd")
        #expect(try parse("import data -5")[Self.limit] == -5)
        #expect(try parse("import data")[Self.limit] == nil)
        #expect(try parse("import -")[Self.folder] == "-")
    }

    @Test(arguments: [
        ("", "a command is needed: simulate, import, models"), ("simulat", "Did you mean \"simulate\"?"),
        ("models", "a command is needed: list, rollback"), ("models lst", "Did you mean \"list\"?"),
        ("simulate --user 5", "Did you mean --users?"), ("simulate --users", "--users needs a value: a whole number"),
        ("simulate --users 0", "--users is \"0\"; allowed is a whole number, 1 … 1000"),
        ("simulate --users x", "--users is \"x\""), ("simulate --users 1 --users 2", "given twice"),
        ("simulate --users --quiet", "--users needs a value"), ("simulate --quiet=1", "--quiet takes no value"),
        ("simulate -z", "no option -z"), ("simulate extra", "\"extra\" is one argument too many for segue simulate"),
        ("import", "FOLDER is missing: Where to read."), ("import d five", "LIMIT is \"five\""),
        ("simulate --zzzzzz", "segue simulate has no option --zzzzzz"),
    ])
    func wrongUsageIsExplained(_ line: String, _ words: String) {
        let error = #expect(throws: UsageError.self) { try parse(line) }
        #expect(error?.reason.contains(words) == true, "\(error?.reason ?? "")")
    }

    @Test func helpTellsUsageDefaultsRangesAndExamples() throws {
        let text = try help("simulate --help")
        #expect(text.contains("segue simulate: generate listens"))
        #expect(text.contains("Usage: segue simulate [options]"))
        #expect(text.contains("-u, --users N"))
        #expect(text.contains("default: 100"))
        #expect(text.contains("default: as fast as"))
        #expect(text.contains("Options of every command:"))
        #expect(text.contains("--config FILE"))
        #expect(text.contains("Examples:\n  segue simulate --users 10\n      Ten users."))
        #expect(text.split(separator: "\n").allSatisfy { $0.count <= 100 })
        #expect(try help("import -h").contains("Usage: segue import [options] FOLDER [LIMIT] [FILES…]"))
        #expect(try help("help simulate") == text)
        #expect(try help("--help").contains("  simulate"))
        #expect(try help("--version") == "segue 1.2.3\n")
    }

    @Test func theExitStatusTellsWhatHappened() {
        struct Failure: Error {}
        let ran = Atomic<Int>(0)
        #expect(program { _ in ran.wrappingAdd(1, ordering: .relaxed) }.run(["models", "list"]) == 0)
        #expect(ran.load(ordering: .relaxed) == 1)
        #expect(program { _ in throw Failure() }.run(["models", "list"]) == 1)
        #expect(program { _ in throw CommandExit(status: 7) }.run(["models", "list"]) == 7)
        #expect(program { _ in throw UsageError("x", command: "segue") }.run(["models", "list"]) == 2)
        #expect(program().run(["nonsense"]) == 2)
    }
}
