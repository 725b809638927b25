import Domain

/// Songs by how gladly they are heard to the end: the Bayesian average of completions.
///
/// A song that was begun `n` times and heard to the end `c` times has
/// ```
/// (C · m + c) ÷ (C + n)
/// ```
/// which is the posterior mean of a rate under a Beta(C·m, C·(1−m)) prior (Gelman et al., Bayesian Data Analysis, 3rd ed., §2.4).
/// The prior comes from all songs of the window: `m` is the share of all plays begun that were heard to the end, and `C` is how
/// often the song of a play picked at random was begun, Σn² ÷ Σn. A song that was begun less often than the songs people
/// usually hear stays near `m` whatever its few listens say, so three lucky ones do not win; one begun more often is
/// judged by its own.
struct CompletionCharts: Sendable {
    /// A song's place.
    struct Entry: Sendable {
        /// Number of the song in the history.
        var track: UInt32
        /// The Bayesian average, 0…1.
        var average: Float
    }

    /// Of the last seven days: only songs begun in them.
    let last7Days: [Entry]
    /// Of all days of the lake.
    let all: [Entry]

    /// - Complexity: O(songs · days + songs · log(songs))
    init(days: [ListeningDay], today: EventDay, trackCount: Int) {
        let first = today.advanced(by: -6)
        last7Days = Self.chart(days.filter { $0.day >= first }, trackCount)
        all = Self.chart(days, trackCount)
    }

    private static func chart(_ days: [ListeningDay], _ trackCount: Int) -> [Entry] {
        var begun = [Double](repeating: 0, count: trackCount)
        var completed = begun
        for day in days {
            for count in day.counts {
                begun[Int(count.track)] += Double(count.begun)
                completed[Int(count.track)] += Double(count.completed)
            }
        }
        let total = begun.reduce(0, +)
        guard total > 0 else { return [] }
        let mean = completed.reduce(0, +) / total
        let weight = begun.reduce(0) { $0 + $1 * $1 } / total
        func average(_ track: Int) -> Double { (weight * mean + completed[track]) / (weight + begun[track]) }
        return (0..<trackCount).filter { begun[$0] > 0 }
            .map { (track: $0, average: average($0)) }
            // Songs that do alike are in order of how often they were begun.
            .sorted { ($1.average, begun[$1.track], $0.track) < ($0.average, begun[$0.track], $1.track) }
            .map { Entry(track: UInt32($0.track), average: Float($0.average)) }
    }
}
