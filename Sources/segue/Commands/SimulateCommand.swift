import Domain
import Foundation
import ServiceKit
import Simulation
import Storage

/// `segue simulate`: listeners that behave like people.
enum SimulateCommand {
    private static let users = OptionalOption<Int>(
        "users", in: SimulationOptions.userRange, absence: "simulate.users", "Listeners.")
    private static let songs = OptionalOption<Int>(
        "songs", in: SimulationOptions.songRange, absence: "simulate.songs", "Songs.")
    private static let events = Option<Int>(
        "events", default: 300_000, in: SimulationOptions.eventRange, "Events to back-fill, exactly.")
    private static let daysBack = OptionalOption<Int>(
        "days-back", in: SimulationOptions.dayRange, absence: "simulate.days_back", "Days to fill, ending yesterday.")
    private static let rate = OptionalOption<Double>(
        "rate", in: SimulationOptions.rateRange, absence: "simulate.rate", "Live: events a second.")
    private static let seed = OptionalOption<Int>("seed", in: 0...Int.max, absence: "simulate.seed", "Which world.")
    private static let today = OptionalOption<String>(
        "today", valueName: "YYYY-MM-DD", absence: "today", "The day after the last one that is filled.")
    private static let live = Flag("live", "Writes events as they happen, until Ctrl-C, instead of filling past days.")
    private static let truth = OptionalOption<String>(
        "truth", valueName: "FOLDER", absence: "not written", "Writes the hidden tastes there, for tests.")

    static let command = Command(
        "simulate", "Writes listens of simulated people into the log, and their songs into the catalogue",
        discussion: """
            Listeners have hidden tastes that a model can learn, come in sessions at the hours people do, play favourites
            again and skip what they dislike. The same seed makes the same people, songs and listens.
            """,
        examples: [
            .init("segue simulate --events 1000000 --days-back 90", "fills ninety days"),
            .init("segue simulate --live --rate 50", "fifty events a second until Ctrl-C"),
        ],
        arguments: [users, songs, events, daysBack, rate, seed, today, live, truth, CommonOptions.json]
    ) { arguments in
        try CommonOptions.withInstallation(arguments) { installation in
            let options = try installation.simulationOptions(
                users: arguments[users], songs: arguments[songs], events: arguments[events],
                daysBack: arguments[daysBack], seed: arguments[seed], today: arguments[today])
            let simulator = try Simulator(options: options)
            let stop = try CommonOptions.stopOnSignals()
            do {
                try publish(simulator, installation, stop)
            } catch let error as ServiceKitError where error.code == .stopped {
                return Message.show("Stopped while writing the catalogue; run it again to finish")
            }
            if let folder = arguments[truth] { try simulator.truth.export(to: folder, until: stop) }
            let report =
                arguments[live]
                ? try runLive(simulator, installation, rate: arguments[rate], stop)
                : try backfill(simulator, installation, stop)
            try print(report, asJSON: arguments[CommonOptions.json])
        }
    }

    private static func publish(_ simulator: Simulator, _ installation: Installation, _ stop: StopSignal) throws {
        let total = simulator.options.songs + simulator.options.users
        let bar = ProgressBar("Catalogue", total: Int64(total), unit: "songs and listeners")
        try simulator.publish(to: installation.store(), until: stop) { written, _ in bar.update(to: Int64(written)) }
        bar.finish()
    }

    private static func backfill(
        _ simulator: Simulator, _ installation: Installation, _ stop: StopSignal
    ) throws -> SimulationReport {
        let log = try installation.log()
        try log.createIfMissing(partitions: installation.configuration[Settings.Log.partitions])
        let bar = ProgressBar("Listening", total: simulator.options.events, unit: "events")
        defer { bar.finish() }
        return try simulator.backfill(into: log, until: stop) { progress in
            bar.update(to: progress.events, note: "\(progress.day)")
        }
    }

    private static func runLive(
        _ simulator: Simulator, _ installation: Installation, rate: Double?, _ stop: StopSignal
    ) throws -> SimulationReport {
        let log = try installation.log()
        try log.createIfMissing(partitions: installation.configuration[Settings.Log.partitions])
        let rate = rate ?? installation.configuration[Settings.Simulate.rate]
        let line = StatusLine()
        defer { line.clear() }
        return try simulator.runLive(into: log, rate: rate, until: stop) { progress in
            line.show("live  \(HumanText.count(progress.events)) events at \(HumanText.short(rate))/s")
        }
    }

    private struct Report: Encodable {
        var events, listens, skips, completes: Int64
        var firstTimestamp, lastTimestamp: Int64?
        var seconds: Double
        var wasStopped: Bool
    }

    private static func print(_ report: SimulationReport, asJSON: Bool) throws {
        if asJSON {
            return try Output.json(
                Report(
                    events: report.events, listens: report.listens, skips: report.skips, completes: report.completes,
                    firstTimestamp: report.firstTimestamp, lastTimestamp: report.lastTimestamp,
                    seconds: report.elapsed.secondCount, wasStopped: report.wasStopped))
        }
        Output.text(
            "Simulated \(HumanText.count(report.events)) events: \(HumanText.count(report.listens)) listens, "
                + "\(HumanText.count(report.completes)) completes, \(HumanText.count(report.skips)) skips"
                + (report.wasStopped ? " (stopped)" : ""))
    }
}

extension Installation {
    /// The simulated world, as the configuration says where nothing else is said.
    func simulationOptions(
        users: Int? = nil, songs: Int? = nil, events: Int = 1, daysBack: Int? = nil, seed: Int? = nil,
        today: String? = nil
    ) throws -> SimulationOptions {
        var options = SimulationOptions()
        options.users = users ?? configuration[Settings.Simulate.users]
        options.songs = songs ?? configuration[Settings.Simulate.songs]
        options.events = Int64(events)
        options.daysBack = daysBack ?? configuration[Settings.Simulate.daysBack]
        options.seed = UInt64(seed ?? configuration[Settings.Simulate.seed])
        if let today {
            guard let day = EventDay(today) else {
                throw UsageError("--today is \"\(today)\"; it takes a date, YYYY-MM-DD", command: "segue simulate")
            }
            options.today = day
        }
        return options
    }
}
