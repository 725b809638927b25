import Domain
import Foundation
import ServiceKit
public import Storage

/// Where the reports of runs lie: those of published models beside their index, listed in the manifest; those of rejected runs, which
/// have no files else, in a folder of their own.
public struct ModelReports: Sendable {
    /// The two forms of a report.
    public enum Form: String, Sendable, CaseIterable {
        /// For people: one HTML page that needs nothing else.
        case page = "report.html"
        /// The same for programs: JSON.
        case numbers = "report.json"
    }

    /// Reports of rejected runs that are kept.
    private static let keptCount = 20

    private let models: any ModelStore

    /// Takes the folder of models.
    public init(models: any ModelStore) { self.models = models }

    /// Path of a run's report; nil when it left none, or it was removed with its files since.
    public func find(version: String, _ form: Form = .page) throws -> String? {
        let isListed =
            try models.versions().contains(version)
            && models.manifest(version: version).files.contains { $0.name == form.rawValue }
        if isListed { return try models.path(version: version, file: form.rawValue) }
        let path = "\(models.rejectedFolder)/\(version)/\(form.rawValue)"
        return !version.contains("/") && FileManager.default.fileExists(atPath: path) ? path : nil
    }

    /// Path of a run's report.
    ///
    /// - Throws: `TrainingError.notFound` when there is none.
    public func path(version: String, _ form: Form = .page) throws -> String {
        guard let path = try find(version: version, form) else {
            throw TrainingError.notFound(
                "there is no report of model \(version): it was made before there were reports, or its files were removed; 'segue models ls' lists the runs"
            )
        }
        return path
    }

    /// Writes the report of a run that is not published, and removes the oldest beyond those kept.
    func keepRejected(_ report: TrainingReport) throws {
        let folder = "\(models.rejectedFolder)/\(report.version)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Self.write(report, to: folder)
        // Versions sort by time.
        let all = try FileManager.default.contentsOfDirectory(atPath: models.rejectedFolder).sorted(by: >)
        for old in all.dropFirst(Self.keptCount) {
            try FileManager.default.removeItem(atPath: "\(models.rejectedFolder)/\(old)")
        }
    }

    /// Writes both forms into a folder.
    static func write(_ report: TrainingReport, to folder: String) throws {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        try AtomicFile.write(Array(encoder.encode(report)), to: "\(folder)/\(Form.numbers.rawValue)")
        try AtomicFile.write(text: TrainingReportPage(report).html(), to: "\(folder)/\(Form.page.rawValue)")
    }
}
