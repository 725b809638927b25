import Domain
import Learning
import Storage
import Synchronization

/// Makes a listener's vector of recent listens, by one model: the objective it was trained with, its Gram matrix, its weights.
///
/// What all listeners share is worked out once, when the model is loaded.
final class SessionFolding: Sendable {
    /// Plays of songs of the model a stranger's vector is made of, at least.
    static let fewestPlays = 3
    /// What a like counts, beside a completed listen's 1.
    static let likeWeight = 3.0
    /// What a dislike counts.
    static let dislikeWeight = -1.0

    let foldIn: FoldIn
    let index: IVFIndex
    let weight: ListenWeight
    let weighting: ConfidenceWeighting
    private let idle = Mutex<[Scratch]>([])

    /// - Throws: `LearningError` when the index' Gram matrix or its parameters are not usable.
    init(_ index: IVFIndex, _ manifest: ModelManifest) throws {
        self.index = index
        var options = ALSOptions()
        options.factors = index.dimension
        options.alpha = index.alpha
        options.regularization = index.regularization
        foldIn = try FoldIn(gram: index.gram, itemCount: index.count, options: options) { item, target in
            index.withVector(of: item) { _ = target.update(fromContentsOf: $0) }
        }
        (weight, weighting) = Self.weights(manifest.parameters)
    }

    /// How the run weighed listens. What a manifest does not say, or says wrongly, is the default.
    private static func weights(_ parameters: [String: String]) -> (ListenWeight, ConfidenceWeighting) {
        func number(_ name: String, in range: ClosedRange<Double>) -> Double? {
            parameters[name].flatMap(Double.init).flatMap { range.contains($0) ? $0 : nil }
        }
        var weight = ListenWeight()
        weight.skip = number("skip-weight", in: -1...1) ?? weight.skip
        weight.minimumListen = number("minimum-listen", in: 0...1) ?? weight.minimumListen
        var weighting = ConfidenceWeighting()
        weighting.exponent = number("confidence-exponent", in: 0...2) ?? 0.5
        weighting.scale = number("confidence-scale", in: 1e-6...1e6) ?? weighting.scale
        weighting.form = parameters["confidence"].flatMap(ConfidenceWeighting.Form.init(rawValue:)) ?? weighting.form
        return (weight, weighting)
    }

    /// The vector of a listener.
    ///
    /// - Parameters:
    ///   - prior: the model's vector of the listener; nil for one it does not know.
    ///   - since: listens before are in `prior` already, epoch milliseconds; of a stranger all count.
    ///   - taste: what the listener rated; a like is a play.
    ///   - fewestPlays: plays a stranger's vector is made of, at least.
    /// - Returns: nil when there are too few listens, or nothing can be said.
    /// - Complexity: O(n · factors² + factors³), some ten microseconds.
    func vector(
        of listens: [RecentListen], prior: [Float]?, since: Int64, taste: RatingBook.Taste = .none,
        fewestPlays: Int = SessionFolding.fewestPlays
    ) throws -> [Float]? {
        var sums: [Int32: Double] = [:]
        var plays = 0
        for listen in listens where prior == nil || listen.timestamp >= since {
            guard let item = index.item(forID: listen.trackID) else { continue }
            plays += listen.action.isPlay ? 1 : 0
            sums[item, default: 0] += Double(
                weight.weight(
                    action: listen.action, duration: listen.duration, totalDuration: listen.totalDuration))
        }
        for trackID in taste.liked {
            guard let item = index.item(forID: trackID) else { continue }
            plays += 1
            sums[item, default: 0] += Self.likeWeight
        }
        for trackID in taste.disliked {
            if let item = index.item(forID: trackID) { sums[item, default: 0] += Self.dislikeWeight }
        }
        guard prior == nil ? plays >= fewestPlays : !sums.isEmpty else { return nil }
        // In order of item, so that the same listens give the same vector.
        let folded = sums.sorted { $0.key < $1.key }.map {
            FoldIn.Listen(item: $0.key, confidence: Float(weighting.shape($0.value)))
        }
        let start = prior ?? [Float](repeating: 0, count: foldIn.factors)
        var vector = start
        try withScratch { scratch in
            try folded.withUnsafeBufferPointer { listens in
                try start.withUnsafeBufferPointer { start in
                    try vector.withUnsafeMutableBufferPointer {
                        try foldIn.fold(listens, onto: start, scratch: scratch, into: $0)
                    }
                }
            }
        }
        return vector.contains { $0 != 0 } && vector.allSatisfy(\.isFinite) ? vector : nil
    }

    /// The songs of the model among listens.
    func heard(_ listens: [RecentListen]) -> [SessionVectors.Heard] {
        listens.compactMap { listen in
            index.item(forID: listen.trackID).map { SessionVectors.Heard(item: $0, timestamp: listen.timestamp) }
        }
    }

    func withScratch<Result>(_ body: (FoldIn.Scratch) throws -> Result) rethrows -> Result {
        let scratch = idle.withLock { $0.popLast() } ?? Scratch(FoldIn.Scratch(for: foldIn))
        defer { idle.withLock { $0.append(scratch) } }
        return try body(scratch.value)
    }

    private final class Scratch: @unchecked Sendable {
        // Sendable: the pool hands it to one thread at a time.
        let value: FoldIn.Scratch

        init(_ value: FoldIn.Scratch) { self.value = value }
    }
}
