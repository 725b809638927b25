import CKernels

extension FoldIn {
    /// Moves the vector of a listener the model knows by listens it has not seen:
    ///
    /// ```
    /// x = argmin (x − x₀)ᵀ(YᵀY + λI)(x − x₀) + Σ_j [(1 + α|r_j|)(p_j − y_jᵀx)² − (y_jᵀx)²]
    /// ```
    ///
    /// The first term is the model's own objective around its solution `x₀`, but for the curvature of the listens it was learned
    /// from; the second what the new listens change in it (the objective of Hu, Koren, Volinsky 2008). With `x₀ = 0` it is the
    /// fold-in of a stranger; without listens `x₀` stays.
    ///
    /// - Parameters:
    ///   - prior: `x₀`, `factors` floats.
    ///   - target: `factors` floats.
    /// - Throws: `LearningError` when a confidence or a vector is not finite.
    /// - Complexity: O(n · factors² + factors³)
    public func fold(
        _ listens: UnsafeBufferPointer<Listen>, onto prior: UnsafeBufferPointer<Float>, scratch: Scratch,
        into target: UnsafeMutableBufferPointer<Float>
    ) throws {
        precondition(prior.count == factors && target.count == factors, "a vector has \(factors) floats")
        guard !listens.isEmpty else { return _ = target.update(fromContentsOf: prior) }
        gather(listens, more: nil, scratch: scratch)
        let matrix = scratch.piece.sums
        let right = matrix + stride * stride
        matrix.update(repeating: 0, count: stride * stride + stride)
        for index in 0..<stride { matrix[index * stride + index] = 1 }
        var system = scratch.system(alpha: options.alpha)
        var sum = 0.0
        ck_als_accumulate(&system, scratch.columns, scratch.values, listens.count, matrix, right, &sum)
        takeBack(listens, prior, from: right, scratch: scratch)
        var loss = 0.0
        guard sum.isFinite, ck_als_finish(&system, matrix, right, sum, scratch.solution, &loss) == 0, loss.isFinite
        else { throw Self.notFinite() }
        scale(scratch.solution, scratch: scratch)
        leave.withUnsafeBufferPointer { leave in
            guard let matrix = leave.baseAddress else { return }
            ck_rows_times_matrix(scratch.solution, 1, stride, stride, matrix, stride, scratch.result, stride)
        }
        for index in 0..<factors { target[index] = prior[index] + scratch.result[index] }
    }

    /// What the prior says of the songs already: only the rest moves it.
    private func takeBack(
        _ listens: UnsafeBufferPointer<Listen>, _ prior: UnsafeBufferPointer<Float>,
        from right: UnsafeMutablePointer<Float>, scratch: Scratch
    ) {
        let vector = UnsafeMutableBufferPointer(start: scratch.piece.rows, count: factors)
        for (place, listen) in listens.enumerated() {
            source(listen.item, vector)
            var score: Float = 0
            for index in 0..<factors { score += vector[index] * prior[index] }
            let known = Float(options.alpha) * listen.confidence.magnitude * score
            let whitened = scratch.vectors + place * stride
            for index in 0..<stride { right[index] -= known * whitened[index] }
        }
    }
}
