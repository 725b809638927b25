import Domain
import Foundation
import ServiceKit
import Simulation
import TestSupport
import Testing

/// What is wrong is told with its place and never ends an import.
@Suite struct ImportRejectionTests {
    @Test func badRowsAreCountedByReasonWithTheirLines() throws {
        let long = String(repeating: "x", count: 1 << 21)
        let outcome = try ImporterTests.run(
            csv: """
                user,track,timestamp,played_ms,action
                u,t,1600000000,1000,
                ,t,1600000000,1000,
                u,,1600000000,1000,
                u,t,yesterday,1000,
                u,t,,1000,
                u,t,1600000000,-5,
                u,t,1600000000,3000000000,
                u,t,1600000000,many,
                u,t,0,0,
                u,t,1893456000,1,
                u,t,1600000000,1000,dance
                u,t,1600000000
                u,t,1600000000,1000,skip,extra
                u,t\(long),1600000000,1000,
                u,"t,1600000000,1000
                """)
        #expect(outcome.report.rows == 15)
        #expect(outcome.events.count == 1)
        #expect(outcome.report.rejectedRows == 14)
        let told = Dictionary(uniqueKeysWithValues: outcome.report.rejections.map { ($0.reason, $0.firstLines) })
        #expect(
            told == [
                "user is empty": [3], "track is empty": [4], "timestamp is no time": [5], "timestamp is empty": [6],
                "played_ms is negative": [7], "played_ms is too large": [8], "played_ms is no number": [9],
                "the time lies before 1970-01-02": [10], "the time lies in the future": [11],
                "action is none of listen, skip, complete": [12], "the row has too few columns": [13],
                "the row has too many columns": [14], "the record is longer than 1048576 bytes": [15],
                "a quote is never closed": [16],
            ])
        #expect(outcome.report.rejections.allSatisfy { $0.file == "plays.csv" })
    }

    @Test func onlyTheFirstLinesOfAReasonAreTold() throws {
        let rows = (0..<100).map { _ in "u,,1600000000\n" }.joined()
        let report = try ImporterTests.run(csv: "user,track,timestamp\n\(rows)").report
        #expect(report.rejections.map(\.count) == [100] && report.rejections[0].firstLines == [2, 3, 4, 5, 6])
        #expect(report.text.contains("100 × track is empty (plays.csv, line 2, 3, 4, 5, 6, …)"))
    }

    @Test func aRowThatIsLeftOutLeavesNothingBehind() throws {
        let outcome = try ImporterTests.run(csv: "user,track,title,timestamp\nu,t,T,never\n")
        #expect(outcome.store.songs.isEmpty && outcome.store.users.isEmpty && outcome.report.tracksWithoutSong == 0)
    }

    @Test func textThatIsNotUTF8IsABadRowUnlessLatin1IsSaid() throws {
        try withTemporaryDirectory { directory in
            let path = try directory.write(
                "songs.csv", Array("track,title\n1,Caf".utf8) + [0xe9] + Array("\n2,B\n".utf8))
            let outcome = try ImporterTests.run(.csv, path)
            #expect(outcome.store.songs.keys.sorted() == ["2"])
            #expect(outcome.report.rejections.map(\.reason) == ["title is not UTF-8 text"])
            let latin = try ImporterTests.run(.csv, path) { $0.encoding = .latin1 }
            #expect(latin.store.songs["1"]?.title == "Café")
        }
    }

    @Test func identifiersAreMadeValid() throws {
        #expect(ValidIdentifier.make(" a\u{0}b\u{85}\n ") == "ab")
        #expect(ValidIdentifier.make(" \t\u{7f}") == nil)
        #expect(ValidIdentifier.make(String(repeating: "x", count: 256))?.utf8.count == 256)
        let long = String(repeating: "ễ", count: 200)
        let (first, second) = (ValidIdentifier.make(long + "a"), ValidIdentifier.make(long + "b"))
        #expect(first != second && first?.hasPrefix("ễễễ") == true)
        #expect((200...256).contains(first?.utf8.count ?? 0))
        let outcome = try ImporterTests.run(csv: "user,track,title,timestamp\nu\u{1},\(long),a\tb\u{7},1600000000\n")
        #expect(outcome.events[0].userID == "u")
        #expect(outcome.store.songs.values.map(\.title) == ["a b"])
    }

    @Test(
        arguments: [
            ("1600000000", 1_600_000_000_000), ("1600000000.5", 1_600_000_000_500),
            ("1600000000123", 1_600_000_000_123),
            ("1600000000123456", 1_600_000_000_123), ("2020-09-13", 1_599_955_200_000),
            ("2020-09-13T12:26:40Z", 1_600_000_000_000), ("2020-09-13 12:26:40", 1_600_000_000_000),
            ("2020-09-13T12:26:40.1Z", 1_600_000_000_100), ("2020-09-13T14:26:40.123456+0200", 1_600_000_000_123),
            ("2020-09-13T07:56:40-04:30", 1_600_000_000_000), ("2020-09-13T12:26", 1_599_999_960_000),
            ("2020-13-01", nil), ("2020-02-30", nil), ("12:30", nil), ("2020-09-13T25:00", nil), ("", nil), ("-", nil),
            ("2020-09-13T12:26:40+99", nil), ("1e9", nil), ("99999999999999999999", nil),
        ] as [(String, Int64?)])
    func timesOfEveryFormAreRead(_ text: String, _ expected: Int64?) {
        #expect(TimestampText.epochMilliseconds(text) == expected)
    }

    @Test func daysOfEveryFormAreRead() {
        #expect(TimestampText.day("2008") == EventDay("2008-01-01"))
        #expect(TimestampText.day("01-Feb-1995") == EventDay("1995-02-01"))
        #expect(TimestampText.day("1995-02-01") == EventDay("1995-02-01"))
        #expect(
            TimestampText.day("31-Feb-1995") == nil && TimestampText.day("0000") == nil && TimestampText.day("x") == nil
        )
    }

    @Test(arguments: [
        ("tittle=a", "Did you mean \"title\"?"), ("title", "is no field=column"), ("=a", "is no field=column"),
        ("title=", "is no field=column"), ("title=a,title=b", "mapped twice"),
    ])
    func wrongMappingsAreExplained(_ text: String, _ words: String) {
        let error = #expect(throws: SimulationError.self) { try ColumnMapping(text: text) }
        #expect(error?.reason.contains(words) == true, "\(error?.reason ?? "")")
    }

    @Test func wrongFilesAreExplained() throws {
        func complaint(_ body: () throws -> ImporterTests.Outcome) -> String {
            #expect(throws: SimulationError.self) { try body() }?.reason ?? ""
        }
        #expect(
            complaint { try ImporterTests.run(csv: "artist_nam,track\n", map: "artist=artist_name") }
                .contains("Did you mean \"artist_nam\"? Its columns are artist_nam, track"))
        #expect(complaint { try ImporterTests.run(csv: "a,b\n1,2\n") }.contains("must be mapped"))
        #expect(complaint { try ImporterTests.run(csv: "") }.contains("must be mapped"))
        #expect(complaint { try ImporterTests.run(csv: "user,track\n1,2\n") }.contains("timestamp, end or plays"))
        #expect(complaint { try ImporterTests.run(.movielens, "/nowhere") }.contains("/nowhere"))
        #expect(complaint { try ImporterTests.run(.spotifyExports, "/nowhere") }.contains("there is no folder"))
        #expect(
            complaint { try ImporterTests.run(.spotifyExports, files: ["songs.csv": "x"]) }
                .contains("has no events.tsv and no events.tsv.gz"))
        #expect(throws: ServiceKitError.self) { try ImporterTests.run(.csv, "/nowhere.csv") }
        #expect(throws: SimulationError.self) { try ImporterTests.run(csv: "track,title\n") { $0.windowDays = 0 } }
        #expect(throws: SimulationError.self) { try ImporterTests.run(csv: "track,title\n") { $0.idPrefix = "\n" } }
    }

    @Test func theReportIsReadableAndJSON() throws {
        let outcome = try ImporterTests.run(
            csv: "user,track,title,timestamp\nu,t,T,1600000000\nu,x,,1600000001\nu,,,1\n")
        let text = outcome.report.text
        #expect(text.contains("songs     2 (1 without a title)"))
        #expect(text.contains("events    2 (2 listens, 0 completes, 0 skips)"))
        #expect(text.contains("from      2020-09-13 through 2020-09-13"))
        #expect(text.contains("rows      3, left out 1 (33.33 %)"))
        let decoded = try JSONDecoder().decode(ImportReport.self, from: JSONEncoder().encode(outcome.report))
        #expect(decoded == outcome.report)
    }
}
