import Domain
import Glibc

/// The songs there are and the truth about them.
///
/// Each scene has two styles; a style is a component of taste. An artist lives in one style, a song in up to three: its
/// artist's, the other style of the scene, and some style elsewhere. Popularity follows a Zipf–Mandelbrot law of rank,
/// `(rank + q)^-1` with `q` = 0.8 % of the catalogue: one song in a hundred gets about a seventh of the plays.
struct Catalogue: Sendable {
    /// How far a song belongs to a component.
    struct Membership: Sendable {
        let component: Int
        let share: Double
    }

    /// The three memberships of a song, the largest first; shares sum to 1. Stored inline: an array would be counted in
    /// and out at every play.
    struct Memberships: Sendable {
        static let count = 3
        let first: Membership
        let second: Membership
        let third: Membership

        @inline(__always)
        subscript(index: Int) -> Membership {
            switch index {
            case 0: first
            case 1: second
            default: third
            }
        }
    }

    /// What makes people play a song.
    struct SongTraits: Sendable {
        let artist: Int
        let durationMilliseconds: Int32
        let releaseDay: EventDay
        /// Popularity before freshness; relative.
        let weight: Double
        let memberships: Memberships
    }

    struct ArtistTraits: Sendable {
        let component: Int
        let language: NameLanguage
        /// Songs of successful artists tend to rank high.
        let strength: Double
    }

    static let stylesPerScene = 2
    let seed: UInt64
    let sceneCount: Int
    let artists: [ArtistTraits]
    let songs: [SongTraits]
    var componentCount: Int { sceneCount * Self.stylesPerScene }

    /// Makes a catalogue in which some songs come out between the days of `window`.
    ///
    /// - Complexity: O(songs log songs).
    init(songCount: Int, seed: UInt64, window: Range<EventDay>) {
        self.seed = seed
        sceneCount = min(Scene.all.count, max(3, songCount / 100))
        var artists: [ArtistTraits] = []
        var artistOfSong: [Int] = []
        artistOfSong.reserveCapacity(songCount)
        let sceneTable = AliasTable(weights: (0..<sceneCount).map { pow(Double($0 + 1), -0.45) })
        while artistOfSong.count < songCount {
            var random = SimulationRandom(seed: seed, .artist, artists.count)
            let scene = sceneTable.draw(&random)
            let style = random.index(below: Self.stylesPerScene)
            // Most artists have a few songs, some have eighty (Pareto).
            let discography = min(80, Int(3 / pow(1 - random.uniform(), 0.7)))
            artists.append(
                ArtistTraits(
                    component: scene * Self.stylesPerScene + style, language: Scene.all[scene].language,
                    strength: random.normal()))
            for _ in 0..<min(discography, songCount - artistOfSong.count) { artistOfSong.append(artists.count - 1) }
        }
        self.artists = artists
        songs = Self.makeSongs(artistOfSong, artists, sceneCount: sceneCount, seed: seed, window: window)
    }

    private static func makeSongs(
        _ artistOfSong: [Int], _ artists: [ArtistTraits], sceneCount: Int, seed: UInt64, window: Range<EventDay>
    ) -> [SongTraits] {
        var scores: [(score: Double, song: Int)] = []
        for (song, artist) in artistOfSong.enumerated() {
            var random = SimulationRandom(seed: seed, .song, song, 1)
            scores.append((artists[artist].strength + random.normal(), song))
        }
        scores.sort { $0.score != $1.score ? $0.score > $1.score : $0.song < $1.song }
        var weights = [Double](repeating: 0, count: artistOfSong.count)
        let offset = 0.008 * Double(artistOfSong.count)
        for (rank, entry) in scores.enumerated() { weights[entry.song] = 1 / (Double(rank + 1) + offset) }
        return artistOfSong.enumerated().map { song, artist in
            var random = SimulationRandom(seed: seed, .song, song)
            return SongTraits(
                artist: artist, durationMilliseconds: duration(&random), releaseDay: releaseDay(&random, window),
                weight: weights[song],
                memberships: memberships(of: artists[artist], componentCount: sceneCount * stylesPerScene, &random))
        }
    }

    /// Log-normal around three and a half minutes, whole seconds as catalogues have them.
    private static func duration(_ random: inout SimulationRandom) -> Int32 {
        Int32(min(900, max(60, (208 * exp(0.27 * random.normal())).rounded()))) * 1000
    }

    /// One song in eight is new in the window; the others are up to decades old, the newer the more.
    private static func releaseDay(_ random: inout SimulationRandom, _ window: Range<EventDay>) -> EventDay {
        if random.chance(0.125) { return window.lowerBound.advanced(by: random.index(below: window.count)) }
        let age = min(21_000, 1 + Int(random.exponential(mean: 1800)))
        return window.lowerBound.advanced(by: -age)
    }

    private static func memberships(
        of artist: ArtistTraits, componentCount: Int, _ random: inout SimulationRandom
    ) -> Memberships {
        let primary = random.uniform(0.72, 1)
        let sibling = (1 - primary) * random.uniform(0.3, 0.9)
        var elsewhere = random.index(below: componentCount - stylesPerScene)
        let sceneStart = artist.component / stylesPerScene * stylesPerScene
        if elsewhere >= sceneStart { elsewhere += stylesPerScene }
        return Memberships(
            first: Membership(component: artist.component, share: primary),
            second: Membership(component: artist.component ^ 1, share: sibling),
            third: Membership(component: elsewhere, share: 1 - primary - sibling))
    }

    /// How much a song of that weight is played on a day: nothing before it is out, five times as much when it is fresh.
    func weight(of song: Int, on day: EventDay) -> Double {
        let age = songs[song].releaseDay.distance(to: day)
        guard age >= 0 else { return 0 }
        return songs[song].weight * (age < 90 ? 1 + 4 * exp(-Double(age) / 7) : 1)
    }

    /// Track id of a song by its number.
    static func trackID(_ song: Int) -> String { "sim-t\(song + 1)" }

    /// The song as it stands in the store.
    func document(_ song: Int) -> Song {
        let traits = songs[song]
        let language = artists[traits.artist].language
        var random = SimulationRandom(seed: seed, .songNames, song)
        var artistRandom = SimulationRandom(seed: seed, .songNames, -1 - traits.artist)
        return Song(
            trackID: Self.trackID(song), title: language.title(&random),
            artist: language.artistName(&artistRandom), artistID: "sim-a\(traits.artist + 1)",
            durationMilliseconds: traits.durationMilliseconds, releaseDate: traits.releaseDay)
    }
}
