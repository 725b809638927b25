import Domain
import Foundation
import Learning
import Parquet
public import ServiceKit
public import Storage

/// Publishes factors that were learned elsewhere (`deploy/spark/train_als.py`) as a native run publishes its own: measured on the
/// held-out days, gated, then index, user vectors, record, current.
///
/// ```
/// DIR/measured/{users,items}/*.parquet    learned without the held-out days: what is measured
/// DIR/final/{users,items}/*.parquet       learned from all days: what is published
/// ```
/// Columns: `id`, a string, and `features`, a list of floats.
public struct FactorPublication: Sendable {
    private let lake: any EventLake
    private let documents: any DocumentStore
    private let models: any ModelStore
    private let options: TrainingOptions
    private let clock: any WallClock

    /// Takes where to read, where to publish, and how to measure.
    public init(
        lake: any EventLake, documents: any DocumentStore, models: any ModelStore, options: TrainingOptions,
        clock: any WallClock = SystemWallClock()
    ) throws {
        try options.validate()
        self.lake = lake
        self.documents = documents
        self.models = models
        self.options = options
        self.clock = clock
    }

    /// Publishes the factors of a folder, or records why not.
    ///
    /// - Parameters:
    ///   - folder: path of DIR.
    ///   - lakeVersion: the version they were learned from; nil for the newest.
    /// - Throws: `TrainingError` when the folder does not hold factors of this window.
    public func publish(
        folder: String, now: Int64? = nil, lakeVersion: Int64? = nil, observer: (any TrainingObserver)? = nil,
        until stop: StopSignal = StopSignal()
    ) throws -> TrainingRun.Outcome {
        let stages = StageClock(observer: observer)
        let startMilliseconds = clock.now
        let pool = WorkerPool(threadCount: options.threadCount)
        let reader = ListenMatrixReader(
            lake: lake, options: options, now: now ?? clock.now, observer: observer, stop: stop)
        let matrix = try stages.time(.read) { try reader.read(lakeVersion: lakeVersion) }
        let final = try model("\(folder)/final", matrix)
        var report: HeldOutReport?
        var measured: ALSModel?
        if let evaluation = try HeldOutEvaluation(matrix, options: options, pool: pool) {
            let model = try model("\(folder)/measured", matrix)
            let found = stages.time(.evaluate) { evaluation.report(on: model) }
            observer?.observe(.evaluated(found))
            (measured, report) = (model, found)
        }
        let manifest = manifest(of: matrix, factors: final.itemFactors.factors, heldOut: report)
        let conclusion = RunConclusion(
            documents: documents, models: models, options: options, clock: clock, observer: observer, stop: stop,
            crash: TrainingCrashPoint(options.crash), keeper: nil, stages: stages, pool: pool,
            startMilliseconds: startMilliseconds, matrix: matrix)
        if let reason = try conclusion.objection(to: manifest) {
            return try conclusion.reject(manifest, because: reason, heldOut: report, model: measured, RunCourses())
        }
        let factors = PublishedFactors(
            model: final, matrix: matrix, start: (measured ?? final).itemFactors, isMeasured: measured != nil)
        return try conclusion.publish(manifest, factors, heldOut: report, RunCourses())
    }

    /// Factors in the order of the matrix; who or what the factors do not know stays at zero.
    private func model(_ folder: String, _ matrix: ListenMatrix) throws -> ALSModel {
        let users = try FactorTable(folder: "\(folder)/users"), items = try FactorTable(folder: "\(folder)/items")
        guard users.factors == items.factors else {
            throw TrainingError.invalid(
                "\(folder): users have \(users.factors) factors, items \(items.factors)")
        }
        let known = matrix.trackIDs.count { items.rows[$0] != nil }
        guard known * 2 >= matrix.trackIDs.count else {
            throw TrainingError.invalid(
                "\(folder) knows \(known) of the \(matrix.trackIDs.count) songs of the window: it is of another lake version or another window (--lake-version, --now)"
            )
        }
        return ALSModel(userFactors: users.matrix(for: matrix.userIDs), itemFactors: items.matrix(for: matrix.trackIDs))
    }

    private func manifest(of matrix: ListenMatrix, factors: Int, heldOut: HeldOutReport?) -> ModelManifest {
        let now = clock.now
        var parameters = options.parameters
        for name in ["iterations", "final-iterations", "solver", "warm-start", "regularization-exponent"] {
            parameters[name] = nil
        }
        parameters["factors"] = "\(factors)"
        parameters["trainer"] = "external"
        return ModelManifest(
            version: ModelVersion.make(at: now), createdAt: now, factors: factors, users: matrix.userIDs.count,
            items: matrix.trackIDs.count, parameters: parameters, lakeVersion: matrix.lakeVersion,
            windowFrom: "\(matrix.window.lowerBound)", windowThrough: "\(matrix.window.upperBound)",
            events: matrix.events, metrics: (heldOut?.values ?? [:]).filter { $0.value.isFinite }, objective: [],
            files: [])
    }
}

/// Vectors by id, of the Parquet files of a folder.
private struct FactorTable {
    private(set) var rows: [String: Int] = [:]
    private(set) var factors = 0
    private var values: [Float] = []

    init(folder: String) throws {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".parquet") }
                .sorted()
        } catch {
            throw TrainingError.notFound("there are no factors in \(folder): \(error.localizedDescription)")
        }
        do {
            for name in names { try read("\(folder)/\(name)") }
        } catch let error as ParquetError {
            throw TrainingError.damaged("\(folder): \(error)")
        }
        guard !rows.isEmpty else { throw TrainingError.notFound("there are no factors in \(folder)") }
    }

    private mutating func read(_ path: String) throws {
        let file = try ParquetFileReader(FileSource(path: path))
        let leaves = file.schema.leaves
        guard let id = leaves.first(where: { $0.path == ["id"] }),
            let features = leaves.first(where: { $0.path.first == "features" })
        else { throw TrainingError.damaged("\(path) has no columns id and features") }
        for group in 0..<file.metadata.rowGroups.count {
            let ids = try file.readColumn(rowGroup: group, column: id.index)
            let vectors = try file.readColumn(rowGroup: group, column: features.index)
            guard let texts = ids.values.texts, case .float(let floats) = vectors.values else {
                throw TrainingError.damaged("\(path): id is to be a string, features a list of floats")
            }
            guard !texts.isEmpty else { continue }
            let width = floats.count / texts.count
            // A vector that is longer or shorter than the others would shift all that follow.
            let levels: [UInt8] = vectors.repetitionLevels ?? []
            let starts: [Int] = levels.indices.filter { levels[$0] == 0 }
            guard width > 0, floats.count == width * texts.count, factors == 0 || factors == width,
                starts.count == texts.count, starts.enumerated().allSatisfy({ $1 == $0 * width }),
                floats.allSatisfy(\.isFinite)
            else { throw TrainingError.damaged("\(path): vectors differ in length, or are not finite") }
            factors = width
            for text in texts {
                guard rows.updateValue(rows.count, forKey: text) == nil else {
                    throw TrainingError.damaged("\(path): \(text) has two vectors")
                }
            }
            values += floats
        }
    }

    func matrix(for ids: [String]) -> FactorMatrix {
        let matrix = FactorMatrix(rows: ids.count, factors: factors)
        for (row, id) in ids.enumerated() {
            guard let place = rows[id] else { continue }
            matrix.setRow(row, to: values[place * factors..<(place + 1) * factors])
        }
        return matrix
    }
}
