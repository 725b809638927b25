import Domain
import Learning
import Storage

/// A song a listener heard, and its part in why another one is recommended.
struct Reason: Sendable, Equatable {
    /// Number of the song heard, in the index.
    var item: Int32
    /// Its part of all that speaks for the recommended song, 0…1.
    var weight: Float
}

extension SessionFolding {
    /// Songs named as reasons for one song.
    private static let reasonCount = 3
    /// Songs of a listener that are asked: those that say most.
    private static let askedCount = 200

    /// What a listener's listens say of songs of the model, shaped as they were for training.
    ///
    /// - Parameters:
    ///   - history: what the lake says, days old.
    ///   - recent: what was heard lately, some of which may be in the lake already; of each song counts what says more.
    func listens(history: [Int32: Double], recent: [RecentListen]) -> [FoldIn.Listen] {
        var fresh: [Int32: Double] = [:]
        for listen in recent {
            guard let item = index.item(forID: listen.trackID) else { continue }
            fresh[item, default: 0] += Double(
                weight.weight(action: listen.action, duration: listen.duration, totalDuration: listen.totalDuration))
        }
        let sums = history.merging(fresh) { $0.magnitude > $1.magnitude ? $0 : $1 }
        return sums.sorted { ($1.value.magnitude, $0.key) < ($0.value.magnitude, $1.key) }.prefix(Self.askedCount)
            .map { FoldIn.Listen(item: $0.key, confidence: Float(weighting.shape($0.value))) }
    }

    /// The listens that say most for a song: their shares in its score by the model (Hu, Koren, Volinsky 2008, section 5),
    /// as parts of all shares that are positive.
    ///
    /// - Complexity: O(n · factors² + factors³)
    func reasons(for item: Int32, listens: [FoldIn.Listen]) throws -> [Reason] {
        guard !listens.isEmpty else { return [] }
        let shares = try withScratch { try foldIn.contributions(to: item, listens: listens, scratch: $0) }
        let speaking = shares.filter { $0.share > 0 && $0.item != item }
        let total = speaking.reduce(0) { $0 + $1.share }
        return speaking.prefix(Self.reasonCount).map { Reason(item: $0.item, weight: $0.share / total) }
    }
}
