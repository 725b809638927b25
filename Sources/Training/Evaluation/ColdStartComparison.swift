public import Learning
public import ServiceKit

/// What folding in a few listens is worth: listeners the model has never seen, and known ones who play something new, beside the bars.
public struct ColdStartComparison: Sendable {
    /// Who is measured, and by what.
    public enum Subject: String, Sendable, CaseIterable {
        /// Cold listeners: their first songs folded in.
        case coldFoldIn = "cold fold-in"
        /// Cold listeners: what most people listen to.
        case coldPopularity = "cold popularity"
        /// Known listeners: the model's vector as it was.
        case knownModel = "known model"
        /// Known listeners: new songs folded in, with the model's vector as prior.
        case knownPrior = "known prior"
        /// Known listeners: half the model's vector, half that of the new songs alone, both of length 1.
        case knownBlend = "known blend"
        /// Known listeners: the new songs alone.
        case knownFoldIn = "known fold-in"

        var isCold: Bool { self == .coldFoldIn || self == .coldPopularity }
    }

    /// One row of figures.
    public struct Entry: Sendable {
        /// Who, and by what.
        public var subject: Subject
        /// At each cutoff.
        public var metrics: [RankingMetrics]
    }

    /// Songs folded in of each listener.
    public var listens: Int
    /// Listeners who were held out of training entirely.
    public var coldUsers: Int
    /// Listeners some of whose songs were held out.
    public var knownUsers: Int
    /// The figures.
    public var results: [Entry]

    /// Holds listeners out, trains on the rest, folds in and measures.
    ///
    /// Of a cold listener `listens` songs drawn at random are told and all others are to be found. Of as many known listeners twice
    /// `listens` songs are kept from training; half of them is folded in, the other half is to be found. What was folded in or
    /// trained on is left out of the lists.
    ///
    /// - Parameters:
    ///   - matrix: weighted listens, users × items, as they are trained on.
    ///   - share: of the listeners to hold out, and again of those to hold songs out of; 0…0.4.
    /// - Throws: `TrainingError` when nobody has enough songs, or when stopped.
    public static func measure(
        _ matrix: SparseMatrix, options: TrainingOptions, share: Double, listens: Int, cutoffs: [Int],
        until stop: StopSignal = StopSignal()
    ) throws -> ColdStartComparison {
        try options.validate()
        let split = try ColdStartSplit(matrix, share: share, listens: listens, seed: options.als.seed)
        let pool = WorkerPool(threadCount: options.threadCount)
        let model = try ALSTrainer(options: options.als, pool: pool).train(split.train) { _ in
            stop.isStopped ? .stop : .proceed
        }
        guard !stop.isStopped else { throw TrainingError.stopped() }
        let folding = try ColdStartFolding(model, split, options: options.als, pool: pool)
        let results = try Subject.allCases.map { subject in
            let evaluator = try RankingEvaluator(
                train: split.known, test: split.wanted, users: subject.isCold ? split.coldUsers : split.knownUsers)
            let metrics =
                subject == .coldPopularity
                ? evaluator.evaluate(PopularityModel(split.train), cutoffs: cutoffs, pool: pool)
                : evaluator.evaluate(FactorRankingModel(try folding.model(subject)), cutoffs: cutoffs, pool: pool)
            return Entry(subject: subject, metrics: metrics)
        }
        return ColdStartComparison(
            listens: listens, coldUsers: split.coldUsers.count, knownUsers: split.knownUsers.count, results: results)
    }
}

/// Which listens are trained on, which folded in, and which to be found.
private struct ColdStartSplit {
    /// Held out of training entirely.
    var coldUsers: [Int32] = []
    /// Some of their songs are held out.
    var knownUsers: [Int32] = []
    /// What is trained on.
    let train: SparseMatrix
    /// What is folded in.
    let told: SparseMatrix
    /// Both: what is left out of the lists.
    let known: SparseMatrix
    /// What is to be found.
    let wanted: SparseMatrix

    private enum Place { case train, told, wanted }

