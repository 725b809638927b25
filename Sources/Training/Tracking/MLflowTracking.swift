import Foundation
import ObjectStore
import ServiceKit
import Storage

/// Sends runs to an MLflow tracking server (https://mlflow.org/docs/latest/rest-api.html, version 2.0 of the interface): the
/// experiment, the parameters, the metrics by step, tags that say where the model and its report lie.
package struct MLflowTracking: Sendable {
    private let server: String
    private let experiment: String
    private let transfer: HTTPTransfer

    /// - Parameter server: `http://HOST:PORT`, with a path when the server is behind one.
    package init(server: String, experiment: String) {
        self.server = server.hasSuffix("/") ? String(server.dropLast()) : server
        self.experiment = experiment
        transfer = HTTPTransfer(connectTimeout: .seconds(5), stallTimeout: .seconds(10), certificateAuthorities: nil)
    }

    /// Why a run could not be sent, in a sentence.
    package struct Failure: Error, CustomStringConvertible {
        package var description: String
    }

    /// A run that has ended.
    package struct Run: Sendable {
        package var name: String
        package var startMilliseconds: Int64
        package var endMilliseconds: Int64
        package var parameters: [String: String]
        package var tags: [String: String]
        /// Last values.
        package var metrics: [String: Double]
        /// Values by step.
        package var series: [TrainingReport.Series]

        package init(
            name: String, startMilliseconds: Int64, endMilliseconds: Int64, parameters: [String: String],
            tags: [String: String], metrics: [String: Double], series: [TrainingReport.Series]
        ) {
            self.name = name
            self.startMilliseconds = startMilliseconds
            self.endMilliseconds = endMilliseconds
            self.parameters = parameters
            self.tags = tags
            self.metrics = metrics
            self.series = series
        }
    }

    /// Sends a run; returns the id the server gave it.
    ///
    /// - Throws: `Failure` with what the server or the network said. Half a run may be there then, still marked as running.
    package func send(_ run: Run) throws -> String {
        let experimentID = try experimentID()
        let created: RunAnswer = try call(
            "runs/create",
            CreateRun(
                experimentId: experimentID, runName: run.name, startTime: run.startMilliseconds,
                tags: run.tags.sorted { $0.key < $1.key }.map(Pair.init)))
        let id = created.run.info.runId
        try sendValues(of: run, to: id)
        let _: Nothing = try call(
            "runs/update", UpdateRun(runId: id, status: "FINISHED", endTime: run.endMilliseconds))
        return id
    }

    /// The server takes at most 1,000 metrics and 100 parameters a call.
    private func sendValues(of run: Run, to id: String) throws {
        var metrics = run.metrics.filter { $0.value.isFinite }.sorted { $0.key < $1.key }.map {
            Metric(key: Self.key($0.key), value: $0.value, timestamp: run.endMilliseconds, step: 0)
        }
        for series in run.series {
            for (step, value) in zip(series.steps, series.values) where value.isFinite {
                metrics.append(
                    Metric(
                        key: Self.key(series.name), value: value, timestamp: run.endMilliseconds, step: Int64(step)))
            }
        }
        let parameters = run.parameters.sorted { $0.key < $1.key }.map(Pair.init)
        for start in stride(from: 0, to: max(metrics.count, 1), by: 900) {
            let part = Array(metrics[start..<min(metrics.count, start + 900)])
            let _: Nothing = try call(
                "runs/log-batch",
                LogBatch(runId: id, metrics: part, params: start == 0 ? Array(parameters.prefix(100)) : []))
        }
    }

    private func experimentID() throws -> String {
        let query = experiment.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? experiment
        let (status, body) = try exchange("GET", "experiments/get-by-name?experiment_name=\(query)", nil)
        if status == 200 { return try decode(ExperimentAnswer.self, body).experiment.experimentId }
        guard status == 404 else { throw refusal("experiments/get-by-name", status, body) }
        let made: CreatedExperiment = try call("experiments/create", CreateExperiment(name: experiment))
        return made.experimentId
    }

    /// MLflow allows letters, digits, `_ - . / :` and blanks in names.
    static func key(_ name: String) -> String { name.replacing("@", with: "_at_").replacing(",", with: "") }

    // MARK: - Calls

    private func call<Answer: Decodable>(_ path: String, _ body: some Encodable) throws -> Answer {
        let (status, answer) = try exchange("POST", path, Self.encoded(body))
        guard status == 200 else { throw refusal(path, status, answer) }
        return try decode(Answer.self, answer)
    }

    private static func encoded(_ body: some Encodable) throws -> Data {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        return try encoder.encode(body)
    }

    private func exchange(_ method: String, _ path: String, _ body: Data?) throws -> (Int, [UInt8]) {
        let url = "\(server)/api/2.0/mlflow/\(path)"
        do {
            let response = try (body ?? Data()).withUnsafeBytes { bytes throws(HTTPTransfer.Failure) in
                try transfer.perform(
                    .init(
                        method: method, url: url, headers: ["Content-Type": "application/json"],
                        body: body == nil ? nil : bytes, answerByteLimit: 1 << 22))
            }
            return (response.status, response.body)
        } catch let failure as HTTPTransfer.Failure {
            throw Failure(description: "\(server): \(failure.reason)")
        }
    }

    private func decode<Answer: Decodable>(_ type: Answer.Type, _ body: [UInt8]) throws -> Answer {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        do { return try decoder.decode(type, from: Data(body)) } catch {
            throw Failure(description: "\(server) answers something else than an MLflow server would")
        }
    }

    private func refusal(_ path: String, _ status: Int, _ body: [UInt8]) -> Failure {
        Failure(
            description: "\(server) answers \(status) to \(path): \(String(decoding: body.prefix(300), as: UTF8.self))")
    }
}

// MARK: - The interface's own words

private struct Nothing: Decodable {}

private struct Pair: Encodable {
    var key: String
    var value: String

    init(_ pair: (key: String, value: String)) { (key, value) = (pair.key, pair.value) }
}

private struct Metric: Encodable {
    var key: String
    var value: Double
    var timestamp: Int64
    var step: Int64
}

private struct CreateExperiment: Encodable { var name: String }

private struct CreatedExperiment: Decodable { var experimentId: String }

private struct ExperimentAnswer: Decodable { var experiment: CreatedExperiment }

private struct CreateRun: Encodable {
    var experimentId: String
    var runName: String
    var startTime: Int64
    var tags: [Pair]
}

private struct RunAnswer: Decodable {
    struct Info: Decodable { var runId: String }
    struct Run: Decodable { var info: Info }
    var run: Run
}

private struct LogBatch: Encodable {
    var runId: String
    var metrics: [Metric]
    var params: [Pair]
}

private struct UpdateRun: Encodable {
    var runId: String
    var status: String
    var endTime: Int64
}
