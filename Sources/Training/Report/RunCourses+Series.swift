/// The courses as a report and a tracking server are told them.
extension RunCourses {
    static let earlierDays = "earlier days"
    static let allDays = "all days"

    /// The objective by iteration, of each training there was.
    var objective: [TrainingReport.Series] {
        [(Self.earlierDays, earlier), (Self.allDays, all)].compactMap { name, course in
            guard let values = course?.objective, !values.isEmpty else { return nil }
            return .init(name: name, steps: Array(1...values.count), values: values)
        }
    }

    /// The held-out metric by iteration, of some of the listeners; nil when nothing was held out.
    func metric(every interval: Int) -> TrainingReport.Series? {
        guard let (iterations, values) = earlier?.metric(every: interval), !values.isEmpty else { return nil }
        return .init(name: HeldOutEvaluation.gateMetric, steps: iterations, values: values)
    }
}
