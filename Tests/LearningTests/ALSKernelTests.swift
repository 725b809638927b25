import CKernels
import Learning
import Testing

/// The row solvers of every instruction set against the scalar ones, which form the normal equations in double.
@Suite struct ALSKernelTests {
    static let sets = InstructionSet.allCases.filter { $0.isAvailable && $0 != .scalar }

    struct Row {
        var columns: [Int32]
        var values: [Float]
    }

    /// A row of `count` entries, one in ten of them negative ("does not like").
    static func row(_ count: Int, of items: Int, _ random: inout SeededGenerator) -> Row {
        let columns = (0..<count).map { _ in Int32.random(in: 0..<Int32(items), using: &random) }
        let values = (0..<count).map { _ in
            Float.random(in: 0.5...4, using: &random) * (Int.random(in: 0..<10, using: &random) == 0 ? -1 : 1)
        }
        return Row(columns: columns, values: values)
    }

    @Test(arguments: sets, [16, 48, 64, 128])
    func exactSolutionsAgreeWithDoubleForEveryLength(set: InstructionSet, dims: Int) throws {
        var random = SeededGenerator(seed: 21)
        let items = random.floats(500 * dims).map { $0 * 0.3 }
        let scale = random.floats(dims).map { abs($0) + 0.1 }
        for count in Array(0...67) + [127, 128, 129, 300] {
            let row = Self.row(count, of: 500, &random)
            for scaled in [false, true] {
                let oracle = try solve(.scalar, items, dims, row, scale: scaled ? scale : nil) {
                    ck_als_exact($0, row.columns, row.values, count, $1, $2)
                }
                let fast = try solve(set, items, dims, row, scale: scaled ? scale : nil) {
                    ck_als_exact($0, row.columns, row.values, count, $1, $2)
                }
                #expect(distance(oracle.solution, fast.solution) < 2e-4, "\(set), \(dims) factors, \(count) entries")
                #expect(abs(oracle.loss - fast.loss) <= 1e-4 * (1 + abs(oracle.loss)))
            }
        }
    }

    @Test(arguments: sets, [1, 2, 5])
    func conjugateStepsAgreeWithDoubleForEveryLength(set: InstructionSet, steps: Int) throws {
        var random = SeededGenerator(seed: 22)
        let dims = 64
        let items = random.floats(500 * dims).map { $0 * 0.3 }
        for count in Array(0...67) + [300] {
            let row = Self.row(count, of: 500, &random)
            let start = random.floats(dims)
            let oracle = try solve(.scalar, items, dims, row, start: start) {
                ck_als_conjugate($0, row.columns, row.values, count, steps, $1, $2)
            }
            let fast = try solve(set, items, dims, row, start: start) {
                ck_als_conjugate($0, row.columns, row.values, count, steps, $1, $2)
            }
            #expect(distance(oracle.solution, fast.solution) < 1e-3, "\(set), \(steps) steps, \(count) entries")
            #expect(abs(oracle.loss - fast.loss) <= 1e-4 * (1 + abs(oracle.loss)))
        }
    }

    @Test(arguments: sets)
    func manyConjugateStepsReachTheExactSolution(set: InstructionSet) throws {
        var random = SeededGenerator(seed: 23)
        let dims = 32
        let items = random.floats(200 * dims).map { $0 * 0.05 }
        let row = Self.row(40, of: 200, &random)
        let exact = try solve(set, items, dims, row) { ck_als_exact($0, row.columns, row.values, 40, $1, $2) }
        let iterated = try solve(set, items, dims, row) {
            ck_als_conjugate($0, row.columns, row.values, 40, 60, $1, $2)
        }
        #expect(distance(exact.solution, iterated.solution) < 1e-3)
        #expect(abs(exact.loss - iterated.loss) <= 1e-4 * abs(exact.loss))
    }

    @Test(arguments: InstructionSet.allCases.filter(\.isAvailable))
    func aMatrixThatIsNotFiniteIsReportedNotSolved(set: InstructionSet) throws {
        let dims = 32
        var items = [Float](repeating: 0.1, count: 100 * dims)
        items[3 * dims + 5] = .nan
        for count in [4, 60] {
            let row = Row(columns: (0..<Int32(count)).map { $0 }, values: [Float](repeating: 1, count: count))
            let former = InstructionSet.current
            #expect(InstructionSet.use(set))
            defer { _ = InstructionSet.use(former) }
            var workspace = [Float](repeating: 0, count: Int(ck_als_workspace_floats(dims)))
            var solution = [Float](repeating: 0, count: dims)
            var loss = 0.0
            let status = workspace.withUnsafeMutableBufferPointer { workspace in
                items.withUnsafeBufferPointer { items in
                    var system = ck_als_system(
                        rows: items.baseAddress, dims: dims, scale: nil, alpha: 1, columns_end: nil,
                        workspace: workspace.baseAddress)
                    return ck_als_exact(&system, row.columns, row.values, count, &solution, &loss)
                }
            }
            #expect(status == -1, "\(set), \(count) entries")
        }
    }

