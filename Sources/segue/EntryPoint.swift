import Glibc
import ServiceKit

/// The command-line program.
@main
struct EntryPoint {
    static let version = "0.1.0"

    static func main() {
        let status = CommandLineProgram(root, version: version).run(Array(CommandLine.arguments.dropFirst()))
        exit(status)
    }

    /// All commands, in the order of a newcomer's day.
    static let root = Command(
        "segue", "recommends the next song",
        discussion: """
            Listens flow through an event log into an open lake, a model is learned every night, the next song is answered
            in microseconds. Without a configuration everything lies in ./data and nothing has to be installed.
            """,
        examples: [
            .init("segue up", "everything in one process: ingest, API, web app, nightly training"),
            .init("segue simulate && segue ingest --drain && segue train", "a model from simulated listeners"),
            .init("segue serve --set serve.port=9090", "any setting can be given on the command line"),
        ],
        arguments: CommonOptions.all,
        subcommands: [
            UpCommand.command, SimulateCommand.command, ImportCommand.command, IngestCommand.command,
            TrainCommand.command, PublishCommand.command, SimilarCommand.command, EvaluateCommand.command,
            TuneCommand.command,
            ServeCommand.command,
            ModelsCommand.command, UsersCommand.command, IndexCommand.command, LakeCommand.command, LogCommand.command,
            DoctorCommand.command, ConfigCommand.command,
        ])
}
