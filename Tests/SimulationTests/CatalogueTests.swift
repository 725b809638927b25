import Domain
import ServiceKit
import Simulation
import Testing

@Suite struct CatalogueTests {
    private static func simulator(_ songs: Int) throws -> Simulator {
        try Simulator(
            options: SimulationOptions(users: 400, songs: songs, events: 1, daysBack: 30, seed: 2, threads: 1))
    }

    @Test func titlesAndNamesAreVariedAndOfManyScripts() throws {
        let simulator = try Self.simulator(3000)
        let songs = (0..<3000).map(simulator.song)
        let titles = Set(songs.compactMap(\.title))
        #expect(titles.count > 1500)
        #expect(titles.allSatisfy { !$0.isEmpty && $0.utf8.count < 200 && $0.first != " " })
        let text = titles.joined() + Set(songs.compactMap(\.artist)).joined()
        for sample in ["Đ", "ư", "夜", "밤", "é", "ü"] {
            let isThere = text.contains(sample)
            #expect(isThere, "\(sample)")
        }
        // No place of a pattern is left unfilled.
        #expect(
            !titles.contains { $0.split(separator: " ").contains { ["N", "N,", "V", "A", "#", "N?"].contains($0) } })
        let users = (0..<400).map(simulator.user)
        #expect(Set(users.compactMap(\.username)).count > 250)
        #expect(users.contains { $0.username?.hasPrefix("Nguyễn ") == true })
    }

    @Test func everySongIsWhole() throws {
        let simulator = try Self.simulator(1000)
        var names: [String: Set<String>] = [:]
        for song in (0..<1000).map(simulator.song) {
            let duration = try #require(song.durationMilliseconds)
            #expect((60_000...900_000).contains(duration))
            let releaseDate = try #require(song.releaseDate)
            #expect(releaseDate < simulator.options.today)
            names[try #require(song.artistID), default: []].insert(try #require(song.artist))
        }
        // An artist has one name and, on average, several songs.
        #expect(names.values.allSatisfy { $0.count == 1 })
        #expect((30...400).contains(names.count))
    }

    @Test func theSmallestWorldWorks() throws {
        let simulator = try Simulator(
            options: SimulationOptions(users: 1, songs: 10, events: 500, daysBack: 1, seed: 1, threads: 1))
        let log = CollectingEventLog()
        #expect(try simulator.backfill(into: log).events == 500)
    }
}
