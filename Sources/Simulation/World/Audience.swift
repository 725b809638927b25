import Domain
import Glibc

/// The listeners there are and the truth about them: a taste over the components, how much they listen, when.
struct Audience: Sendable {
    let seed: UInt64
    let count: Int
    let componentCount: Int
    /// Row by row: the share of each component in what a user wants to hear; a row sums to 1.
    private let tastes: [Float]
    /// Largest share of each row.
    private let largestShares: [Float]
    /// Relative amount of listening, log-normal.
    let activities: [Double]

    /// Makes listeners who choose their scenes as often as those are played.
    init(userCount: Int, seed: UInt64, catalogue: Catalogue) {
        self.seed = seed
        count = userCount
        componentCount = catalogue.componentCount
        var sceneWeights = [Double](repeating: 0, count: catalogue.sceneCount)
        for song in catalogue.songs {
            for index in 0..<Catalogue.Memberships.count {
                let membership = song.memberships[index]
                sceneWeights[membership.component / Catalogue.stylesPerScene] += membership.share * song.weight
            }
        }
        let scenes = AliasTable(weights: sceneWeights)
        var tastes = [Float](repeating: 0, count: userCount * componentCount)
        var largestShares = [Float](repeating: 0, count: userCount)
        var activities = [Double](repeating: 0, count: userCount)
        for user in 0..<userCount {
            var random = SimulationRandom(seed: seed, .user, user)
            activities[user] = exp(0.9 * random.normal())
            let row = Self.taste(&random, scenes, sceneWeights, total: scenes.totalWeight)
            for (component, share) in row.enumerated() {
                tastes[user * componentCount + component] = Float(share)
                largestShares[user] = max(largestShares[user], Float(share))
            }
        }
        self.tastes = tastes
        self.largestShares = largestShares
        self.activities = activities
    }

    /// One to four scenes, each with a leaning to one of its styles, and a twentieth of everything.
    private static func taste(
        _ random: inout SimulationRandom, _ scenes: AliasTable, _ sceneWeights: [Double], total: Double
    ) -> [Double] {
        let styles = Catalogue.stylesPerScene
        var row = sceneWeights.flatMap { weight in
            [Double](repeating: 0.05 * weight / total / Double(styles), count: styles)
        }
        let wanted = min(sceneWeights.count - 1, 1 + random.index(below: 4))
        var chosen: [(scene: Int, weight: Double)] = []
        while chosen.count < wanted {
            let scene = scenes.draw(&random)
            if !chosen.contains(where: { $0.scene == scene }) {
                chosen.append((scene, 0.15 + random.exponential(mean: 1)))
            }
        }
        let sum = chosen.reduce(0) { $0 + $1.weight }
        for (scene, weight) in chosen {
            let leaning = random.uniform(0.6, 0.98)
            let favourite = random.index(below: styles)
            for style in 0..<styles {
                row[scene * styles + style] += 0.95 * weight / sum * (style == favourite ? leaning : 1 - leaning)
            }
        }
        return row
    }

    /// Share of a component in what a user wants to hear.
    @inline(__always)
    func share(of component: Int, user: Int) -> Double { Double(tastes[user * componentCount + component]) }

    /// A component, as often as the user wants to hear it.
    func drawComponent(user: Int, _ random: inout SimulationRandom) -> Int {
        var rest = Float(random.uniform())
        let start = user * componentCount
        for component in 0..<componentCount {
            rest -= tastes[start + component]
            if rest < 0 { return component }
        }
        return componentCount - 1
    }

    /// How well a song suits a user, 0 … 1: 1 is a song all of the user's strongest component, and the square root keeps second loves well liked. One artist in thirty the
    /// user cannot stand, whatever the style.
    func affinity(user: Int, song: Catalogue.SongTraits) -> Double {
        var sum = 0.0
        for index in 0..<Catalogue.Memberships.count {
            let membership = song.memberships[index]
            sum += membership.share * share(of: membership.component, user: user)
        }
        var quirk = SimulationRandom(seed: seed, .quirk, user, song.artist)
        let liking = quirk.next() < UInt64.max / 30 ? 0.1 : 1.0
        return min(1, sum / Double(largestShares[user])).squareRoot() * liking
    }

    /// User id by number.
    static func userID(_ user: Int) -> String { "sim-u\(user + 1)" }

    /// The user as it stands in the store.
    func document(_ user: Int) -> User {
        var random = SimulationRandom(seed: seed, .userNames, user)
        return User(userID: Self.userID(user), username: NameLanguage.draw(&random).personName(&random))
    }
}
