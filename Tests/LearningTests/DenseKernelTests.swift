import CKernels
import Learning
import Testing

/// Every kernel against arithmetic in double, for every instruction set this processor has.
@Suite struct DenseKernelTests {
    static let sets = InstructionSet.allCases.filter(\.isAvailable)

    @Test func theScalarSetIsAlwaysThereAndTheCurrentOneIsAvailable() {
        #expect(InstructionSet.scalar.isAvailable)
        #expect(InstructionSet.current.isAvailable)
    }

    @Test(arguments: sets)
    func dotAgreesWithDoubleArithmetic(set: InstructionSet) throws {
        try withInstructionSet(set) {
            var random = SeededGenerator(seed: 11)
            for count in 0...67 {
                // One float of offset: kernels may not assume alignment.
                let a = random.floats(count + 1), b = random.floats(count + 1)
                let exact = zip(a, b).dropFirst().reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
                let sum = a.withUnsafeBufferPointer { a in
                    b.withUnsafeBufferPointer { b in
                        Kernels.dot(UnsafeBufferPointer(rebasing: a[1...]), UnsafeBufferPointer(rebasing: b[1...]))
                    }
                }
                #expect(abs(Double(sum) - exact) <= 1e-6 * Double(count + 1), "\(set), length \(count)")
            }
        }
    }

    @Test(arguments: sets)
    func axpyAgreesWithDoubleArithmeticAndStaysInsideItsBuffer(set: InstructionSet) throws {
        try withInstructionSet(set) {
            var random = SeededGenerator(seed: 12)
            for count in 0...67 {
                let x = random.floats(count), start = random.floats(count + 2)
                var y = start
                x.withUnsafeBufferPointer { x in
                    y.withUnsafeMutableBufferPointer { y in
                        Kernels.axpy(0.75, x, UnsafeMutableBufferPointer(rebasing: y[1..<count + 1]))
                    }
                }
                #expect(y[0] == start[0] && y[count + 1] == start[count + 1])
                for index in 0..<count {
                    #expect(abs(Double(y[index + 1]) - (Double(start[index + 1]) + 0.75 * Double(x[index]))) < 1e-6)
                }
            }
        }
    }

    @Test(arguments: sets)
    func gramAgreesWithDoubleArithmeticForEveryRowCount(set: InstructionSet) throws {
        try withInstructionSet(set) {
            var random = SeededGenerator(seed: 13)
            for dims in [16, 32, 48, 64, 128] {
                for count in [0, 1, 2, 3, 15, 16, 17, 67] {
                    let rows = random.floats(count * dims)
                    var gram = [Float](repeating: 0.5, count: dims * dims)
                    ck_gram_upper(rows, count, dims, dims, &gram, dims)
                    var worst = 0.0
                    for i in 0..<dims {
                        for j in i..<dims {
                            var exact = 0.5
                            for n in 0..<count { exact += Double(rows[n * dims + i]) * Double(rows[n * dims + j]) }
                            worst = max(worst, abs(Double(gram[i * dims + j]) - exact))
                        }
                    }
                    #expect(worst < 5e-5, "\(set), \(dims) × \(count)")
                }
            }
        }
    }

    @Test(arguments: sets)
    func productAgreesWithDoubleArithmeticForEveryRowCount(set: InstructionSet) throws {
        try withInstructionSet(set) {
            var random = SeededGenerator(seed: 14)
            for (dims, outDims) in [(16, 16), (32, 64), (64, 48), (128, 128)] {
                for count in [0, 1, 3, 4, 5, 16, 19, 33] {
                    let rows = random.floats(count * dims), matrix = random.floats(dims * outDims)
                    var out = [Float](repeating: .nan, count: count * outDims)
                    ck_rows_times_matrix(rows, count, dims, dims, matrix, outDims, &out, outDims)
                    var worst = 0.0
                    for n in 0..<count {
                        for j in 0..<outDims {
                            var exact = 0.0
                            for k in 0..<dims { exact += Double(rows[n * dims + k]) * Double(matrix[k * outDims + j]) }
                            worst = max(worst, abs(Double(out[n * outDims + j]) - exact))
                        }
                    }
                    #expect(worst < 2e-5, "\(set), \(count) × \(dims) × \(outDims)")
                }
            }
        }
    }

    @Test(arguments: [1, 3])
    func gramMatrixOfFactorsIsSymmetricExactAndIndependentOfThreads(threads: Int) {
        var random = SeededGenerator(seed: 15)
        let matrix = FactorMatrix(rows: 3_000, factors: 24)
        for row in 0..<matrix.rows { matrix.setRow(row, to: random.floats(24)) }
        let gram = GramMatrix(of: matrix, pool: WorkerPool(threadCount: threads))
        let single = GramMatrix(of: matrix, pool: WorkerPool(threadCount: 1))
        #expect(gram.values == single.values)
        let rows = (0..<matrix.rows).map { matrix[$0] }
        for (i, j) in [(0, 0), (3, 17), (23, 23), (17, 3)] {
            let exact = rows.reduce(0.0) { $0 + Double($1[i]) * Double($1[j]) }
            #expect(abs(gram.values[i * 24 + j] - exact) < 1e-3)
        }
    }
}

/// Runs `body` with one instruction set on this thread and puts the former one back.
func withInstructionSet(_ set: InstructionSet, _ body: () throws -> Void) throws {
    let former = InstructionSet.current
    try #require(InstructionSet.use(set))
    defer { _ = InstructionSet.use(former) }
    try body()
}
