import ServiceKit

/// Times the stages of a run and tells the observer.
final class StageClock {
    private let observer: (any TrainingObserver)?
    private(set) var seconds: [TrainingStage: Double] = [:]

    init(observer: (any TrainingObserver)?) { self.observer = observer }

    func time<Result>(_ stage: TrainingStage, _ body: () throws -> Result) rethrows -> Result {
        let start = MonotonicTime.now
        let result = try body()
        let elapsed = start.elapsed.components
        let taken = Double(elapsed.seconds) + Double(elapsed.attoseconds) * 1e-18
        seconds[stage, default: 0] += taken
        observer?.observe(.stageEnded(stage, seconds: taken))
        return result
    }
}
