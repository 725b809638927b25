import Domain
import Foundation
import Learning
import ServiceKit
import Storage
import Testing
import Training

@Suite struct TrainingReportTests {
    @Test func aRunWritesAPageAndItsNumbersBesideTheModel() throws {
        let tastes = TasteGroups()
        let bench = try TrainingRunTests.Bench(now: tastes.now)
        let version = try bench.run(MemoryLake(tastes.events())).run().record.manifest.version
        try bench.models.verify(version: version)
        let page = try String(
            contentsOfFile: bench.models.path(version: version, file: "report.html"), encoding: .utf8)
        // Nothing comes from outside: the page has no script and names no other place.
        #expect(!page.contains("<script") && !page.contains("http://") && !page.contains("https://"))
        #expect(page.contains("<svg") && page.contains(version) && page.hasSuffix("</html>\n"))
        let numbers = try JSONDecoder().decode(
            Numbers.self,
            from: Data(contentsOf: URL(fileURLWithPath: bench.models.path(version: version, file: "report.json"))))
        #expect(numbers.users == 80 && numbers.deciles.count == 10 && numbers.status == "published")
        // Eight iterations, a look at the held-out days at each third and one at the end; then those on all days.
        #expect(numbers.objective.map(\.name) == ["earlier days", "all days"])
        let metric = try #require(numbers.metric)
        #expect(metric.steps.last == numbers.objective[0].steps.last && metric.steps.first == 3)
        #expect(metric.values.count == metric.steps.count && metric.values.allSatisfy { $0 > 0 && $0 <= 1 })
        #expect(abs(numbers.deciles.reduce(0) { $0 + $1.places } - 1) < 1e-9)
        #expect(abs(numbers.deciles.reduce(0) { $0 + $1.listens } - 1) < 1e-9)
        for histogram in numbers.scores + numbers.norms { #expect(abs(histogram.shares.reduce(0, +) - 1) < 1e-6) }
        let (heard, other) = (numbers.scores[0], numbers.scores[1])
        #expect(heard.mean > other.mean, "what was heard scores higher than what was not")
        for song in numbers.neighborhoods {
            let group = TasteGroups.group(ofTrack: song.song)
            #expect(song.neighbors.first.map { TasteGroups.group(ofTrack: $0.song) } == group)
        }
    }

    @Test func aRejectedRunLeavesItsReportAndOnlySoManyAreKept() throws {
        let tastes = TasteGroups()
        let bench = try TrainingRunTests.Bench(now: tastes.now)
        let lake = MemoryLake(tastes.events())
        let reports = ModelReports(models: bench.models)
        let good = try bench.run(lake).run().record.manifest.version
        var options = TrainingRunTests.quick()
        options.als.regularization = 1e6
        var rejected: [String] = []
        for _ in 0..<22 {
            bench.clock.advance(milliseconds: 60_000)
            let record = try bench.run(lake, options).run().record
            #expect(record.status == .rejected)
            rejected.append(record.manifest.version)
        }
        let last = try #require(rejected.last)
        let page = try String(contentsOfFile: reports.path(version: last), encoding: .utf8)
        #expect(page.contains("Not published.") && page.contains(last))
        let numbers = try JSONDecoder().decode(
            Numbers.self, from: Data(contentsOf: URL(fileURLWithPath: reports.path(version: last, .numbers))))
        #expect(numbers.status == "rejected" && numbers.objective.map(\.name) == ["earlier days"])
        // The earlier runs are told, this one is not among them.
        #expect(numbers.runs.map(\.version) == [good] + rejected.dropLast())
        #expect(try reports.find(version: rejected[1]) == nil)
        #expect(throws: TrainingError.self) { try reports.path(version: rejected[1]) }
        #expect(try reports.find(version: rejected[2]) != nil)
        #expect(try reports.find(version: "../.rejected/\(last)") == nil)
        #expect(try bench.models.versions() == [good])
    }

    @Test func aTrackingServerThatIsNotThereFailsNoTraining() throws {
        let tastes = TasteGroups()
        let bench = try TrainingRunTests.Bench(now: tastes.now)
        var options = TrainingRunTests.quick()
        // Port 1 is privileged and, outside a museum, closed.
        options.trackingURI = "http://127.0.0.1:1"
        let outcome = try bench.run(MemoryLake(tastes.events()), options).run()
        #expect(outcome.record.status == .published)
        let tracking = MLflowTracking(server: options.trackingURI, experiment: "segue")
        let failure = #expect(throws: MLflowTracking.Failure.self) {
            try tracking.send(
                .init(
                    name: "n", startMilliseconds: 0, endMilliseconds: 1, parameters: [:], tags: [:], metrics: [:],
                    series: []))
        }
        #expect(failure?.description.contains("127.0.0.1:1") == true)
    }

    private struct Numbers: Decodable {
        struct Histogram: Decodable {
            var shares: [Double]
            var mean: Double
        }
        struct Decile: Decodable {
            var places: Double
            var listens: Double
        }
        struct Neighborhood: Decodable {
            struct Neighbor: Decodable { var song: String }
            var song: String
            var neighbors: [Neighbor]
        }
        struct Series: Decodable {
            var name: String
            var steps: [Int]
            var values: [Double]
        }
        struct Run: Decodable { var version: String }
        var status: String
        var objective: [Series]
        var metric: Series?
        var runs: [Run]
        var users: Int
        var deciles: [Decile]
        var scores: [Histogram]
        var norms: [Histogram]
        var neighborhoods: [Neighborhood]
    }
}
