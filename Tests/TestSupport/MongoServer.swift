public import Foundation

/// A server that speaks MongoDB's protocol, for the tests of a run: the one `SEGUE_TEST_MONGODB` names, else `secantusdb`
/// from PyPI, started on first use and gone with the test process.
public enum MongoServer {
    /// Whether there is one; a suite that needs it says `.enabled(if: MongoServer.isAvailable, MongoServer.whySkipped)`.
    public static var isAvailable: Bool { givenURI != nil || executable != nil }

    /// What to do to have one.
    public static let whySkipped = "no MongoDB: set SEGUE_TEST_MONGODB, or pip install secantusdb in .venv"

    /// The program `start` runs, or nil.
    public static let executable = ServerProcess.executable(named: "secantusd-py")

    private static let givenURI = ProcessInfo.processInfo.environment["SEGUE_TEST_MONGODB"].flatMap {
        $0.isEmpty ? nil : $0
    }

    private static let shared = Result { try start() }

    /// Address of a database on the run's server.
    public static func uri(database: String) throws -> String {
        if let givenURI { return insert(database, into: givenURI) }
        return uri(database: database, on: try shared.get())
    }

    /// Address of a database on a server of `start`.
    public static func uri(database: String, on server: ServerProcess) -> String {
        "mongodb://127.0.0.1:\(server.port)/\(database)"
    }

    /// Starts a server of the caller's own, to be killed and started again.
    ///
    /// - Parameter options: more of its command line, as `--standalone`.
    public static func start(_ options: [String] = []) throws -> ServerProcess {
        guard let executable else { throw ServerProcess.StartError(description: whySkipped) }
        return try ServerProcess(executable) { port, folder in
            [
                "--port", "\(port)", "--storage-path", folder.appendingPathComponent("data").path, "--log-level",
                "WARNING",
            ] + options
        }
    }

    /// Puts the database between hosts and options, for another that may stand there.
    static func insert(_ database: String, into uri: String) -> String {
        let scheme = uri.range(of: "://")?.upperBound ?? uri.startIndex
        let options = uri[scheme...].firstIndex(of: "?") ?? uri.endIndex
        let hostsEnd = uri[scheme..<options].firstIndex(of: "/") ?? options
        return uri[..<hostsEnd] + "/\(database)" + uri[options...]
    }
}
