import Learning
import Testing

@Suite struct ALSTrainerTests {
    /// Users of even number hear items of even number, odd ones odd; the diagonal is held out. What a user is missing is known.
    static func checkerboard(_ size: Int) -> SparseMatrix {
        var rows: [Int32] = [], columns: [Int32] = []
        for row in 0..<size {
            for column in 0..<size where row % 2 == column % 2 && row != column {
                rows.append(Int32(row))
                columns.append(Int32(column))
            }
        }
        return SparseMatrix(
            rows: size, columns: size, rowIndices: rows, columnIndices: columns,
            values: [Float](repeating: 1, count: rows.count))
    }

    static func random(rows: Int, columns: Int, entries: Int, seed: UInt64) -> SparseMatrix {
        var random = SeededGenerator(seed: seed)
        return SparseMatrix(
            rows: rows, columns: columns,
            rowIndices: (0..<entries).map { _ in Int32(Float.random(in: 0..<1, using: &random) * Float(rows)) },
            // Squares make some columns far more popular than others.
            columnIndices: (0..<entries).map { _ in
                let place = Float.random(in: 0..<1, using: &random)
                return min(Int32(columns - 1), Int32(place * place * Float(columns)))
            },
            values: (0..<entries).map { _ in Float.random(in: 0.5...3, using: &random) })
    }

    static let solvers: [ALSOptions.Solver] = [.exact, .conjugateGradient(steps: 3)]

