import Domain
import Foundation
import Learning
import Storage

/// A generated catalogue with two models of it: genres as directions, popularity as length, listeners who like two genres.
struct ServingData {
    static let versions = ["20260101T030000Z-aaaaaa", "20260102T030000Z-bbbbbb"]
    private static let genreCount = 40
    private static let words = [
        "Midnight", "Paper", "Golden", "Static", "River", "Neon", "Velvet", "Northern", "Hollow", "Electric", "Summer",
        "Glass", "Wild", "Silver", "Distant", "Marble", "Coral", "Lantern", "Orchard", "Satellite", "Winter", "Harbour",
        "Ember", "Shadow", "Crystal", "Morning", "Desert", "Echo", "Violet", "Thunder", "Ocean", "Window",
    ]

    let folder: String
    let songs: Int
    let users: Int
    let factors: Int

    /// Writes store and models into the folder.
    func write() throws {
        let documents = try SQLiteDocumentStore(path: folder + "/segue.db")
        defer { documents.close() }
        try documents.prepare()
        try documents.upsertSongs((0..<songs).map(song))
        let today = EventDay(epochMilliseconds: Int64(Date().timeIntervalSince1970 * 1000))
        let plays = Dictionary(
            uniqueKeysWithValues: (0..<songs).map { (Self.songID($0), [today: Int64(2_000_000 / ($0 + 10))]) })
        _ = try documents.applyPlays(CommitPlays(lakeVersion: 0, plays: plays), today: today)
        let models = try LocalModelStore(root: folder + "/models")
        for (index, version) in Self.versions.enumerated() {
            try publish(version, seed: UInt64(index + 1), documents, models)
        }
        try documents.setCurrentModel(version: Self.versions[0])
    }

    static func songID(_ number: Int) -> String {
        "s" + String(repeating: "0", count: max(0, 6 - "\(number)".count)) + "\(number)"
    }
    static func userID(_ number: Int) -> String {
        "u" + String(repeating: "0", count: max(0, 6 - "\(number)".count)) + "\(number)"
    }

    private func song(_ number: Int) -> Song {
        let words = Self.words
        let artist = number % (songs / 8 + 1)
        return Song(
            trackID: Self.songID(number),
            title: "\(words[number * 7 % words.count]) \(words[(number / words.count + number) % words.count])",
            artist: "The \(words[artist * 11 % words.count]) \(words[(artist / 32 + 5) % words.count])s",
            artistID: "a\(artist)", durationMilliseconds: Int32(150_000 + number * 37 % 120_000),
            releaseDate: EventDay(daysSinceEpoch: Int32(15_000 + number % 5_000)))
    }

    private func publish(
        _ version: String, seed: UInt64, _ documents: SQLiteDocumentStore, _ models: LocalModelStore
    ) throws {
        var random = Gaussian(seed: seed)
        let genres = (0..<Self.genreCount).map { _ in
            (0..<factors).map { _ in random.next() / Float(factors).squareRoot() }
        }
        var vectors: [Float] = []
        vectors.reserveCapacity(songs * factors)
        for number in 0..<songs {
            let length = 0.25 + 1.5 / Float(1 + Double(number) / 500).squareRoot()
            let genre = genres[number % Self.genreCount]
            for value in genre { vectors.append(length * (value + 0.5 * random.next() / Float(factors).squareRoot())) }
        }
        let matrix = vectors
        let manifest = ModelManifest(
            version: version, createdAt: 0, factors: factors, users: users, items: songs, parameters: [:],
            lakeVersion: 0,
            windowFrom: "2025-10-01", windowThrough: "2025-12-31", events: 0, metrics: [:], objective: [], files: [])
        _ = try models.publish(manifest) { aside in
            let zeros = [Double](repeating: 0, count: factors * factors)
            try IVFIndexBuilder().build(
                IVFItems(
                    ids: (0..<songs).map(Self.songID), vectors: matrix, dimension: factors,
                    gram: GramMatrix(factors: factors, values: zeros), regularization: 0.1, alpha: 1,
                    modelVersion: version),
                to: aside + "/items.ivf")
        }
        var start = 0
        while start < users {
            let end = min(start + 5_000, users)
            let chunk = (start..<end).map { number in
                (userID: Self.userID(number), values: taste(genres, &random, number))
            }
            try documents.upsertUserVectors(chunk, modelVersion: version, at: 0)
            start = end
        }
        try documents.saveModel(ModelRecord(manifest: manifest, status: .published))
    }

    private func taste(_ genres: [[Float]], _ random: inout Gaussian, _ number: Int) -> [Float] {
        let (first, second) = (genres[number % Self.genreCount], genres[number / 7 % Self.genreCount])
        return (0..<factors).map { first[$0] + 0.6 * second[$0] + 0.3 * random.next() / Float(factors).squareRoot() }
    }
}

/// Standard normal numbers by the polar method (Marsaglia and Bray 1964, https://doi.org/10.1137/1006063).
struct Gaussian {
    private var state: UInt64
    private var spare: Float?

    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 }

    mutating func next() -> Float {
        if let value = spare {
            spare = nil
            return value
        }
        while true {
            let (x, y) = (uniform() * 2 - 1, uniform() * 2 - 1)
            let square = x * x + y * y
            guard square > 0, square < 1 else { continue }
            let scale = Float((-2 * log(Double(square)) / Double(square)).squareRoot())
            spare = y * scale
            return x * scale
        }
    }

    /// SplitMix64's next number as a fraction.
    private mutating func uniform() -> Float {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return Float((mixed ^ (mixed >> 31)) >> 40) / Float(1 << 24)
    }
}
