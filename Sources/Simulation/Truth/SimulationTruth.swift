public import Domain
import ServiceKit

/// What decides the simulated listeners' choices, for tests and for measuring how much of it a model has learned.
public struct SimulationTruth: Sendable {
    /// The day the probabilities hold for: what is out by then, and how fresh it is.
    public let day: EventDay
    let listening: Listening
    private let songWeights: [Double]
    private let componentSums: [Double]
    private let chartSum: Double

    init(listening: Listening, day: EventDay) {
        self.listening = listening
        self.day = day
        let catalogue = listening.catalogue
        songWeights = catalogue.songs.indices.map { catalogue.weight(of: $0, on: day) }
        var sums = [Double](repeating: 0, count: catalogue.componentCount)
        for (song, traits) in catalogue.songs.enumerated() {
            for index in 0..<Catalogue.Memberships.count {
                let membership = traits.memberships[index]
                sums[membership.component] += songWeights[song] * membership.share
            }
        }
        componentSums = sums
        chartSum = songWeights.reduce(0, +)
    }

    /// How many components of taste there are.
    public var componentCount: Int { listening.catalogue.componentCount }

    /// Name of a component: its scene and style.
    public func componentName(_ component: Int) -> String {
        let (scene, style) = component.quotientAndRemainder(dividingBy: Catalogue.stylesPerScene)
        return "\(Scene.all[scene].name) \(["a", "b"][style])"
    }

    /// A user's share of each component; sums to 1.
    public func taste(ofUser user: Int) -> [Double] {
        (0..<componentCount).map { listening.audience.share(of: $0, user: user) }
    }

    /// How well a song suits a user, 0 … 1: what decides between skip and play.
    public func affinity(user: Int, song: Int) -> Double {
        listening.audience.affinity(user: user, song: listening.catalogue.songs[song])
    }

    /// How often a song is played by all, relative to the others.
    public func popularity(ofSong song: Int) -> Double { songWeights[song] }

    /// Probability of each song to be the next that a user chooses, repeats of favourites and guests left out. Sums to 1.
    ///
    /// - Complexity: O(songs).
    public func probabilities(ofUser user: Int) -> [Double] {
        let rates = (0..<componentCount).map { component in
            componentSums[component] > 0
                ? listening.audience.share(of: component, user: user) / componentSums[component] : 0
        }
        let chartShare = Listening.chartShare
        return listening.catalogue.songs.enumerated().map { song, traits in
            let weight = songWeights[song]
            var sum = 0.0
            for index in 0..<Catalogue.Memberships.count {
                let membership = traits.memberships[index]
                sum += membership.share * rates[membership.component]
            }
            return weight * ((1 - chartShare) * sum + chartShare / chartSum)
        }
    }

    /// The `count` most probable songs of a user, best first, ties by number.
    ///
    /// - Complexity: O(songs log songs).
    public func bestSongs(ofUser user: Int, count: Int) -> [(song: Int, probability: Double)] {
        let probabilities = probabilities(ofUser: user)
        let order = probabilities.indices.sorted {
            probabilities[$0] != probabilities[$1] ? probabilities[$0] > probabilities[$1] : $0 < $1
        }
        return order.prefix(count).map { ($0, probabilities[$0]) }
    }

    /// Number of a user by id, or nil.
    public func userNumber(ofID id: String) -> Int? {
        number(in: id, prefix: "sim-u", below: listening.audience.count)
    }

    /// Number of a song by track id, or nil.
    public func songNumber(ofID id: String) -> Int? {
        number(in: id, prefix: "sim-t", below: listening.catalogue.songs.count)
    }

    private func number(in id: String, prefix: String, below bound: Int) -> Int? {
        guard id.hasPrefix(prefix), let number = Int(id.dropFirst(prefix.count)), (1...bound).contains(number) else {
            return nil
        }
        return number - 1
    }
}
