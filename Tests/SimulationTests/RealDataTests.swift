import Domain
import Foundation
import Simulation
import TestSupport
import Testing

/// The real sets, where they are: `SEGUE_SHARED_DATA`, or `../shared/data` beside the checkout. They may not be
/// redistributed, so elsewhere these tests are skipped, and say so.
@Suite struct RealDataTests {
    static let folder: String? = {
        var places: [String] = []
        if let said = ProcessInfo.processInfo.environment["SEGUE_SHARED_DATA"] { places.append(said) }
        var parent = URL(fileURLWithPath: FileManager.default.currentDirectoryPath)
        for _ in 0..<3 {
            parent.deleteLastPathComponent()
            places.append(parent.appendingPathComponent("shared/data").path)
        }
        return places.first { FileManager.default.fileExists(atPath: "\($0)/README.md") }
    }()

    static func isThere(_ name: String) -> Bool {
        folder.map { FileManager.default.fileExists(atPath: "\($0)/\(name)") } ?? false
    }

    private static func run(_ layout: ImportLayout, _ name: String) throws -> ImporterTests.Outcome {
        let folder = try #require(Self.folder)
        return try ImporterTests.run(layout, "\(folder)/\(name)")
    }

    @Test(.enabled(if: isThere("spotify-exports-open"), "the real Spotify exports are not here"))
    func spotifyExportsHaveTheLabelsTheirReadmeCounts() throws {
        let outcome = try Self.run(.spotifyExports, "spotify-exports-open")
        #expect(outcome.report.rejectedRows == 0)
        #expect(outcome.report.users == 9 && outcome.report.songs == 40_048)
        #expect(outcome.report.skips == 72_780)
        #expect(outcome.report.completes == 88_365)
        #expect(outcome.report.listens == 37_131)
        #expect(zip(outcome.events, outcome.events.dropFirst()).allSatisfy { $0.timestamp <= $1.timestamp })
    }

    @Test(.enabled(if: isThere("ml-latest-small"), "the real MovieLens set is not here"))
    func movielensIsReadWhole() throws {
        let outcome = try Self.run(.movielens, "ml-latest-small")
        #expect(outcome.report.events == 100_836 && outcome.report.rejectedRows == 0)
        #expect(outcome.report.users == 610 && outcome.report.songs == 9742)
        #expect(outcome.store.songs["11"]?.title == "American President, The (1995)")
    }

    @Test(.enabled(if: isThere("ml-100k"), "the real MovieLens 100k is not here"))
    func movielens100kIsReadWhole() throws {
        let outcome = try Self.run(.movielens, "ml-100k")
        #expect(outcome.report.events == 100_000 && outcome.report.rejectedRows == 0)
        #expect(outcome.report.users == 943 && outcome.report.songs == 1682)
        #expect(outcome.store.songs.values.contains { $0.title?.contains("é") == true })
    }

    @Test(.enabled(if: isThere("hetrec2011-lastfm-2k"), "the real Last.fm set is not here"))
    func lastfmIsReadWhole() throws {
        let folder = try #require(Self.folder)
        let outcome = try ImporterTests.run(.lastfmHetrec, "\(folder)/hetrec2011-lastfm-2k") { $0.playCountLimit = 1 }
        #expect(outcome.report.events == 92_834 && outcome.report.users == 1892)
        #expect(outcome.report.songs == 17_632 && outcome.report.rejectedRows == 0)
    }

    @Test(.enabled(if: isThere("msd-songs-10k"), "the real Million Song subset is not here"))
    func millionSongsAreReadWhole() throws {
        let outcome = try Self.run(.msdSongs, "msd-songs-10k")
        #expect(outcome.report.songs == 10_000 && outcome.report.songsWithoutTitle == 1)
        #expect(outcome.report.rejectedRows == 0 && outcome.report.events == 0)
        let unnamed = try Self.run(.msdSongs, "msd-tasteprofile-sample")
        #expect(unnamed.report.songs == 9071 && unnamed.report.songsWithoutTitle == 9071 - 4942)
    }
}
