import Domain
import HTTPServer
import ServiceKit
import Serving
import Storage
import TestSupport
import Testing

@Suite struct SearchTests {
    private static let songs: [(id: String, title: String?, artist: String?, plays: Int64)] = [
        ("1", "Đừng Làm Trái Tim Anh Đau", "Sơn Tùng M-TP", 50), ("2", "Bohemian Rhapsody", "Queen", 90),
        ("3", "Killer Queen", "Queen", 40), ("4", "Dancing Queen", "ABBA", 80), ("5", "Don't Stop Me Now", "Queen", 70),
        ("6", "Yesterday", "The Beatles", 60), ("7", "Jóga", "Björk", 10), ("8", "夜に駆ける", "YOASOBI", 20),
        ("9", nil, nil, 5), ("10", "Straße", "Müller", 1), ("11", "Queens of the Stone Age", nil, 2),
        ("12", "Hãy Trao Cho Anh", "Sơn Tùng M-TP", 55), ("13", "Тройка", "Хор", 3),
        ("14", "Yellow Submarine", "The Beatles", 30),
    ]

    private func makeService() throws -> (ServingFixture, ServingService) {
        let fixture = try ServingFixture()
        try fixture.store.upsertSongs(
            Self.songs.map { Song(trackID: $0.id, title: $0.title, artist: $0.artist) })
        let day = EventDay(epochMilliseconds: fixture.clock.now)
        let old = day.advanced(by: -30)
        var plays: [String: [EventDay: Int64]] = [:]
        for song in Self.songs { plays[song.id] = [song.id == "3" ? old : day: song.plays] }
        _ = try fixture.store.applyPlays(CommitPlays(lakeVersion: 1, plays: plays), today: day)
        let service = try fixture.makeService()
        try service.refresh()
        return (fixture, service)
    }

    private func ids(_ query: String, _ service: ServingService) throws -> [String] {
        let escaped = query.utf8.map { "%" + (($0 < 16 ? "0" : "") + String($0, radix: 16)) }.joined()
        return try service.get("/search?q=\(escaped)").json.songIDs
    }

    @Test(arguments: [
        ("dung lam trai tim anh dau", ["1"]), ("Đừng làm", ["1"]), ("son tung", ["12", "1"]), ("trai tim", ["1"]),
        ("queen", ["4", "3", "2", "5", "11"]), ("QUEEN", ["4", "3", "2", "5", "11"]), ("bohem", ["2"]),
        ("boh rha", ["2"]),
        ("bohemain", ["2"]), ("rapsody", ["2"]), ("beatels", ["6", "14"]), ("beatles yesterday", ["6"]),
        ("yestrday", ["6"]), ("dont stop", ["5"]), ("don’t", ["5"]), ("bjork", ["7"]), ("joga", ["7"]), ("夜に", ["8"]),
        ("strasse", ["10"]), ("muller", ["10"]), ("тройка", ["13"]), ("ТРОЙ", ["13"]), ("queen bohemian xyzzyx", ["2"]),
        ("zzz", []), ("...", []), ("qu", ["4", "3", "2", "5", "11"]),
    ])
    func wordsFindTheirSongs(query: String, expected: [String]) throws {
        let (_, service) = try makeService()
        #expect(try ids(query, service) == expected)
    }

    @Test func shortWordsAreNotGuessedAt() throws {
        let (_, service) = try makeService()
        #expect(try ids("tom", service) == [])
    }

    @Test func aWrongQueryIsA400() throws {
        let (_, service) = try makeService()
        for target in [
            "/search", "/search?q=", "/search?q=a&limit=0", "/search?q=" + String(repeating: "a", count: 201),
        ] {
            #expect(try service.get(target).response.status == .badRequest)
        }
    }

    @Test func songsThatArriveAreFoundAndCountsMove() throws {
        let (fixture, service) = try makeService()
        try fixture.store.upsertSongs([Song(trackID: "15", title: "Queen of Hearts", artist: "Juice")])
        try service.refresh()
        #expect(try ids("queen hearts", service) == ["15"])
        let day = EventDay(epochMilliseconds: fixture.clock.now)
        _ = try fixture.store.applyPlays(CommitPlays(lakeVersion: 2, plays: ["3": [day: 1000]]), today: day)
        try service.refresh()
        #expect(try ids("queen", service).first == "3")
    }

    @Test func popularSongsOfAWindow() throws {
        let (_, service) = try makeService()
        #expect(try service.get("/popular?window=7d&limit=3").json.songIDs == ["2", "4", "5"])
        #expect(try service.get("/popular?window=all&limit=7").json.songIDs == ["2", "4", "5", "6", "12", "1", "3"])
        #expect(try !service.get("/popular?window=7d&limit=50").json.songIDs.contains("3"))
        #expect(try service.get("/popular?limit=50").json.songIDs.last == "3")
        #expect(try service.get("/popular?window=year").response.status == .badRequest)
    }

    /// Any single error at any place of a word.
    @Test func oneErrorAnywhereIsForgiven() throws {
        let (_, service) = try makeService()
        let word = Array("bohemian")
        for place in word.indices {
            var left = word
            left.remove(at: place)
            var other = word
            other[place] = "x"
            var more = word
            more.insert("x", at: place)
            var swapped = word
            if place > 0 { swapped.swapAt(place, place - 1) }
            for variant in [left, other, more, swapped] {
                #expect(try ids(String(variant), service).first == "2", "\(String(variant))")
            }
        }
    }

    // MARK: - The distance table against its slow twin

    /// Optimal string alignment distance of `query` to the nearest beginning of `word`, by the plain recurrence.
    private func errors(_ query: [UInt8], _ word: [UInt8]) -> Int {
        var table = (0...word.count).map { depth in (0...query.count).map { depth == 0 ? $0 : depth } }
        for depth in 1...max(1, word.count) where depth <= word.count {
            for column in 1...query.count {
                var value = min(table[depth - 1][column], table[depth][column - 1]) + 1
                value = min(value, table[depth - 1][column - 1] + (word[depth - 1] == query[column - 1] ? 0 : 1))
                if depth > 1, column > 1, word[depth - 1] == query[column - 2], word[depth - 2] == query[column - 1] {
                    value = min(value, table[depth - 2][column - 2] + 1)
                }
                table[depth][column] = value
            }
        }
        return table.map { $0[query.count] }.min() ?? query.count
    }

    @Test func similarWordsAreThoseAPlainComparisonFinds() {
        var random = SeededRandomNumberGenerator(seed: 11)
        func word(_ lengths: ClosedRange<Int>) -> [UInt8] {
            (0..<Int.random(in: lengths, using: &random)).map { _ in UInt8.random(in: 97...100, using: &random) }
        }
        var interned = InternedStrings()
        for _ in 0..<800 { word(1...12).withUnsafeBytes { _ = interned.code(of: $0) } }
        let (list, _) = WordList.sorted(interned)
        for _ in 0..<60 {
            let query = word(3...11)
            let limit = WordList.allowedErrors(byteCount: query.count)
            var found: [Int: Int] = [:]
            list.forEachSimilar(to: query) { found[$0] = $1 }
            var expected: [Int: Int] = [:]
            for index in 0..<list.count where limit > 0 {
                let distance = errors(query, Array(list[index]))
                if (1...limit).contains(distance) { expected[index] = distance }
            }
            #expect(found == expected, "query \(String(decoding: query, as: UTF8.self))")
        }
    }
}
