import Domain
import Foundation
import ServiceKit
import Simulation
import Storage
import TestSupport
import Testing

@Suite struct ImporterTests {
    /// 2023-05-06T00:00:00Z.
    static let now: Int64 = 1_683_331_200_000

    struct Outcome {
        var report: ImportReport
        var events: [ListeningEvent]
        var store: MemoryDocumentStore
    }

    static func run(
        _ layout: ImportLayout, _ path: String, map: String = "", log: CollectingEventLog = CollectingEventLog(),
        store: MemoryDocumentStore = MemoryDocumentStore(), until stop: StopSignal = StopSignal(),
        _ change: (inout ImportOptions) -> Void = { _ in }
    ) throws -> Outcome {
        var options = ImportOptions(layout: layout, path: path, mapping: try ColumnMapping(text: map), now: now)
        change(&options)
        let report = try Importer(options: options).run(log: log, store: store, until: stop)
        #expect(report.events == Int64(log.events.count) && log.flushedCount == log.events.count)
        return Outcome(report: report, events: log.events, store: store)
    }

    /// Writes files into a folder and imports it.
    static func run(
        _ layout: ImportLayout, files: [String: String], _ change: (inout ImportOptions) -> Void = { _ in }
    ) throws -> Outcome {
        try withTemporaryDirectory { directory in
            for (name, text) in files { try directory.write(name, text) }
            return try run(layout, directory.path, change)
        }
    }

    /// Writes one file and imports it.
    static func run(
        csv text: String, map: String = "", _ change: (inout ImportOptions) -> Void = { _ in }
    ) throws -> Outcome {
        try withTemporaryDirectory { directory in
            try run(.csv, try directory.write("plays.csv", text), map: map, change)
        }
    }

