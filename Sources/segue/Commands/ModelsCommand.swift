import Domain
import Foundation
import ServiceKit
import Storage
import Training

/// A model as `--json` prints it.
struct ModelReport: Encodable {
    private enum CodingKeys: String, CodingKey {
        case version, published, status, reason, isCurrent, createdAt, lakeVersion, windowFrom, windowThrough, events,
            users
        case items, factors, metrics, objective, parameters
    }

    private let record: ModelRecord

    init(_ record: ModelRecord) { self.record = record }

    func encode(to encoder: any Encoder) throws {
        let manifest = record.manifest
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(manifest.version, forKey: .version)
        try fields.encode(record.status == .published, forKey: .published)
        try fields.encode(record.status.rawValue, forKey: .status)
        try fields.encode(record.reason, forKey: .reason)
        try fields.encode(record.isCurrent, forKey: .isCurrent)
        try fields.encode(manifest.createdAt, forKey: .createdAt)
        try fields.encode(manifest.lakeVersion, forKey: .lakeVersion)
        try fields.encode(manifest.windowFrom, forKey: .windowFrom)
        try fields.encode(manifest.windowThrough, forKey: .windowThrough)
        try fields.encode(manifest.events, forKey: .events)
        try fields.encode(manifest.users, forKey: .users)
        try fields.encode(manifest.items, forKey: .items)
        try fields.encode(manifest.factors, forKey: .factors)
        try fields.encode(manifest.metrics, forKey: .metrics)
        try fields.encode(manifest.objective, forKey: .objective)
        try fields.encode(manifest.parameters, forKey: .parameters)
    }
}

/// `segue models`: list, verify, roll back.
enum ModelsCommand {
    static let command = Command(
        "models", "Lists trained models, shows their reports, verifies them, rolls back",
        subcommands: [list, report, verify, rollBack])

    private struct List: Encodable {
        var models: [ModelReport]
    }

    private static let list = Command(
        "ls", "Lists all runs, newest first, with what they reached on the held-out days",
        arguments: [CommonOptions.json]
    ) { arguments in
        try CommonOptions.withInstallation(arguments) { installation in
            let records = try installation.store().models()
            if arguments[CommonOptions.json] { return try Output.json(List(models: records.map(ModelReport.init))) }
            guard !records.isEmpty else { return print("No model yet: segue train makes one") }
            var table = Table([
                ("", .left), ("version", .left), ("status", .left), ("window", .left), ("events", .right),
                ("listeners", .right), ("songs", .right), ("ndcg@10", .right), ("popularity", .right),
            ])
            for record in records { table.append(row(record)) }
            print(table.render(width: max(120, Terminal.standardOutput.width)), terminator: "")
            for record in records where record.reason != nil {
                print("\(record.manifest.version): \(record.reason ?? "")")
            }
        }
    }

    private static func row(_ record: ModelRecord) -> [String] {
        let manifest = record.manifest
        func metric(_ name: String) -> String { manifest.metrics[name].map { HumanText.fixed($0, digits: 4) } ?? "–" }
        return [
            record.isCurrent ? "●" : "", manifest.version, record.isCurrent ? "current" : record.status.rawValue,
            "\(manifest.windowFrom) … \(manifest.windowThrough)", HumanText.count(manifest.events),
            HumanText.count(manifest.users), HumanText.count(manifest.items), metric("ndcg@10"),
            metric("popularity.ndcg@10"),
        ]
    }

    private static let version = OptionalPositional<String>(
        "version", "Version of the model; the current one if left out.")

    private static let report = Command(
        "report", "Prints the path of a run's report, a page for the browser, or its numbers",
        discussion: "Rejected runs have one, too: segue models ls tells their versions.",
        examples: [
            .init("xdg-open $(segue models report)", "looks at the current model"),
            .init("segue models report --json | jq '.metrics'", "the same numbers for programs"),
        ],
        arguments: [version, CommonOptions.json]
    ) { arguments in
        try CommonOptions.withInstallation(arguments) { installation in
            guard let chosen = try arguments[version] ?? installation.store().currentModel()?.manifest.version else {
                throw StorageError(.notFound, "there is no current model: segue train makes one")
            }
            let reports = ModelReports(models: try installation.models())
            guard arguments[CommonOptions.json] else { return print(try reports.path(version: chosen)) }
            try Output.bytes(try AtomicFile.read(try reports.path(version: chosen, .numbers)) + [UInt8(ascii: "\n")])
        }
    }

    private static let verify = Command(
        "verify", "Reads a model's files again and compares sizes, checksums and structure", arguments: [version]
    ) { arguments in
        try CommonOptions.withInstallation(arguments) { installation in
            guard let chosen = try arguments[version] ?? installation.store().currentModel()?.manifest.version else {
                throw StorageError(.notFound, "there is no current model: segue train makes one")
            }
            try installation.models().verify(version: chosen)
            print("Model \(chosen) is whole")
        }
    }

    private static let target = OptionalPositional<String>(
        "version", "Version to go back to; the published one before the current if left out.")

    private static let rollBack = Command(
        "rollback", "Makes a former model current again; running servers change over within seconds",
        arguments: [target]
    ) { arguments in
        try CommonOptions.withInstallation(arguments) { installation in
            let rollback = ModelRollback(documents: try installation.store(), models: try installation.models())
            let record = try rollback.rollBack(to: arguments[target])
            print("Model \(record.manifest.version) is current")
        }
    }
}
