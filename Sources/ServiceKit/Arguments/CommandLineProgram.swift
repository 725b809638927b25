/// A program with commands: reads the command line, answers `--help` and `--version`, runs the command, gives the exit
/// status.
public struct CommandLineProgram: Sendable {
    /// Exit status for a command line that cannot be understood, as the shell's own commands use it.
    public static let usageStatus: Int32 = 2

    let root: Command
    let version: String

    /// A program of a root command (a group, or a single command).
    public init(_ root: Command, version: String) {
        self.root = root
        self.version = version
    }

    /// What a command line asks for.
    package enum Request {
        case run(Command, ParsedArguments)
        case show(String)
    }

    /// Runs the command that `arguments` (without the program's own name) ask for.
    ///
    /// Usage errors and what the command throws are printed to standard error as one sentence.
    /// - Returns: the exit status: 0, 1 when the command failed, 2 when it was called wrongly, or what a thrown
    ///   `CommandExit` says.
    public func run(_ arguments: [String]) -> Int32 {
        do {
            switch try parse(arguments) {
            case .show(let text): Terminal.standardOutput.write(Array(text.utf8))
            case .run(let command, let parsed): try command.body?(parsed)
            }
            return 0
        } catch let exit as CommandExit {
            return exit.status
        } catch let error as UsageError {
            complain("\(error.reason)\nTry \"\(error.command) --help\".")
            return Self.usageStatus
        } catch {
            complain("\(error)")
            return 1
        }
    }

    private func complain(_ text: String) {
        let terminal = Terminal.standardError
        let word = terminal.usesColour ? "\u{1b}[1;31merror:\u{1b}[0m" : "error:"
        LiveLine.standardError.writeAbove(Array("\(root.name): \(word) \(text)\n".utf8))
    }

    /// Reads a command line.
    ///
    /// - Throws: `UsageError`.
    package func parse(_ arguments: [String]) throws -> Request {
        var reader = ArgumentReader(program: self, arguments: arguments)
        return try reader.read()
    }
}

/// Thrown by a command to end the program with a status of its own, having said all there is to say.
public struct CommandExit: Error, Sendable {
    /// The exit status.
    public let status: Int32

    /// Ends the program with that status.
    public init(status: Int32) { self.status = status }
}

/// A command line that cannot be understood, or values that do not go together. Thrown by a command it prints like the
/// parser's own errors and ends the program with status 2.
public struct UsageError: Error, Sendable, CustomStringConvertible {
    /// What is wrong and what is allowed.
    public let reason: String
    /// The command whose `--help` tells more.
    public let command: String

    /// A mistake in calling `command`, such as "segue simulate".
    public init(_ reason: String, command: String) {
        self.reason = reason
        self.command = command
    }

    /// The reason.
    public var description: String { reason }
}
