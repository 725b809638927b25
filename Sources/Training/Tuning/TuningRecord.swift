import Foundation
public import Learning
import ServiceKit

/// A search as it is kept in a file: what was searched, every trial, what it came to. Written after every trial, so that a
/// search that was cut short goes on where it was.
public struct TuningRecord: Codable, Sendable {
    /// What decides about a trial's score besides its setting; a search only goes on with trials of the same.
    public var search: [String: String]
    /// The metric that was to be highest.
    public var metric: String
    /// Every trial, in the order they ended.
    public var trials: [TuningTrial]
    /// Seconds spent on trials.
    public var seconds: Double
    /// The best of the trials that were trained longest.
    public var best: TuningTrial?

    /// A search without trials.
    public init(search: [String: String], metric: String) {
        self.search = search
        self.metric = metric
        trials = []
        seconds = 0
    }

    /// Adds a trial.
    public mutating func add(_ trial: TuningTrial) {
        trials.append(trial)
        seconds += trial.seconds
    }

    /// Reads a record; nil when there is no such file.
    ///
    /// - Throws: `TrainingError` when the file is none of ours.
    public static func read(_ path: String) throws -> TuningRecord? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        do {
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            return try decoder.decode(TuningRecord.self, from: Data(try AtomicFile.read(path)))
        } catch {
            throw TrainingError.invalid("\(path) is no record of a search: \(error); move it away or pass --restart")
        }
    }

    /// Writes the record whole or not at all.
    public func write(_ path: String) throws {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        try AtomicFile.write(Array(encoder.encode(self)), to: path)
    }

    /// The best setting as a configuration that `segue train --config` takes.
    ///
    /// - Parameter data: what was searched on, for the comment.
    public func configuration(data: String) -> String? {
        guard let best else { return nil }
        let setting = best.candidate
        var lines = [
            "factors: \(setting.factors)", "regularization: \(setting.regularization)",
            "regularization_exponent: \(setting.regularizationExponent)", "alpha: \(best.alpha)",
            "iterations: \(best.iterations)", "confidence: \(JSONText.string(setting.weighting.form.rawValue))",
            "confidence_exponent: \(setting.weighting.exponent)", "confidence_scale: \(setting.weighting.scale)",
            "popularity_discount: \(setting.weighting.popularityDiscount)",
        ]
        if let halfLife = setting.halfLifeDays { lines.append("half_life_days: \(halfLife)") }
        if let solver = search["solver"] { lines.append("solver: \(JSONText.string(solver))") }
        let comment = data.split(whereSeparator: \.isNewline).joined(separator: " ")
        return """
            // Found by segue tune on \(comment):
            // \(metric) \(HumanText.fixed(best.score(metric), digits: 5)) on the validation part, the best of \(trials.count) trials in \(HumanText.fixed(seconds, digits: 0)) s.
            {
              train: {
            \(lines.map { "    \($0),\n" }.joined())  },
            }

            """
    }
}