    init(_ matrix: SparseMatrix, share: Double, listens: Int, seed: UInt64) throws {
        var places = [Place](repeating: .train, count: matrix.count)
        var random = SeededNumbers(seed)
        for row in 0..<matrix.rows {
            let part = random.unit()
            let entries = matrix.offsets[row]..<matrix.offsets[row + 1]
            let liked = random.shuffled(entries.filter { matrix.values[$0] > 0 })
            if part < share, liked.count > listens {
                coldUsers.append(Int32(row))
                for entry in entries { places[entry] = .wanted }
                for entry in liked.prefix(listens) { places[entry] = .told }
            } else if part < 2 * share, liked.count > 4 * listens {
                knownUsers.append(Int32(row))
                for entry in liked.prefix(listens) { places[entry] = .told }
                for entry in liked[listens..<2 * listens] { places[entry] = .wanted }
            }
        }
        guard !coldUsers.isEmpty, !knownUsers.isEmpty else {
            throw TrainingError.nothingToLearn(
                "too few listeners have more than \(4 * listens) songs: fold in fewer, or use more data")
        }
        train = try Self.part(of: matrix, places) { $0 == .train }
        told = try Self.part(of: matrix, places) { $0 == .told }
        known = try Self.part(of: matrix, places) { $0 != .wanted }
        wanted = try Self.part(of: matrix, places) { $0 == .wanted }
    }

    private static func part(
        of matrix: SparseMatrix, _ places: [Place], _ isKept: (Place) -> Bool
    ) throws -> SparseMatrix {
        var offsets = [0], columns: [Int32] = [], values: [Float] = []
        for row in 0..<matrix.rows {
            for entry in matrix.offsets[row]..<matrix.offsets[row + 1] where isKept(places[entry]) {
                columns.append(matrix.columnIndices[entry])
                values.append(matrix.values[entry])
            }
            offsets.append(columns.count)
        }
        return try SparseMatrix(
            rows: matrix.rows, columns: matrix.columns, offsets: offsets, columnIndices: columns, values: values)
    }
}

/// Makes the vectors that are compared.
private struct ColdStartFolding {
    let trained: ALSModel
    let split: ColdStartSplit
    let foldIn: FoldIn

    init(_ model: ALSModel, _ split: ColdStartSplit, options: ALSOptions, pool: WorkerPool) throws {
        trained = model
        self.split = split
        let rows = (0..<split.train.rows).count { split.train.count(ofRow: $0) > 0 }
        foldIn = try FoldIn(
            items: model.itemFactors, options: options, meanEntries: Double(split.train.count) / Double(max(1, rows)),
            pool: pool)
    }

    /// The model with the vectors of the listeners who are measured as `subject` wants them.
    func model(_ subject: ColdStartComparison.Subject) throws -> ALSModel {
        if subject == .knownModel { return trained }
        let users = FactorMatrix(rows: trained.userFactors.rows, factors: foldIn.factors)
        let scratch = FoldIn.Scratch(for: foldIn)
        for user in subject.isCold ? split.coldUsers : split.knownUsers {
            let told = zip(split.told.columns(ofRow: Int(user)), split.told.values(ofRow: Int(user)))
                .map { FoldIn.Listen(item: $0, confidence: $1) }
            let prior = Array(trained.userFactors[Int(user)])
            let vector =
                switch subject {
                case .knownPrior: try moved(told, onto: prior, scratch)
                case .knownBlend: Self.blend(prior, try foldIn.vector(listens: told, scratch: scratch))
                default: try foldIn.vector(listens: told, scratch: scratch)
                }
            users.withUnsafeMutableRows { rows in
                for factor in 0..<foldIn.factors { rows[Int(user) * users.stride + factor] = vector[factor] }
            }
        }
        return ALSModel(userFactors: users, itemFactors: trained.itemFactors)
    }

    private func moved(
        _ told: [FoldIn.Listen], onto prior: [Float], _ scratch: FoldIn.Scratch
    ) throws -> [Float] {
        var vector = prior
        try told.withUnsafeBufferPointer { told in
            try prior.withUnsafeBufferPointer { prior in
                try vector.withUnsafeMutableBufferPointer {
                    try foldIn.fold(told, onto: prior, scratch: scratch, into: $0)
                }
            }
        }
        return vector
    }

    private static func blend(_ one: [Float], _ other: [Float]) -> [Float] {
        func scale(_ vector: [Float]) -> Float {
            let square = vector.reduce(0) { $0 + $1 * $1 }
            return square > 0 ? 1 / square.squareRoot() : 0
        }
        let scales = (scale(one), scale(other))
        return zip(one, other).map { scales.0 * $0 + scales.1 * $1 }
    }
}

/// Numbers by a seed (SplitMix64: Steele, Lea, Flood, OOPSLA 2014, doi:10.1145/2660193.2660195).
private struct SeededNumbers: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1 }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// 0 to 1, exclusive.
    mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

    mutating func shuffled(_ values: [Int]) -> [Int] { values.shuffled(using: &self) }
}