    @Test(arguments: sets)
    func piecesOfARowAddUpToTheRow(set: InstructionSet) throws {
        var random = SeededGenerator(seed: 24)
        let dims = 48
        let items = random.floats(300 * dims).map { $0 * 0.2 }
        let row = Self.row(290, of: 300, &random)
        let whole = try solve(set, items, dims, row) { ck_als_exact($0, row.columns, row.values, 290, $1, $2) }
        let pieces = try solve(set, items, dims, row) { system, solution, loss in
            var matrix = [Float](repeating: 0, count: dims * dims), right = [Float](repeating: 0, count: dims)
            for index in 0..<dims { matrix[index * dims + index] = 1 }
            var target = 0.0
            for (start, count) in [(0, 100), (100, 1), (101, 189)] {
                row.columns.withUnsafeBufferPointer { columns in
                    row.values.withUnsafeBufferPointer { values in
                        guard let columns = columns.baseAddress, let values = values.baseAddress else { return }
                        ck_als_accumulate(system, columns + start, values + start, count, &matrix, &right, &target)
                    }
                }
            }
            return ck_als_finish(system, &matrix, right, target, solution, loss)
        }
        #expect(distance(whole.solution, pieces.solution) < 1e-4)
        #expect(abs(whole.loss - pieces.loss) < 1e-3)
    }

    @Test(arguments: [1, 2, 3, 17, 64])
    func eigenvectorsDiagonaliseASymmetricMatrix(size: Int) {
        var random = SeededGenerator(seed: 25)
        let rows = random.floats(size * size).map(Double.init)
        var matrix = [Double](repeating: 0, count: size * size)
        for i in 0..<size {
            for j in 0..<size { for k in 0..<size { matrix[i * size + j] += rows[k * size + i] * rows[k * size + j] } }
        }
        var work = matrix
        var vectors = matrix, values = [Double](repeating: 0, count: size)
        var scratch = [Double](repeating: 0, count: 3 * size)
        #expect(ck_symmetric_eigen(&work, &vectors, &values, &scratch, size) == 0)
        var worst = 0.0
        for i in 0..<size {
            for j in 0..<size {
                var image = 0.0, dot = 0.0
                for k in 0..<size {
                    image += matrix[j * size + k] * vectors[i * size + k]
                    dot += vectors[i * size + k] * vectors[j * size + k]
                }
                worst = max(worst, abs(image - values[i] * vectors[i * size + j]), abs(dot - (i == j ? 1 : 0)))
            }
        }
        #expect(worst < 1e-9 * Double(size))
    }

    private func distance(_ a: [Float], _ b: [Float]) -> Float {
        let scale = a.reduce(Float(1)) { max($0, abs($1)) }
        return zip(a, b).reduce(0) { max($0, abs($1.0 - $1.1)) } / scale
    }

    private func solve(
        _ set: InstructionSet, _ items: [Float], _ dims: Int, _ row: Row, scale: [Float]? = nil, start: [Float]? = nil,
        _ body: (UnsafePointer<ck_als_system>, UnsafeMutablePointer<Float>, UnsafeMutablePointer<Double>) -> Int32
    ) throws -> (solution: [Float], loss: Double) {
        var workspace = [Float](repeating: .nan, count: Int(ck_als_workspace_floats(dims)))
        var solution = start ?? [Float](repeating: 0, count: dims)
        var loss = 0.0
        try withInstructionSet(set) {
            let status = workspace.withUnsafeMutableBufferPointer { workspace in
                items.withUnsafeBufferPointer { items in
                    (scale ?? []).withUnsafeBufferPointer { multipliers in
                        var system = ck_als_system(
                            rows: items.baseAddress, dims: dims, scale: scale == nil ? nil : multipliers.baseAddress,
                            alpha: 2.5, columns_end: nil, workspace: workspace.baseAddress)
                        return body(&system, &solution, &loss)
                    }
                }
            }
            #expect(status == 0)
        }
        return (solution, loss)
    }
}
