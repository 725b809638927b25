/// How implicit ALS learns: what the objective is and how it is minimised.
public struct ALSOptions: Sendable, Equatable {
    /// How a row is solved while the other side is held.
    public enum Solver: Sendable, Equatable {
        /// The minimum, by Cholesky of the normal equations, or of the smaller turned-over system where a row has fewer
        /// entries than there are factors.
        case exact
        /// That many steps of conjugate gradients from the row's former solution, preconditioned by the Gram matrix.
        /// Rows with very many entries are solved exactly all the same.
        case conjugateGradient(steps: Int)
    }

    /// Latent factors, 1…512. Multiples of 16 waste nothing.
    public var factors = 64
    /// λ of the objective.
    public var regularization = 0.01
    /// ν of frequency-scaled regularisation (Rendle, Krichene, Zhang, Koren, "Revisiting the Performance of iALS on Item
    /// Recommendation Benchmarks", RecSys 2022, doi:10.1145/3523227.3548486): a row with `n` entries has
    /// `λ·((n + a)/(n̄ + a))^ν`, where `n̄` is the mean of its side and `a` the other side's size over alpha. 0: λ for all.
    /// Dividing by the mean only rescales λ, so that λ means the same for every ν.
    public var regularizationExponent = 0.0
    /// Confidence of an entry: `c = 1 + alpha·|r|`.
    public var alpha = 40.0
    /// Times both sides are solved.
    public var iterations = 15
    /// How rows are solved.
    public var solver = Solver.exact
    /// Seed of the first item factors; the same seed and data give the same factors, whatever the number of threads.
    public var seed: UInt64 = 1

    /// Defaults for everything.
    public init() {}

    /// Throws what is wrong with the options, naming the option and what is allowed.
    public func validate() throws {
        guard (1...512).contains(factors) else {
            throw LearningError.invalid("factors is \(factors), allowed is 1 to 512")
        }
        guard regularization.isFinite, regularization > 0 else {
            throw LearningError.invalid("regularization is \(regularization), it must be above 0")
        }
        guard regularizationExponent.isFinite, (0...2).contains(regularizationExponent) else {
            throw LearningError.invalid("regularization exponent is \(regularizationExponent), allowed is 0 to 2")
        }
        guard alpha.isFinite, alpha > 0 else { throw LearningError.invalid("alpha is \(alpha), it must be above 0") }
        guard (1...10_000).contains(iterations) else {
            throw LearningError.invalid("iterations is \(iterations), allowed is 1 to 10000")
        }
        if case .conjugateGradient(let steps) = solver, !(1...100).contains(steps) {
            throw LearningError.invalid("conjugate gradient steps are \(steps), allowed is 1 to 100")
        }
    }
}
