import CKernels

/// The change of coordinates in which a half iteration is solved.
///
/// While `Y` is held, the system of a row is `YᵀY + λI + (what was heard)`. The first part is the same for all rows, so it is
/// moved into the coordinates: with `LLᵀ = YᵀY + λI`, the rows of `Y·L⁻ᵀ` and the solutions `z = Lᵀx`, it becomes the unit
/// matrix. All four matrices below multiply row vectors from the right.
///
/// A λ of each row's own cannot be moved there. Then `YᵀY = QΛQᵀ` is diagonalised instead; `Y·Q` is held, the row's part is the
/// diagonal `Λ + λ_u`, and the kernel multiplies every vector by its inverse square root while packing.
struct Whitening {
    /// y → ỹ, for the side that is held.
    let whiten: SquareMatrix
    /// ỹ → y.
    let unwhiten: SquareMatrix
    /// x → z, for the side that is solved.
    let enter: SquareMatrix
    /// z → x.
    let leave: SquareMatrix
    /// Λ when each row has a λ of its own; nil when λ is in the coordinates.
    let eigenvalues: [Double]?

    /// One λ for all rows.
    init(gram: SquareMatrix, regularization: Double) throws {
        var lower = gram
        // λ may be far below the rounding of the Gram matrix; without a floor a matrix of low rank would not factor.
        let floor = 1e-12 * (0..<gram.size).reduce(0.0) { max($0, gram[$1, $1]) }
        for index in 0..<gram.size { lower[index, index] += max(regularization, floor) }
        guard ck_symmetric_cholesky(&lower.values, gram.size) == 0 else { throw Self.notFinite() }
        var inverse = SquareMatrix(size: gram.size)
        ck_lower_inverse(lower.values, &inverse.values, gram.size)
        whiten = inverse.transposed
        unwhiten = lower.transposed
        enter = lower
        leave = inverse
        eigenvalues = nil
    }

    /// A λ of each row's own.
    init(diagonalizing gram: SquareMatrix) throws {
        var work = gram
        var vectors = SquareMatrix(size: gram.size)
        var values = [Double](repeating: 0, count: gram.size)
        var scratch = [Double](repeating: 0, count: 3 * gram.size)
        guard ck_symmetric_eigen(&work.values, &vectors.values, &values, &scratch, gram.size) == 0,
            values.allSatisfy(\.isFinite)
        else { throw Self.notFinite() }
        whiten = vectors.transposed
        unwhiten = vectors
        enter = vectors.transposed
        leave = vectors
        // A Gram matrix has no negative eigenvalues; what is below zero is rounding.
        eigenvalues = values.map { max(0, $0) }
    }

    private static func notFinite() -> LearningError {
        .invalid(
            "the factors ran away (their Gram matrix is not positive definite): raise the regularization or lower alpha"
        )
    }
}
