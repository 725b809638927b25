import Domain
import ServiceKit
import Storage

extension MLflowTracking {
    /// Sends what came out of a run to the server the options name; what goes wrong there is logged and never fails a training.
    static func report(
        _ outcome: TrainingRun.Outcome, _ courses: RunCourses, models: any ModelStore, options: TrainingOptions,
        startMilliseconds: Int64, endMilliseconds: Int64
    ) {
        guard !options.trackingURI.isEmpty else { return }
        let logger = Logger(label: "training")
        let manifest = outcome.record.manifest
        var tags = [
            "segue.version": manifest.version, "segue.status": outcome.record.status.rawValue,
            "segue.lake_version": "\(manifest.lakeVersion)",
            "segue.window": "\(manifest.windowFrom) … \(manifest.windowThrough)",
        ]
        tags["segue.reason"] = outcome.record.reason
        do {
            let path = try ModelReports(models: models).path(version: manifest.version)
            tags["segue.report"] = path
            tags["mlflow.note.content"] = "Model \(manifest.version); its report: \(path)"
        } catch {
            logger.warning("the report of the run has no path", ["error": "\(error)"])
        }
        var metrics = manifest.metrics
        for (stage, seconds) in outcome.seconds { metrics["seconds.\(stage.rawValue)"] = seconds }
        let run = Run(
            name: manifest.version, startMilliseconds: startMilliseconds, endMilliseconds: endMilliseconds,
            parameters: manifest.parameters, tags: tags, metrics: metrics,
            series: courses.objective.map { .init(name: "objective, \($0.name)", steps: $0.steps, values: $0.values) }
                + (courses.metric(every: options.earlyStopInterval).map {
                    [.init(name: "\($0.name) by iteration", steps: $0.steps, values: $0.values)]
                } ?? []))
        do {
            let id = try MLflowTracking(server: options.trackingURI, experiment: options.trackingExperiment).send(run)
            logger.info("run sent to MLflow", ["run": "\(id)", "server": "\(options.trackingURI)"])
        } catch {
            logger.warning(
                "the run could not be sent to MLflow; the model is not touched by that", ["error": "\(error)"])
        }
    }
}
