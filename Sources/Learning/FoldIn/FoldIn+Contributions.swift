import CKernels

extension FoldIn {
    /// What one listen adds to a score.
    public struct Contribution: Sendable, Equatable {
        /// Item that was heard.
        public let item: Int32
        /// Its share: the shares of all listens add up to the score of the folded-in vector.
        public let share: Float
    }

    /// Why an item is recommended: how much each listen adds to its score, the largest share first (among equals, the earlier
    /// listen).
    ///
    /// The score is linear in the preferences: with `W = (YᵀCY + λI)⁻¹`, `y·x = Σ_j (yᵀ W y_j) c_j p_j` (Hu, Koren, Volinsky
    /// 2008, section 5).
    ///
    /// - Parameter item: row of the item that is to be explained.
    /// - Throws: `LearningError` when a confidence or a vector is not finite.
    /// - Complexity: O(n · factors² + factors³)
    public func contributions(to item: Int32, listens: [Listen], scratch: Scratch) throws -> [Contribution] {
        guard !listens.isEmpty else { return [] }
        listens.withUnsafeBufferPointer { gather($0, more: item, scratch: scratch) }
        let matrix = scratch.piece.sums
        let right = matrix + stride * stride
        matrix.update(repeating: 0, count: stride * stride + stride)
        for index in 0..<stride { matrix[index * stride + index] = 1 }
        var system = scratch.system(alpha: options.alpha)
        var sum = 0.0
        ck_als_accumulate(&system, scratch.columns, scratch.values, listens.count, matrix, right, &sum)
        let explained = scratch.vectors + listens.count * stride
        var loss = 0.0
        guard sum.isFinite, ck_als_finish(&system, matrix, explained, 0, scratch.solution, &loss) == 0 else {
            throw Self.notFinite()
        }
        let shares = listens.enumerated().map { place, listen in
            let confidence = listen.confidence > 0 ? 1 + Float(options.alpha) * listen.confidence : 0
            let affinity = ck_dot(scratch.vectors + place * stride, scratch.solution, stride)
            return (place: place, share: confidence * affinity)
        }
        return shares.sorted { ($1.share, $0.place) < ($0.share, $1.place) }
            .map { Contribution(item: listens[$0.place].item, share: $0.share) }
    }
}
