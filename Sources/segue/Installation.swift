import Ingestion
import ServiceKit
import Storage

/// The parts of one installation, opened as the configuration says, each when it is first asked for.
final class Installation {
    let configuration: Configuration
    private var openedLog: (any EventLog)?
    private var openedStore: (any DocumentStore)?
    private var openedLake: (any EventLake)?

    init(_ configuration: Configuration) { self.configuration = configuration }

    /// Releases what was opened.
    func close() {
        openedLog?.close()
        openedStore?.close()
        openedLog = nil
        openedStore = nil
    }

    func log() throws -> any EventLog {
        if let openedLog { return openedLog }
        let log = try EventLogs.open(uri: configuration[Settings.Log.uri])
        openedLog = log
        return log
    }

    /// The store, its collections and indexes made.
    func store() throws -> any DocumentStore {
        if let openedStore { return openedStore }
        let store = try DocumentStores.open(uri: configuration[Settings.Store.uri])
        try store.prepare()
        openedStore = store
        return store
    }

    func lake() throws -> any EventLake {
        if let openedLake { return openedLake }
        let lake = try EventLakes.open(uri: configuration[Settings.Lake.uri])
        openedLake = lake
        return lake
    }

    /// What keeps the log from growing for ever; nil where the log does it by itself, or nothing shall go.
    func logRetention(_ retention: Duration? = nil) throws -> LogRetention? {
        let retention = retention ?? configuration[Settings.Log.retention]
        guard retention > .zero, let log = try log() as? SQLiteEventLog else { return nil }
        return LogRetention(log: log, lake: try lake(), retention: retention)
    }

    func models() throws -> any ModelStore { try LocalModelStore(root: configuration[Settings.Models.path]) }

    /// An ingest daemon.
    func ingestion(isDraining: Bool = false) throws -> IngestionService {
        var options = IngestionOptions()
        options.group = configuration[Settings.Ingest.group]
        options.batchEventCount = configuration[Settings.Ingest.batchEvents]
        options.batchDuration = configuration[Settings.Ingest.batchTime]
        options.batchByteCount = configuration[Settings.Ingest.batchBytes].bytes
        options.maximumCommitsBehind = configuration[Settings.Ingest.maximumCommitsBehind]
        options.countInterval = configuration[Settings.Ingest.countInterval]
        options.recentListenCount = configuration[Settings.Ingest.recentListens]
        options.duplicateReach = configuration[Settings.Ingest.duplicateReach]
        options.partitions = configuration[Settings.Log.partitions]
        options.isDraining = isDraining
        try options.readCrashTests(Configuration.processEnvironment)
        return IngestionService(log: try log(), lake: try lake(), store: try store(), options: options)
    }
}

extension IngestionOptions {
    /// `SEGUE_CRASH_AT=after-commit:3`, `SEGUE_FREEZE_AT=…` and `SEGUE_SABOTAGE=forget-positions`: for harnesses.
    fileprivate mutating func readCrashTests(_ environment: [String: String]) throws {
        crash = try Self.point("SEGUE_CRASH_AT", environment)
        freeze = try Self.point("SEGUE_FREEZE_AT", environment)
        if let text = environment["SEGUE_SABOTAGE"] {
            guard let sabotage = IngestionSabotage(rawValue: text) else {
                throw ServiceKitError.invalid(
                    "SEGUE_SABOTAGE is \"\(text)\"; allowed is "
                        + IngestionSabotage.allCases.map(\.rawValue).joined(separator: ", "))
            }
            self.sabotage = sabotage
        }
    }

    private static func point(_ variable: String, _ environment: [String: String]) throws -> IngestionCrash? {
        guard let text = environment[variable] else { return nil }
        guard let point = IngestionCrash(text) else {
            throw ServiceKitError.invalid(
                "\(variable) is \"\(text)\"; allowed is STEP or STEP:N, with "
                    + IngestionStep.allCases.map(\.rawValue).joined(separator: ", "))
        }
        return point
    }
}
