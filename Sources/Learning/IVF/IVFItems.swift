/// What an index is built from: the items of one trained model.
public struct IVFItems: Sendable {
    /// Identifier of each item, 1–65,535 bytes, each once.
    public var ids: [String]
    /// Row-major vectors in the order of `ids`.
    public var vectors: [Float]
    /// Floats a vector.
    public var dimension: Int
    /// The sum of x·xᵀ over all items, to fold a user in with.
    public var gram: GramMatrix
    /// Regularisation the model was trained with.
    public var regularization: Double
    /// Confidence a unit of play count adds, as the model was trained with.
    public var alpha: Double
    /// Version of the model, stored in the file.
    public var modelVersion: String

    /// Collects the parts; `IVFIndexBuilder` checks them.
    public init(
        ids: [String], vectors: [Float], dimension: Int, gram: GramMatrix, regularization: Double, alpha: Double,
        modelVersion: String
    ) {
        self.ids = ids
        self.vectors = vectors
        self.dimension = dimension
        self.gram = gram
        self.regularization = regularization
        self.alpha = alpha
        self.modelVersion = modelVersion
    }

    /// Throws what is wrong, naming the item.
    func validate() throws {
        guard !ids.isEmpty else { throw LearningError.invalid("an index needs at least one item") }
        guard ids.count < Int(Int32.max) else {
            throw LearningError.invalid("an index holds fewer than \(Int32.max) items")
        }
        guard (1...IVFFormat.maximumDimension).contains(dimension) else {
            throw LearningError.invalid(
                "vectors of \(dimension) floats: 1 to \(IVFFormat.maximumDimension) are allowed")
        }
        guard vectors.count == ids.count * dimension else {
            throw LearningError.invalid(
                "\(ids.count) items of \(dimension) floats need \(ids.count * dimension) floats, \(vectors.count) were given"
            )
        }
        guard gram.factors == dimension else {
            throw LearningError.invalid("the Gram matrix has \(gram.factors) rows, the vectors \(dimension) floats")
        }
        guard let bad = vectors.firstIndex(where: { !$0.isFinite }) else { return }
        throw LearningError.invalid(
            "the vector of item \(ids[bad / dimension]) is not finite: train again with more regularisation")
    }
}

extension IVFItems {
    /// Takes the rows of a factor matrix, without its padding, in the order of `ids`.
    public init(
        ids: [String], factors: FactorMatrix, gram: GramMatrix, regularization: Double, alpha: Double,
        modelVersion: String
    ) {
        var vectors: [Float] = []
        vectors.reserveCapacity(factors.rows * factors.factors)
        factors.withUnsafeRows { rows in
            for row in 0..<factors.rows {
                vectors += rows[row * factors.stride..<row * factors.stride + factors.factors]
            }
        }
        self.init(
            ids: ids, vectors: vectors, dimension: factors.factors, gram: gram, regularization: regularization,
            alpha: alpha, modelVersion: modelVersion)
    }
}
