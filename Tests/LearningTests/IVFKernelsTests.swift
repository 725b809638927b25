import CKernels
import TestSupport
import Testing

/// Every build of the IVF kernels this processor can run against the scalar one.
struct IVFKernelsTests {
    private let scalar: UnsafePointer<ck_ivf_kernels>
    private let others: [UnsafePointer<ck_ivf_kernels>]

    init() throws {
        scalar = try #require(ck_ivf_kernels_of(CK_ISA_SCALAR))
        others = [CK_ISA_NEON, CK_ISA_AVX2, CK_ISA_AVX512].compactMap { ck_ivf_kernels_of($0) }
    }

    private func numbers(_ count: Int, seed: UInt64) -> [Float] {
        var generator = SeededRandomNumberGenerator(seed: seed)
        return (0..<count).map { _ in generator.normal() }
    }

    @Test func scanAgreesWithScalarForEveryLength() {
        for dimension in 0...67 {
            let rows = 5
            let query = numbers(dimension, seed: 1)
            let vectors = numbers(dimension * rows, seed: 2)
            var wanted = [Float](repeating: 0, count: rows)
            scalar.pointee.scan(query, vectors, rows, dimension, &wanted)
            for kernels in others {
                var scores = [Float](repeating: 0, count: rows)
                kernels.pointee.scan(query, vectors, rows, dimension, &scores)
                for row in 0..<rows { #expect(abs(scores[row] - wanted[row]) < 1e-4) }
            }
        }
    }

    @Test func assignmentAgreesWithScalarForEveryTileRemainder() {
        let width = Int(CK_IVF_PANEL)
        for dimension in [1, 3, 16, 31, 64, 67] {
            let panels = numbers(3 * width * dimension, seed: 3)
            var biases = numbers(3 * width, seed: 4)
            for lane in 80..<96 { biases[lane] = -.infinity }
            for rows in [1, 2, 3, 11, 12, 13, 30] {
                let points = numbers(rows * dimension, seed: UInt64(rows))
                var wanted = [Int32](repeating: -1, count: rows)
                var wantedScores = [Float](repeating: 0, count: rows)
                scalar.pointee.assign(points, rows, dimension, panels, biases, 3, &wanted, &wantedScores)
                for kernels in others {
                    var best = [Int32](repeating: -1, count: rows)
                    var scores = [Float](repeating: 0, count: rows)
                    kernels.pointee.assign(points, rows, dimension, panels, biases, 3, &best, &scores)
                    #expect(best == wanted)
                    for row in 0..<rows { #expect(abs(scores[row] - wantedScores[row]) < 1e-3) }
                }
            }
        }
    }

    // MARK: - Codes

    /// Sixteen-row blocks of codes, their facts, and a query over them.
    private struct Coded {
        var codes: [UInt8]
        var facts: [Float]
        var queryCodes: [Int8]
        var query: ck_ivf_query
        var queryVector: [Float]
        var vectors: [Float]
    }

    private func coded(rows: Int, dimension: Int, seed: UInt64) throws -> Coded {
        let vectors = numbers(rows * dimension, seed: seed)
        let size = (dimension + 3) / 4 * 64
        let blockCount = (rows + 15) / 16
        var codes = [UInt8](repeating: 0, count: blockCount * size)
        var facts: [Float] = []
        for block in 0..<blockCount {
            let count = min(16, rows - block * 16)
            let scale = vectors.withUnsafeBufferPointer { vectors in
                codes.withUnsafeMutableBufferPointer { codes in
                    ck_ivf_pack(
                        vectors.baseAddress.map { $0 + block * 16 * dimension }, count, dimension,
                        codes.baseAddress.map { $0 + block * size })
                }
            }
            facts += [scale, Float(blockCount - block)]
        }
        let vector = numbers(dimension, seed: seed + 1)
        var queryCodes = [Int8](repeating: 0, count: dimension + 4)
        var query = ck_ivf_query()
        try #require(scalar.pointee.quantize(vector, dimension, &queryCodes, &query) == 0)
        return Coded(
            codes: codes, facts: facts, queryCodes: queryCodes, query: query, queryVector: vector, vectors: vectors)
    }

    private func scan(
        _ kernels: UnsafePointer<ck_ivf_kernels>, _ coded: Coded, rows: Int, bound: Float, threshold: Float
    ) -> (blocks: Int, hits: [ck_ivf_hit]) {
        var query = coded.query
        var hits = [ck_ivf_hit](repeating: ck_ivf_hit(), count: (rows + 15) / 16 * 16)
        var count = 0
        let blocks = coded.queryCodes.withUnsafeBufferPointer { codes in
            query.codes = codes.baseAddress
            return kernels.pointee.scan_codes(
                &query, coded.codes, coded.facts, (rows + 15) / 16, rows, 1000, bound, threshold, &hits, &count)
        }
        return (blocks, Array(hits[..<count]))
    }

    @Test func codeScansAgreeToTheLastBitForEveryDimension() throws {
        for dimension in 1...67 {
            for rows in [1, 15, 16, 17, 40] {
                let coded = try coded(rows: rows, dimension: dimension, seed: UInt64(dimension * 100 + rows))
                for threshold in [-Float.infinity, 0, 1] {
                    let wanted = scan(scalar, coded, rows: rows, bound: 1e9, threshold: threshold)
                    for kernels in others {
                        let found = scan(kernels, coded, rows: rows, bound: 1e9, threshold: threshold)
                        #expect(found.blocks == wanted.blocks)
                        #expect(found.hits.map(\.item) == wanted.hits.map(\.item))
                        #expect(found.hits.map(\.score) == wanted.hits.map(\.score))
                    }
                }
            }
        }
    }

    @Test func codesScoreNearlyAsTheirVectorsDo() throws {
        let coded = try coded(rows: 40, dimension: 64, seed: 9)
        let found = scan(scalar, coded, rows: 40, bound: 1, threshold: -.infinity)
        #expect(found.hits.map(\.item) == Array(1000..<1040))
        for hit in found.hits {
            let row = Int(hit.item) - 1000
            let score = (0..<64).reduce(Float(0)) { $0 + coded.queryVector[$1] * coded.vectors[row * 64 + $1] }
            #expect(abs(hit.score - score) < 0.6)
        }
    }

    @Test func scanStopsAtTheFirstBlockThatCannotReachTheThreshold() throws {
        // Lengths of the blocks are 4, 3, 2, 1.
        let coded = try coded(rows: 64, dimension: 8, seed: 3)
        for kernels in [scalar] + others {
            #expect(scan(kernels, coded, rows: 64, bound: 1, threshold: 2.5).blocks == 2)
            #expect(scan(kernels, coded, rows: 64, bound: 1, threshold: 4).blocks == 0)
            #expect(scan(kernels, coded, rows: 64, bound: -1, threshold: 0).blocks == 0)
            #expect(scan(kernels, coded, rows: 64, bound: -1, threshold: -1).blocks == 4)
        }
    }

    @Test func boundsClassesAndSelectionAgreeWithScalar() throws {
        for dimension in [1, 7, 64, 66] {
            let lists = 48
            let vectors = numbers(lists * dimension, seed: 21)
            let size = (dimension + 3) / 4 * 64
            var codes = [UInt8](repeating: 0, count: 3 * size)
            var scales = [Float](repeating: 0, count: lists)
            for block in 0..<3 {
                vectors.withUnsafeBufferPointer { vectors in
                    codes.withUnsafeMutableBufferPointer { codes in
                        scales.withUnsafeMutableBufferPointer { scales in
                            ck_ivf_pack_scaled(
                                vectors.baseAddress.map { $0 + block * 16 * dimension }, 16, dimension,
                                codes.baseAddress.map { $0 + block * size }, scales.baseAddress.map { $0 + block * 16 })
                        }
                    }
                }
            }
            var lengths = numbers(lists, seed: 22).map(abs)
            lengths[47] = -1
            var results: [[Float]] = []
            for kernels in [scalar] + others {
                var query = ck_ivf_query()
                var queryCodes = [Int8](repeating: 0, count: dimension + 4)
                var bounds = [Float](repeating: 0, count: lists)
                var ceilings = bounds
                var best = [Float](repeating: 0, count: 16)
                var bestLists = [Int32](repeating: 0, count: 16)
                let vector = numbers(dimension, seed: 23)
                queryCodes.withUnsafeMutableBufferPointer { queryCodes in
                    #expect(scalar.pointee.quantize(vector, dimension, queryCodes.baseAddress, &query) == 0)
                    kernels.pointee.bounds(
                        &query, codes, scales, lengths, 3, 0.25, &bounds, &ceilings, &best, &bestLists)
                }
                #expect(ceilings[47] == -.infinity)
                for lane in 0..<16 { #expect(ceilings[Int(bestLists[lane])] == best[lane]) }
                for lane in 0..<16 {
                    #expect(best[lane] == max(ceilings[lane], ceilings[16 + lane], ceilings[32 + lane]))
                }
                var again = best
                kernels.pointee.best_of_classes(ceilings, 3, &again, &bestLists)
                #expect(again == best)
                var chosen = [Int32](repeating: 0, count: lists + 16)
                let count = kernels.pointee.select(ceilings, lists, 0.5, &chosen)
                #expect(Array(chosen[..<count]) == (0..<48).filter { ceilings[Int($0)] > 0.5 })
                results.append(bounds)
            }
            for other in results.dropFirst() {
                for list in 0..<lists { #expect(abs(other[list] - results[0][list]) < 1e-4) }
            }
        }
    }

    @Test func queriesRoundToTheSameCodesEverywhere() {
        for dimension in 1...67 {
            let vector = numbers(dimension, seed: UInt64(dimension))
            var results: [([Int8], Float, Int32, Int)] = []
            for kernels in [scalar] + others {
                var codes = [Int8](repeating: 99, count: dimension + 4)
                var query = ck_ivf_query()
                #expect(kernels.pointee.quantize(vector, dimension, &codes, &query) == 0)
                results.append((codes, query.scale, query.code_sum, query.group_count))
                #expect(abs(query.square - vector.reduce(0) { $0 + $1 * $1 }) < 1e-4 * Float(dimension))
            }
            for result in results { #expect(result == results[0]) }
            #expect(results[0].0.map { Int32($0) }.prefix(results[0].3 * 4).reduce(0, +) == results[0].2)
            #expect(results[0].0.prefix(dimension).contains { abs(Int($0)) == 127 })
        }
    }

    @Test func whatIsNotFiniteIsRefusedAsAQueryAndZeroInACode() {
        for kernels in [scalar] + others {
            var codes = [Int8](repeating: 0, count: 20)
            var query = ck_ivf_query()
            for bad in [[1, .nan, 2], [1, -.infinity, 2], [3e38, 3e38, 3e38]] as [[Float]] {
                let long = bad + [Float](repeating: 0, count: 14)
                #expect(kernels.pointee.quantize(bad, 3, &codes, &query) == -1)
                #expect(kernels.pointee.quantize(long, 17, &codes, &query) == -1)
            }
            #expect(
                kernels.pointee.quantize([0, 0, 0], 3, &codes, &query) == 0 && query.scale == 0 && query.code_sum == 0)
        }
        var block = [UInt8](repeating: 0, count: 64)
        #expect(ck_ivf_pack([1, .nan, .infinity], 1, 3, &block) == 1 / 127 as Float)
        #expect(Array(block[..<4]) == [255, 128, 128, 128])
    }
}
