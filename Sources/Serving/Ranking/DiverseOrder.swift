import Learning

/// Chooses songs that are good and not all alike: maximal marginal relevance (Carbonell and Goldstein, SIGIR 1998,
/// doi:10.1145/290941.291025).
///
/// One after another that song is taken for which
/// ```
/// (1 − λ) · relevance − λ · likeness to the most alike song taken before
/// ```
/// is largest. Relevance is the score, from 0 for the worst candidate to 1 for the best, so that it weighs the same whatever the
/// length of the query; likeness is the cosine of two songs' vectors. λ is 0 for the best songs, 1 for the most different
/// ones; the paper's λ is 1 minus ours.
enum DiverseOrder {
    /// Candidates a list of `limit` songs is chosen from.
    static func candidateCount(limit: Int) -> Int { max(100, limit * 5) }

    /// The first `limit` songs in that order. Songs without a vector come last, in the order they came.
    ///
    /// - Complexity: O(candidates · `limit` · dimension)
    static func choose(_ candidates: [RankedSong], limit: Int, diversity: Float, index: IVFIndex) -> [RankedSong] {
        let ranked = candidates.filter { $0.item != nil && $0.score != nil }
        guard ranked.count > 1 else { return Array(candidates.prefix(limit)) }
        let vectors = unitVectors(ranked, index)
        let scores = ranked.map { $0.score ?? 0 }
        let (worst, best) = (scores.min() ?? 0, scores.max() ?? 0)
        let span = best > worst ? best - worst : 1
        var likeness = [Float](repeating: 0, count: ranked.count)
        var isTaken = [Bool](repeating: false, count: ranked.count)
        var chosen: [RankedSong] = []
        while chosen.count < min(limit, ranked.count) {
            var next = -1
            var highest = -Float.infinity
            for place in ranked.indices where !isTaken[place] {
                let relevance = (scores[place] - worst) / span
                let value = (1 - diversity) * relevance - diversity * likeness[place]
                if value > highest { (next, highest) = (place, value) }
            }
            // A score that is not a number is larger than none.
            guard next >= 0 else { break }
            isTaken[next] = true
            chosen.append(ranked[next])
            raise(&likeness, by: next, of: vectors, dimension: index.dimension, isFirst: chosen.count == 1)
        }
        let rest = candidates.lazy.filter { $0.item == nil || $0.score == nil }
        return chosen + rest.prefix(limit - chosen.count)
    }

    private static func raise(
        _ likeness: inout [Float], by taken: Int, of vectors: [Float], dimension: Int, isFirst: Bool
    ) {
        vectors.withUnsafeBufferPointer { vectors in
            for place in likeness.indices {
                var cosine: Float = 0
                for index in 0..<dimension {
                    cosine += vectors[place * dimension + index] * vectors[taken * dimension + index]
                }
                likeness[place] = isFirst ? cosine : max(likeness[place], cosine)
            }
        }
    }

    private static func unitVectors(_ ranked: [RankedSong], _ index: IVFIndex) -> [Float] {
        var vectors: [Float] = []
        vectors.reserveCapacity(ranked.count * index.dimension)
        for song in ranked {
            guard let item = song.item else { continue }
            index.withVector(of: item) { vector in
                var square: Float = 0
                for value in vector { square += value * value }
                let scale = square > 0 ? 1 / square.squareRoot() : 0
                for value in vector { vectors.append(value * scale) }
            }
        }
        return vectors
    }
}
