import Foundation
import ServiceKit
import Storage

/// Options every command takes.
enum CommonOptions {
    static let config = OptionalOption<String>(
        "config", short: "c", valueName: "FILE", absence: "config/segue.json5 if it is there",
        "Configuration file (JSON5).")
    static let set = RepeatedOption<String>(
        "set", valueName: "SECTION.KEY=VALUE", "Overrides a setting; may be given several times.")
    static let verbose = Flag(
        "verbose", short: "v", "Logs more (level info; twice the detail is --set logging.level=debug).")

    static let all: [any ArgumentDeclaration] = [config, set, verbose]

    static let json = Flag("json", "Prints the answer as one JSON object on standard output.")

    private static let standardFile = "config/segue.json5"

    /// The configuration in force; also sets up logging by it.
    static func configuration(_ arguments: ParsedArguments, overrides: [String: String] = [:]) throws -> Configuration {
        var all = overrides
        for text in arguments[set] {
            guard let equals = text.firstIndex(of: "="), equals != text.startIndex else {
                throw UsageError("--set is \"\(text)\"; it takes section.key=value", command: "segue")
            }
            all[String(text[..<equals])] = String(text[text.index(after: equals)...])
        }
        let standard = FileManager.default.fileExists(atPath: standardFile) ? standardFile : nil
        let configuration: Configuration
        do {
            configuration = try Configuration.load(
                schema: Settings.schema, file: arguments[config] ?? standard, prefix: "SEGUE", overrides: all)
        } catch let error as ServiceKitError {
            // A wrong configuration is wrong usage: exit code 2, before anything has started.
            throw UsageError(error.reason, command: "segue config")
        }
        let level = configuration[Settings.Logging.level]
        LoggingSystem.configure(
            level: arguments[verbose] ? min(level, .info) : level, format: configuration[Settings.Logging.format])
        return configuration
    }

    /// Runs `body` with the installation the command line asks for, and closes it.
    static func withInstallation(
        _ arguments: ParsedArguments, overrides: [String: String] = [:], _ body: (Installation) throws -> Void
    ) throws {
        let installation = Installation(try configuration(arguments, overrides: overrides))
        defer { installation.close() }
        do {
            try body(installation)
        } catch let error as StorageError where error.code == .invalid {
            throw UsageError(error.reason, command: "segue config")
        }
    }

    /// A signal that Ctrl-C and SIGTERM give.
    static func stopOnSignals() throws -> StopSignal {
        let stop = StopSignal()
        try SignalHandling.install(stopping: stop)
        return stop
    }
}
