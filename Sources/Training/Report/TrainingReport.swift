/// What a run has to show: written as `report.json` and drawn as `report.html` beside the model.
package struct TrainingReport: Codable, Sendable {
    /// A named value over steps.
    package struct Series: Codable, Sendable {
        var name: String
        var steps: [Int]
        var values: [Double]
    }

    /// How often values fall into equal bins between `low` and `high`, as shares.
    package struct Histogram: Codable, Sendable {
        var name: String
        var low: Double
        var high: Double
        var shares: [Double]
        var mean: Double
    }

    /// A tenth of the songs, the most heard first.
    package struct Decile: Codable, Sendable {
        /// Share of the decile's songs that are in somebody's list.
        var coverage: Double
        /// Share of all list places its songs take.
        var places: Double
        /// Share of all pairs of listener and song it has.
        var listens: Double
    }

    /// A song and those nearest to it.
    package struct Neighborhood: Codable, Sendable {
        struct Neighbor: Codable, Sendable {
            var song: String
            var cosine: Double
        }

        var song: String
        var neighbors: [Neighbor]
    }

    /// What became of the run.
    package enum Status: String, Codable, Sendable {
        case published
        case rejected
    }

    /// A former run.
    package struct Run: Codable, Sendable {
        var version: String
        var status: String
        var metric: Double
    }

    var version: String
    var status: Status
    var reason: String?
    var createdAt: Int64
    var windowFrom: String
    var windowThrough: String
    var lakeVersion: Int64
    var events: Int64
    var users: Int
    var items: Int
    var entries: Int
    var heldOutFrom: String?
    var heldOutThrough: String?
    var parameters: [String: String]
    var metrics: [String: Double]
    var objective: [Series]
    var metric: Series?
    var scores: [Histogram]
    var norms: [Histogram]
    var listedUsers: Int
    var deciles: [Decile]
    var runs: [Run]
    var neighborhoods: [Neighborhood]
    var seconds: [String: Double]
}
