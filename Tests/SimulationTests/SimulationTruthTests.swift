import Domain
import Foundation
import ServiceKit
import Simulation
import TestSupport
import Testing

@Suite struct SimulationTruthTests {
    private static func simulator(users: Int, songs: Int, events: Int64, daysBack: Int) throws -> Simulator {
        let today = try #require(EventDay("2025-06-15"))
        return try Simulator(
            options: SimulationOptions(
                users: users, songs: songs, events: events, daysBack: daysBack, seed: 11, today: today, threads: 2))
    }

    /// The oracle: who knows the true tastes predicts the held-out days far better than who knows what is popular.
    @Test func trueTastesPredictHeldOutPlaysThreeTimesBetterThanPopularity() throws {
        let simulator = try Self.simulator(users: 300, songs: 2000, events: 50_000, daysBack: 20)
        let truth = simulator.truth
        let log = CollectingEventLog()
        _ = try simulator.backfill(into: log)
        let heldOutFrom = simulator.options.today.advanced(by: -3)
        var plays: [Int: Int] = [:]
        var (heard, heldOut): ([Int: Set<Int>], [Int: Set<Int>]) = ([:], [:])
        for event in log.events where event.action.isPlay {
            let user = try #require(truth.userNumber(ofID: event.userID))
            let song = try #require(truth.songNumber(ofID: event.trackID))
            if event.day < heldOutFrom {
                plays[song, default: 0] += 1
                heard[user, default: []].insert(song)
            } else {
                heldOut[user, default: []].insert(song)
            }
        }
        let popular = plays.keys.sorted {
            plays[$0, default: 0] != plays[$1, default: 0] ? plays[$0, default: 0] > plays[$1, default: 0] : $0 < $1
        }
        for excludesHeard in [false, true] {
            var (oracle, baseline) = (0.0, 0.0)
            for (user, relevant) in heldOut {
                let known = excludesHeard ? heard[user, default: []] : []
                let wanted = relevant.subtracting(known)
                guard !wanted.isEmpty else { continue }
                let best = truth.bestSongs(ofUser: user, count: 250).map(\.song)
                oracle += Self.ndcg(best.filter { !known.contains($0) }, wanted)
                baseline += Self.ndcg(popular.filter { !known.contains($0) }, wanted)
            }
            #expect(baseline > 0)
            #expect(
                oracle > 3 * baseline,
                "oracle \(oracle / 300), popularity \(baseline / 300), new only: \(excludesHeard)")
        }
    }

    /// NDCG@10 with binary gain.
    private static func ndcg(_ list: [Int], _ relevant: Set<Int>) -> Double {
        let gain = list.prefix(10).enumerated().reduce(0.0) { sum, entry in
            relevant.contains(entry.element) ? sum + 1 / log2(Double(entry.offset) + 2) : sum
        }
        return gain / (0..<min(10, relevant.count)).reduce(0.0) { $0 + 1 / log2(Double($1) + 2) }
    }

    @Test func probabilitiesAreWhatIsPlayed() throws {
        // One user, so that the counts are the user's own; many events, so that they are near their expectation.
        let simulator = try Self.simulator(users: 1, songs: 300, events: 40_000, daysBack: 2)
        let truth = simulator.truth
        let probabilities = truth.probabilities(ofUser: 0)
        #expect(abs(probabilities.reduce(0, +) - 1) < 1e-5)
        #expect(abs(truth.taste(ofUser: 0).reduce(0, +) - 1) < 1e-5)
        let log = CollectingEventLog()
        _ = try simulator.backfill(into: log)
        // By component of the song's artist, since favourites make single songs more frequent than the truth of tastes.
        var counts = [Double](repeating: 0, count: probabilities.count)
        for event in log.events { counts[try #require(truth.songNumber(ofID: event.trackID))] += 1 / 40_000 }
        let best = truth.bestSongs(ofUser: 0, count: 60).map(\.song)
        let expected = best.reduce(0) { $0 + probabilities[$1] }
        let seen = best.reduce(0) { $0 + counts[$1] }
        #expect(abs(seen - expected) < 0.15, "the 60 best songs should be \(expected) of the plays and are \(seen)")
    }

    @Test func theExportHoldsEveryUserAndSong() throws {
        let truth = try Self.simulator(users: 20, songs: 50, events: 10, daysBack: 2).truth
        try withTemporaryDirectory { directory in
            let folder = directory.path("truth")
            try truth.export(to: folder)
            try truth.export(to: folder)
            func lines(_ name: String) throws -> [Substring] {
                try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8).split(separator: "\n")
            }
            #expect(try lines("users.csv").count == 21)
            #expect(try lines("songs.csv").count == 51)
            #expect(try lines("best.csv").count == 1 + 20 * 20)
            let facts = try JSONSerialization.jsonObject(
                with: Data(contentsOf: URL(fileURLWithPath: "\(folder)/truth.json")))
            let components = (facts as? [String: Any])?["components"] as? [String]
            #expect(components?.count == truth.componentCount)
            let header = try lines("users.csv")[0].split(separator: ",")
            #expect(header.count == 2 + truth.componentCount)
        }
    }

    @Test func identifiersLeadBackToNumbers() throws {
        let truth = try Self.simulator(users: 20, songs: 50, events: 10, daysBack: 2).truth
        #expect(truth.userNumber(ofID: "sim-u20") == 19)
        #expect(truth.userNumber(ofID: "sim-u21") == nil && truth.userNumber(ofID: "sim-u0") == nil)
        #expect(truth.songNumber(ofID: "sim-t1") == 0 && truth.songNumber(ofID: "t1") == nil)
    }
}