    @Test func spotifyTimestampsAreEndsAndLabelsFollowFromWhatWasHeard() throws {
        let outcome = try Self.run(
            .spotifyExports,
            files: [
                "songs.csv":
                    "track_id,title,artist,est_duration_ms\n4,Pete Rose,A$AP ANT,\n6,\"Wait, (feat. x)\",mel,200000\n",
                "events.tsv": """
                user_id\ttrack_id\ttimestamp_ms\tms_played
                19\t6\t1600000200000\t200000
                19\t6\t1600000000000\t179999
                7\t6\t1600000100000\t29999
                7\t4\t1600000400000\t500000
                7\t9\t1600000500000\t0

                """,
            ])
        func event(
            _ user: String, _ track: String, _ end: Int64, _ played: Int32, _ total: Int32, _ action: EventAction
        ) -> ListeningEvent {
            ListeningEvent(
                userID: user, trackID: track, timestamp: end - Int64(played), action: action, duration: played,
                totalDuration: total, source: .realUser)
        }
        #expect(
            outcome.events
                == [
                    event("19", "6", 1_600_000_000_000, 179_999, 200_000, .listen),
                    event("7", "4", 1_600_000_400_000, 500_000, 0, .listen),
                    event("19", "6", 1_600_000_200_000, 200_000, 200_000, .complete),
                    event("7", "6", 1_600_000_100_000, 29_999, 200_000, .skip),
                    event("7", "9", 1_600_000_500_000, 0, 0, .skip),
                ].sorted { $0.timestamp < $1.timestamp })
        #expect(outcome.report.tracksWithoutSong == 1)
        #expect(Set(outcome.store.users.keys) == ["7", "19"])
        let song = try #require(outcome.store.songs["6"])
        #expect(song.title == "Wait, (feat. x)" && song.durationMilliseconds == 200_000)
        #expect(song.artistID?.hasPrefix("artist-") == true)
        #expect(outcome.store.songs["4"]?.durationMilliseconds == nil)
    }

    @Test func playCountsAreSpreadOverTheWindowTheSameWayEachTime() throws {
        let files = [
            "artists.dat":
                "id\tname\turl\tpictureURL\n1\tBjörk\thttp://x\thttp://y.jpg\n2\tSigur \"Rós\"\thttp://z\t\n",
            "user_artists.dat": "userID\tartistID\tweight\n2\t1\t13883\n2\t2\t3\n3\t2\t0\n",
        ]
        let outcome = try Self.run(.lastfmHetrec, files: files) { $0.playCountLimit = 10 }
        #expect(outcome.events.count == 13)
        #expect(outcome.report.playsOverLimit == 13_873)
        #expect(outcome.report.rejections.map(\.reason) == ["plays is no count above 0"])
        #expect(outcome.events.allSatisfy { (Self.now - 90 * 86_400_000..<Self.now).contains($0.timestamp) })
        #expect(Set(outcome.events.map(\.day)).count > 5)
        #expect(outcome.events.allSatisfy { $0.action == .listen && $0.duration == 0 && $0.totalDuration == 0 })
        #expect(outcome.store.songs["2"]?.title == "Sigur \"Rós\"")
        #expect(outcome.store.songs["1"]?.artistID == "1" && outcome.store.songs["1"]?.imageURL == "http://y.jpg")
        #expect(try Self.run(.lastfmHetrec, files: files) { $0.playCountLimit = 10 }.events == outcome.events)
        let narrow = try Self.run(.lastfmHetrec, files: files) { $0.windowDays = 1 }
        #expect(narrow.events.allSatisfy { $0.timestamp >= Self.now - 86_400_000 })
    }

    @Test func movielensRatingsBecomeActionsInOrderOfTime() throws {
        let outcome = try Self.run(
            .movielens,
            files: [
                "movies.csv":
                    "movieId,title,genres\n1,Toy Story (1995),A|B\n2,\"American President, The (1995)\",C\n3,Nameless,D\n",
                "ratings.csv":
                    "userId,movieId,rating,timestamp\n1,1,4.0,964982703\n1,2,2.0,964981247\n2,1,3.5,964981000\n2,3,9,964981000\n",
            ])
        #expect(outcome.events.map(\.action) == [.listen, .skip, .complete])
        #expect(outcome.events.map(\.timestamp) == [964_981_000_000, 964_981_247_000, 964_982_703_000])
        #expect(outcome.report.rejections.map(\.reason) == ["rating is not within 0 … 5"])
        #expect(outcome.store.songs["1"]?.releaseDate == EventDay("1995-01-01"))
        #expect(outcome.store.songs["2"]?.title == "American President, The (1995)")
        #expect(outcome.store.songs["3"]?.releaseDate == nil)
    }

    @Test func theOlderMovielensFormatsAreReadInLatin1() throws {
        try withTemporaryDirectory { directory in
            let item = "1|Café (1995)|01-Jan-1995||http://x|0\n2|Other|||y|1\n"
            try directory.write("u.item", item.unicodeScalars.map { UInt8($0.value) })
            try directory.write("u.data", "196\t1\t3\t881250949\n186\t2\t1\t891717742\n")
            let outcome = try Self.run(.movielens, directory.path)
            #expect(outcome.store.songs["1"]?.title == "Café (1995)")
            #expect(outcome.store.songs["1"]?.releaseDate == EventDay("1995-01-01"))
            #expect(outcome.events.map(\.action) == [.listen, .skip])
        }
        let outcome = try Self.run(
            .movielens,
            files: ["movies.dat": "1::Toy: Story (1995)::Animation\n", "ratings.dat": "1::1::5::978300760\n"])
        #expect(outcome.store.songs["1"]?.title == "Toy: Story (1995)" && outcome.events.count == 1)
    }

    @Test func songsAloneAreReadWithTheirMissingFields() throws {
        let outcome = try Self.run(
            .msdSongs,
            files: [
                "songs.csv": """
                song_id,track_id,title,artist,release,year,duration_s
                SO1,TR1,Je Sais,Raphaël,Album,2008,148.74077
                SO2,TR2,,Nobody,Album,,252.9
                SO3,TR3,Zero,Nobody,Album,0,

                """
            ])
        #expect(outcome.report.songs == 3 && outcome.report.songsWithoutTitle == 1 && outcome.events.isEmpty)
        let song = try #require(outcome.store.songs["SO1"])
        #expect(song.durationMilliseconds == 148_741 && song.releaseDate == EventDay("2008-01-01"))
        #expect(outcome.store.songs["SO2"]?.artistID == outcome.store.songs["SO3"]?.artistID)
        #expect(outcome.store.songs["SO3"]?.releaseDate == nil && outcome.store.songs["SO2"]?.title == nil)
    }

    @Test func aMappedFileGivesSongsAndPlays() throws {
        let outcome = try Self.run(
            csv: """
                who,track_name,artist_name,when,secs,seen
                ann,Song,Singer,2023-05-01T10:00:00+02:00,200,Ann A.
                ann,Song,SINGER,2023-05-01 09:00:00,10,
                bob,Other,Singer,1682935200,100,

                """, map: "user=who,title=track_name,artist=artist_name,timestamp=when,played_s=secs,username=seen")
        #expect(outcome.store.songs.count == 2)
        #expect(Set(outcome.store.songs.values.map(\.artistID)).count == 1)
        #expect(outcome.events.map(\.userID) == ["ann", "ann", "bob"])
        #expect(outcome.events.map(\.timestamp) == [1_682_928_000_000, 1_682_931_600_000, 1_682_935_200_000])
        #expect(outcome.events.map(\.action) == [.listen, .skip, .listen])
        #expect(outcome.events[0].trackID == outcome.events[1].trackID)
        #expect(outcome.store.users["ann"]?.username == "Ann A.")
    }

    @Test func filesWithoutAHeaderAreMappedByNumber() throws {
        try withTemporaryDirectory { directory in
            let path = try directory.write("plays.tsv", "u1\tt1\t1600000000\tcomplete\nu1\tt2\t1600000100\tSKIP\n")
            let outcome = try Self.run(.tsv, path, map: "user=1,track=2,timestamp=3,action=4") { $0.hasHeader = false }
            #expect(outcome.events.map(\.action) == [.complete, .skip])
            #expect(outcome.report.rows == 2 && outcome.report.tracksWithoutSong == 2)
        }
    }

    @Test func usualColumnNamesNeedNoMapping() throws {
        let outcome = try Self.run(
            csv: "User_ID,track_id,timestamp,ms_played,duration_ms,track_name\nu,t,1600000000000,95000,100000,T\n")
        #expect(outcome.events.map(\.action) == [.complete] && outcome.events[0].totalDuration == 100_000)
        #expect(outcome.store.songs["t"]?.title == "T")
    }

    @Test func identifiersGetTheirPrefix() throws {
        let outcome = try Self.run(csv: "user,track,artist,timestamp\n1,2,A,1600000000\n") { $0.idPrefix = "ml-" }
        #expect(outcome.events[0].userID == "ml-1" && outcome.events[0].trackID == "ml-2")
        #expect(outcome.store.songs["ml-2"]?.artistID?.hasPrefix("ml-artist-") == true)
    }

    @Test func packedFilesAreRead() throws {
        try withTemporaryDirectory { directory in
            let songs = try #require(Gzip(level: 6).compress(Array("track_id,title,artist,year\nt,T,A,1999\n".utf8)))
            try directory.write("songs.csv.gz", songs)
            #expect(try Self.run(.msdSongs, directory.path).store.songs["t"]?.title == "T")
        }
    }

    @Test func songsAreWrittenInBatchesAndEventsInOrderedRuns() throws {
        var text = "user,track,title,timestamp\n"
        for number in 0..<2500 { text += "u\(number % 3),t\(number),T,\(1_600_000_000 + (number * 7919) % 2500)\n" }
        let outcome = try Self.run(csv: text) { $0.sortedEventLimit = 1000 }
        #expect(outcome.store.songs.count == 2500 && outcome.store.largestBatch <= 1000)
        #expect(outcome.events.count == 2500)
        for run in [0..<1000, 1000..<2000, 2000..<2500] {
            let times = outcome.events[run].map(\.timestamp)
            #expect(times == times.sorted())
        }
    }

    @Test func beingToldToStopKeepsWhatWasWritten() throws {
        try withTemporaryDirectory { directory in
            var text = "user,track,title,timestamp\n"
            for number in 0..<5000 { text += "u,t\(number),T,\(1_600_000_000 + number)\n" }
            let path = try directory.write("plays.csv", text)
            let stop = StopSignal()
            let log = CollectingEventLog(onAppend: { if $0 == 1500 { stop.stop() } })
            let outcome = try Self.run(.csv, path, log: log, until: stop)
            #expect(outcome.report.wasStopped && (1500..<5000).contains(outcome.events.count))
            #expect(outcome.store.songs.count == 5000)
            #expect(throws: CollectingEventLog.Full.self) {
                try Self.run(.csv, path, log: CollectingEventLog(capacity: 10))
            }
        }
    }
}
