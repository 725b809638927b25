import CKernels

/// The vector of a listener the model has not seen, out of a handful of listens: one row of an exact half iteration (Hu, Koren,
/// Volinsky 2008) by the kernels that train, and the listens' shares in a score (section 5 of the same paper).
///
/// What all listeners share, the Gram matrix and its factorisation, is computed once. A call then costs some ten microseconds
/// and allocates nothing but what it returns:
///
/// ```
/// let foldIn = try FoldIn(items: model.itemFactors, options: options, pool: pool)
/// let scratch = FoldIn.Scratch(for: foldIn)                                   // one a thread
/// let vector = try foldIn.vector(listens: [.init(item: 7, confidence: 2)], scratch: scratch)
/// ```
public final class FoldIn: Sendable {
    /// What is known of the listener.
    public struct Listen: Sendable, Equatable {
        /// Row of the item.
        public var item: Int32
        /// What the training matrix would hold: the count or weight `r` of the pair, below zero for "does not like". Its
        /// confidence in the objective is `1 + alpha·|r|`.
        public var confidence: Float

        /// Takes both.
        public init(item: Int32, confidence: Float) {
            self.item = item
            self.confidence = confidence
        }
    }

    /// Copies the vector of an item, `factors` floats, to a buffer.
    public typealias VectorSource = @Sendable (_ item: Int32, _ target: UnsafeMutableBufferPointer<Float>) -> Void

    /// Floats of a vector.
    public let factors: Int
    let stride: Int
    let options: ALSOptions
    let whiten: [Float]
    let leave: [Float]
    /// Λ, when λ depends on the number of listens.
    let eigenvalues: [Float]?
    let source: VectorSource
    /// `a` and `n̄ + a` of `ALSOptions.regularizationExponent`.
    private let smoothing: Double
    private let mean: Double

    /// Folds listeners into a model at hand.
    ///
    /// - Parameters:
    ///   - options: what the model was trained with: factors, alpha, regularisation and its exponent count.
    ///   - meanEntries: entries of a user in the training matrix, on average; needed when the exponent is not 0.
    /// - Throws: `LearningError` when the options do not fit the items, or the factors are not finite.
    /// - Complexity: O(items · factors² + factors³)
    public convenience init(
        items: FactorMatrix, options: ALSOptions, meanEntries: Double = 0, pool: WorkerPool
    ) throws {
        try self.init(
            gram: GramMatrix(of: items, pool: pool), itemCount: items.rows, options: options, meanEntries: meanEntries
        ) { item, target in
            precondition(item >= 0 && Int(item) < items.rows, "item \(item) is not in 0..<\(items.rows)")
            items.withUnsafeRows { rows in
                let start = Int(item) * items.stride
                _ = target.update(fromContentsOf: rows[start..<start + items.factors])
            }
        }
    }

    /// Folds listeners in where the vectors lie elsewhere, in an index file for instance.
    ///
    /// - Parameters:
    ///   - gram: Gram matrix of all item vectors.
    ///   - itemCount: number of items.
    ///   - source: is asked for the vectors of the items a listener heard.
    public init(
        gram: GramMatrix, itemCount: Int, options: ALSOptions, meanEntries: Double = 0, source: @escaping VectorSource
    ) throws {
        try options.validate()
        guard options.factors == gram.factors else {
            throw LearningError.invalid("the items have \(gram.factors) factors, the options \(options.factors)")
        }
        guard options.regularizationExponent == 0 || (meanEntries > 0 && meanEntries.isFinite) else {
            throw LearningError.invalid(
                "with a regularization exponent the mean number of entries of a user must be given")
        }
        factors = gram.factors
        stride = (gram.factors + 15) / 16 * 16
        self.options = options
        self.source = source
        smoothing = Double(itemCount) / options.alpha
        mean = meanEntries + smoothing
        var square = SquareMatrix(size: gram.factors)
        square.values = gram.values
        let whitening =
            try options.regularizationExponent == 0
            ? Whitening(gram: square, regularization: options.regularization)
            : Whitening(diagonalizing: square)
        whiten = whitening.whiten.padded(to: stride)
        leave = whitening.leave.padded(to: stride)
        let padding = [Float](repeating: 1, count: stride - gram.factors)
        eigenvalues = whitening.eigenvalues.map { $0.map(Float.init) + padding }
    }

