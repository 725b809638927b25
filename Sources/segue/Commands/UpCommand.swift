import Domain
import Ingestion
import ServiceKit
import Serving
import Simulation
import Storage
import Training

/// `segue up`: everything in one process.
enum UpCommand {
    private static let simulate = Flag("simulate", "Also simulates live listeners (simulate.rate events a second).")
    private static let port = OptionalOption<Int>("port", in: 0...65_535, absence: "serve.port", "Port to listen on.")

    static let command = Command(
        "up", "Runs everything in one process: ingest, API and web app, nightly training",
        discussion: """
            On the embedded defaults nothing has to be installed or started before. Ctrl-C stops in order: the API first,
            then ingest, which commits what was accepted.
            """,
        examples: [.init("segue up --simulate", "with live traffic to look at")], arguments: [simulate, port]
    ) { arguments in
        var overrides: [String: String] = [:]
        overrides["serve.port"] = arguments[port].map { "\($0)" }
        try CommonOptions.withInstallation(arguments, overrides: overrides) { installation in
            let ingestion = try installation.ingestion()
            let serving = try installation.serving()
            var services: [any Service] = [ingestion, try installation.nightlyTraining(), serving]
            if let retention = try installation.logRetention() { services.append(retention) }
            if arguments[simulate] { services.append(try LiveListeners(installation)) }
            let stop = try CommonOptions.stopOnSignals()
            let board = UpStatus(installation, ingestion, serving)
            try LiveStatus.show({ board.text }) { try ServiceGroup(services).run(until: stop) }
            Message.show("Stopped; nothing that was accepted is lost")
        }
    }
}

extension Installation {
    /// The trainer that wakes at `train.schedule`.
    fileprivate func nightlyTraining() throws -> TrainingSchedule {
        let (lake, store, models) = (try lake(), try store(), try models())
        let options = TrainingOptions(configuration)
        return TrainingSchedule(try CronSchedule(configuration[Settings.Train.schedule])) {
            try TrainingRun(lake: lake, documents: store, models: models, options: options)
        }
    }
}

/// Simulated listeners beside the real daemons.
private struct LiveListeners: Service {
    let name = "simulate"
    private let log: any EventLog
    private let options: SimulationOptions
    private let rate: Double

    init(_ installation: Installation) throws {
        log = try installation.log()
        options = try installation.simulationOptions()
        rate = installation.configuration[Settings.Simulate.rate]
    }

    func run(until stop: StopSignal) throws {
        _ = try Simulator(options: options).runLive(into: log, rate: rate, until: stop)
    }
}

/// The line under the logs of `segue up`.
private struct UpStatus: Sendable {
    private let ingestion: IngestionService
    private let serving: ServingService
    private let began = MonotonicTime.now
    private let host: String

    init(_ installation: Installation, _ ingestion: IngestionService, _ serving: ServingService) {
        self.ingestion = ingestion
        self.serving = serving
        host = installation.configuration[Settings.Serve.host]
    }

    var text: String {
        let status = ingestion.status
        let address = serving.port.map { "http://\(host):\($0)" } ?? "starting"
        return "▶ \(address)  ingested \(HumanText.count(status.events)) in \(status.commits) commits  "
            + "lag \(HumanText.count(status.lag))"
            + (status.rejected > 0 ? "  rejected \(HumanText.count(status.rejected))" : "")
            + "  up \(HumanText.duration(began.elapsed))"
    }
}