    @Test(arguments: solvers, [0.0, 0.5])
    func theHeldOutDiagonalOfACheckerboardIsWhatAUserIsGiven(solver: ALSOptions.Solver, exponent: Double) throws {
        let size = 50
        var options = ALSOptions()
        // The board has rank 2; more factors would learn the holes too.
        options.factors = 2
        options.solver = solver
        options.regularizationExponent = exponent
        options.alpha = 4
        let model = try ALSTrainer(options: options, pool: WorkerPool(threadCount: 2)).train(Self.checkerboard(size))
        for user in 0..<size {
            let own = model.score(user: user, item: user)
            #expect(own > 0.8)
            for item in 0..<size where item % 2 != user % 2 { #expect(model.score(user: user, item: item) < 0.2) }
        }
    }

    @Test(arguments: solvers, [0.0, 0.7])
    func theObjectiveReportedIsTheObjectiveOfTheFactors(solver: ALSOptions.Solver, exponent: Double) throws {
        let matrix = Self.random(rows: 60, columns: 40, entries: 700, seed: 41)
            .mapValues { row, column, value in (row + column) % 9 == 0 ? -value : value }
        var options = ALSOptions()
        options.factors = 12
        options.alpha = 3
        options.regularization = 0.4
        options.regularizationExponent = exponent
        options.solver = solver
        options.iterations = 4
        var objectives: [Double] = []
        let model = try ALSTrainer(options: options, pool: WorkerPool(threadCount: 2)).train(matrix) {
            objectives.append($0.objective)
            let now = objective(of: $0.model(), matrix, options)
            #expect(abs($0.objective - now) < 1e-4 * now)
            return .proceed
        }
        let last = objective(of: model, matrix, options)
        #expect(abs(try #require(objectives.last) - last) < 1e-4 * last)
        for (former, next) in zip(objectives, objectives.dropFirst()) { #expect(next <= former * (1 + 1e-6)) }
    }

    @Test(arguments: solvers)
    func threadsChangeNothingAndTheSeedDoes(solver: ALSOptions.Solver) throws {
        let matrix = Self.random(rows: 300, columns: 200, entries: 6_000, seed: 42)
        var options = ALSOptions()
        options.factors = 20
        options.solver = solver
        options.iterations = 3
        func trained(threads: Int, seed: UInt64) throws -> (Double, ALSModel) {
            options.seed = seed
            var last = 0.0
            let model = try ALSTrainer(options: options, pool: WorkerPool(threadCount: threads)).train(matrix) {
                last = $0.objective
                return .proceed
            }
            return (last, model)
        }
        let single = try trained(threads: 1, seed: 7)
        for threads in [2, 5] {
            let many = try trained(threads: threads, seed: 7)
            #expect(abs(many.0 - single.0) <= 1e-6 * single.0)
            #expect(abs(many.1.score(user: 3, item: 5) - single.1.score(user: 3, item: 5)) < 1e-5)
        }
        #expect(try trained(threads: 1, seed: 8).1.itemFactors[0] != single.1.itemFactors[0])
    }

    @Test(arguments: [0.0, 0.5])
    func longRowsSharedByAllThreadsGiveTheSameModel(exponent: Double) throws {
        let matrix = Self.random(rows: 400, columns: 30, entries: 8_000, seed: 43)
        var options = ALSOptions()
        options.factors = 16
        options.iterations = 3
        options.regularizationExponent = exponent
        let pool = WorkerPool(threadCount: 3)
        let usual = try ALSTrainer(options: options, pool: pool).train(matrix)
        let shared = try ALSTrainer(options: options, pool: pool, longRowEntries: 20).train(matrix)
        for user in 0..<400 {
            for item in 0..<30 {
                #expect(abs(usual.score(user: user, item: item) - shared.score(user: user, item: item)) < 2e-3)
            }
        }
    }

    @Test func conjugateGradientsReachTheExactObjective() throws {
        let matrix = Self.random(rows: 300, columns: 200, entries: 6_000, seed: 44)
        func final(_ solver: ALSOptions.Solver) throws -> Double {
            var options = ALSOptions()
            options.factors = 16
            options.iterations = 15
            options.solver = solver
            var last = 0.0
            _ = try ALSTrainer(options: options, pool: WorkerPool(threadCount: 2)).train(matrix) {
                last = $0.objective
                return .proceed
            }
            return last
        }
        let exact = try final(.exact)
        #expect(abs(try final(.conjugateGradient(steps: 3)) - exact) < 0.01 * exact)
    }

    @Test func goingOnFromAModelGoesOn() throws {
        let matrix = Self.random(rows: 200, columns: 100, entries: 3_000, seed: 45)
        var options = ALSOptions()
        options.factors = 8
        options.iterations = 6
        let trainer = try ALSTrainer(options: options, pool: WorkerPool(threadCount: 2))
        var whole: [Double] = [], part: [Double] = []
        _ = try trainer.train(matrix) {
            whole.append($0.objective); return .proceed
        }
        let half = try trainer.train(matrix) {
            part.append($0.objective); return $0.iteration == 3 ? .stop : .proceed
        }
        #expect(part.count == 3)
        _ = try trainer.train(matrix, from: half) {
            part.append($0.objective); return part.count == 6 ? .stop : .proceed
        }
        for (one, other) in zip(whole, part) { #expect(abs(one - other) < 1e-4 * one) }
    }

    @Test(arguments: solvers)
    func aWarmStartWithNewUsersAndItemsIsAheadOfAColdOneAfterOneIteration(solver: ALSOptions.Solver) throws {
        let whole = Self.random(rows: 240, columns: 120, entries: 4_000, seed: 46)
        var options = ALSOptions()
        options.factors = 8
        options.iterations = 8
        options.solver = solver
        let trainer = try ALSTrainer(options: options, pool: WorkerPool(threadCount: 2))
        // The former model knows every row but each tenth, and knows them backwards.
        let knownUsers = (0..<240).filter { $0 % 10 != 0 }.reversed().map { Int32($0) }
        let knownItems = (0..<120).filter { $0 % 10 != 3 }.reversed().map { Int32($0) }
        let userRows = (0..<240).map { row in Int32(knownUsers.firstIndex(of: Int32(row)) ?? -1) }
        let itemRows = (0..<120).map { row in Int32(knownItems.firstIndex(of: Int32(row)) ?? -1) }
        let known = whole.renumbered(
            rows: userRows, count: knownUsers.count, columns: itemRows, count: knownItems.count)
        let former = try trainer.train(known)
        let start = ALSModel(adapting: former, users: userRows, items: itemRows, seed: 5)
        #expect(start.userFactors[1] == former.userFactors[Int(userRows[1])])
        #expect(start.itemFactors[118] == former.itemFactors[Int(itemRows[118])])
        #expect(start.userFactors[10] == [Float](repeating: 0, count: 8))
        #expect(start.itemFactors[3].contains { $0 != 0 })
        #expect(
            ALSModel(adapting: former, users: userRows, items: itemRows, seed: 5).itemFactors[3] == start.itemFactors[3]
        )
        func first(from start: ALSModel?) throws -> Double {
            var objective = 0.0
            _ = try trainer.train(whole, from: start) {
                objective = $0.objective
                return .stop
            }
            return objective
        }
        #expect(try first(from: start) < 0.95 * first(from: nil))
    }

    @Test func aCheckpointTakenInTheCallbackResumesTheRun() throws {
        let matrix = Self.random(rows: 200, columns: 100, entries: 3_000, seed: 47)
        var options = ALSOptions()
        options.factors = 8
        options.iterations = 6
        options.regularizationExponent = 0.5
        var checkpoint: ALSModel?
        var objectives: [Double] = []
        let pool = WorkerPool(threadCount: 2)
        _ = try ALSTrainer(options: options, pool: pool).train(matrix) { progress in
            objectives.append(progress.objective)
            if progress.iteration == 4 {
                let model = progress.model()
                checkpoint = ALSModel(
                    adapting: model, users: (0..<200).map { Int32($0) }, items: (0..<100).map { Int32($0) }, seed: 0)
            }
            return .proceed
        }
        options.iterations = 2
        var resumed: [Double] = []
        let saved: ALSModel = try #require(checkpoint)
        _ = try ALSTrainer(options: options, pool: pool).train(matrix, from: saved) {
            resumed.append($0.objective)
            return .proceed
        }
        for (one, other) in zip(objectives.suffix(2), resumed) { #expect(abs(one - other) < 1e-4 * one) }
        #expect(resumed.count == 2)
    }

    @Test(arguments: [1, 7, 24, 40])
    func anyFactorCountTrains(factors: Int) throws {
        var options = ALSOptions()
        options.factors = factors
        options.iterations = 3
        let model = try ALSTrainer(options: options, pool: WorkerPool(threadCount: 2)).train(Self.checkerboard(20))
        #expect(model.userFactors.factors == factors && model.userFactors.stride % 16 == 0)
        model.userFactors.withUnsafeRows { rows in
            for row in 0..<20 {
                for padding in factors..<model.userFactors.stride {
                    #expect(rows[row * model.userFactors.stride + padding] == 0)
                }
            }
        }
    }

    @Test func usersAndItemsWithoutEntriesStayAtZero() throws {
        let matrix = SparseMatrix(
            rows: 3, columns: 3, rowIndices: [0, 0, 2], columnIndices: [0, 2, 2], values: [1, 1, 1])
        var options = ALSOptions()
        options.factors = 2
        let model = try ALSTrainer(options: options, pool: WorkerPool(threadCount: 1)).train(matrix)
        #expect(model.userFactors[1] == [0, 0])
        #expect(model.itemFactors[1] == [0, 0])
    }

    @Test func whatCannotBeTrainedIsSaid() throws {
        let pool = WorkerPool(threadCount: 1)
        let empty = SparseMatrix(rows: 2, columns: 2, rowIndices: [], columnIndices: [], values: [])
        #expect(throws: LearningError.self) { try ALSTrainer(pool: pool).train(empty) }
        let wrong: [(inout ALSOptions) -> Void] = [
            { $0.factors = 0 }, { $0.factors = 513 }, { $0.regularization = 0 }, { $0.regularization = .nan },
            { $0.alpha = -1 }, { $0.iterations = 0 }, { $0.regularizationExponent = 3 },
            { $0.solver = .conjugateGradient(steps: 0) },
        ]
        for change in wrong {
            var options = ALSOptions()
            change(&options)
            #expect(throws: LearningError.self) { try ALSTrainer(options: options, pool: pool) }
        }
        let poisoned = Self.checkerboard(20).mapValues { row, column, value in row == 3 && column == 5 ? .nan : value }
        #expect(throws: LearningError.self) { try ALSTrainer(pool: pool).train(poisoned) }
    }

    /// The objective, term by term, in double.
    private func objective(of model: ALSModel, _ matrix: SparseMatrix, _ options: ALSOptions) -> Double {
        var entries: [Int: Float] = [:]
        for row in 0..<matrix.rows {
            for (column, value) in zip(matrix.columns(ofRow: row), matrix.values(ofRow: row)) {
                entries[row * matrix.columns + Int(column)] = value
            }
        }
        var sum = 0.0
        for user in 0..<matrix.rows {
            for item in 0..<matrix.columns {
                let value = entries[user * matrix.columns + item] ?? 0
                let confidence = 1 + options.alpha * Double(abs(value))
                let miss = (value > 0 ? 1 : 0) - Double(model.score(user: user, item: item))
                sum += confidence * miss * miss
            }
        }
        return sum + penalty(model.userFactors, of: matrix, options)
            + penalty(model.itemFactors, of: matrix.transposed(), options)
    }

    private func penalty(_ factors: FactorMatrix, of matrix: SparseMatrix, _ options: ALSOptions) -> Double {
        let own = HalfIteration.regularization(of: matrix, options: options)
        return (0..<factors.rows).reduce(0.0) { sum, row in
            sum + Double(own?[row] ?? Float(options.regularization))
                * factors[row].reduce(0.0) { $0 + Double($1) * Double($1) }
        }
    }
}
