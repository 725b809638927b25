import HTTPServer
import ServiceKit
import Serving
import Storage
import Training

/// `segue serve`: the REST API and the web app.
enum ServeCommand {
    private static let host = OptionalOption<String>("host", absence: "serve.host", "Address to listen on.")
    private static let port = OptionalOption<Int>("port", in: 0...65_535, absence: "serve.port", "Port to listen on.")

    static let command = Command(
        "serve", "Answers the REST API and the web app from the current model",
        discussion: "A new model is taken over between two requests; a damaged one is refused and the old one stays.",
        examples: [.init("segue serve --port 9090", "another port")], arguments: [host, port]
    ) { arguments in
        var overrides: [String: String] = [:]
        overrides["serve.host"] = arguments[host]
        overrides["serve.port"] = arguments[port].map { "\($0)" }
        try CommonOptions.withInstallation(arguments, overrides: overrides) { installation in
            let service = try installation.serving()
            let stop = try CommonOptions.stopOnSignals()
            try ServiceGroup([service]).run(until: stop)
        }
    }
}

extension Installation {
    /// A serving daemon.
    func serving() throws -> ServingService {
        let log = try log()
        try log.createIfMissing(partitions: configuration[Settings.Log.partitions])
        return try ServingService(
            options: try ServingOptions(configuration), documents: try store(), models: try models(), lake: try lake(),
            eventLog: log, activateModel: try modelActivation())
    }

    /// Going back to a former model, for the operations page.
    private func modelActivation() throws -> ModelActivation {
        let rollback = ModelRollback(documents: try store(), models: try models())
        return { version in
            do {
                _ = try rollback.rollBack(to: version)
            } catch let error as TrainingError {
                throw StorageError(error.code == .notFound ? .notFound : .invalid, error.reason)
            }
        }
    }
}