    /// The vector of a listener: zeros when there are no listens.
    ///
    /// - Throws: `LearningError` when a confidence or a vector is not finite.
    public func vector(listens: [Listen], scratch: Scratch) throws -> [Float] {
        try [Float](unsafeUninitializedCapacity: factors) { target, count in
            target.initialize(repeating: 0)
            try listens.withUnsafeBufferPointer { listens in
                try fold(listens, scratch: scratch, into: UnsafeMutableBufferPointer(rebasing: target[..<factors]))
            }
            count = factors
        }
    }

    /// The same into a buffer of `factors` floats, allocating nothing unless the list is longer than any before.
    ///
    /// - Complexity: O(n · factors · min(n, factors) + min(n, factors)³ + n · factors²)
    public func fold(
        _ listens: UnsafeBufferPointer<Listen>, scratch: Scratch, into target: UnsafeMutableBufferPointer<Float>
    ) throws {
        precondition(target.count == factors, "a vector has \(factors) floats")
        guard !listens.isEmpty else { return target.update(repeating: 0) }
        gather(listens, more: nil, scratch: scratch)
        var system = scratch.system(alpha: options.alpha)
        var loss = 0.0
        guard
            ck_als_exact(&system, scratch.columns, scratch.values, listens.count, scratch.solution, &loss) == 0,
            loss.isFinite
        else { throw Self.notFinite() }
        scale(scratch.solution, scratch: scratch)
        leave.withUnsafeBufferPointer { leave in
            guard let matrix = leave.baseAddress else { return }
            ck_rows_times_matrix(scratch.solution, 1, stride, stride, matrix, stride, scratch.result, stride)
        }
        _ = target.update(fromContentsOf: UnsafeBufferPointer(start: scratch.result, count: factors))
    }

    /// The listens' vectors in the coordinates the kernels want, one after another, and after them that of `more`.
    func gather(_ listens: UnsafeBufferPointer<Listen>, more: Int32?, scratch: Scratch) {
        precondition(scratch.stride == stride, "the scratch was made for another model")
        let count = listens.count + (more == nil ? 0 : 1)
        scratch.reserve(count)
        if let eigenvalues {
            let share = (Double(listens.count) + smoothing) / mean
            let regularization = Float(
                options.regularization * Numerics.power(share, options.regularizationExponent))
            for index in 0..<stride {
                scratch.piece.scale[index] = 1 / (eigenvalues[index] + regularization).squareRoot()
            }
        }
        whiten.withUnsafeBufferPointer { whiten in
            guard let matrix = whiten.baseAddress else { return }
            for start in Swift.stride(from: 0, to: count, by: SolverScratch.batch) {
                let batch = min(SolverScratch.batch, count - start)
                for place in 0..<batch {
                    let item = start + place < listens.count ? listens[start + place].item : more ?? 0
                    let row = scratch.piece.rows + place * stride
                    row.update(repeating: 0, count: stride)
                    source(item, UnsafeMutableBufferPointer(start: row, count: factors))
                }
                let target = scratch.vectors + start * stride
                ck_rows_times_matrix(scratch.piece.rows, batch, stride, stride, matrix, stride, target, stride)
                for place in 0..<batch { scale(target + place * stride, scratch: scratch) }
            }
        }
        for (index, listen) in listens.enumerated() { scratch.values[index] = listen.confidence }
    }

    func scale(_ vector: UnsafeMutablePointer<Float>, scratch: Scratch) {
        guard eigenvalues != nil else { return }
        for index in 0..<stride { vector[index] *= scratch.piece.scale[index] }
    }

    static func notFinite() -> LearningError {
        .invalid("the listener could not be folded in: a confidence or an item vector is not finite")
    }
}
