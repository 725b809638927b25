import CParquetKernels
import TestSupport
import Testing

/// Every kernel of every instruction set of this processor gives what the scalar one gives.
struct KernelTests {
    private static let sets = [PQ_ISA_AVX2, PQ_ISA_AVX512].filter { pq_isa_available($0) }

    /// What `body` gives with the set; afterwards the thread is back on the best one.
    private func using<Result>(_ set: pq_isa, _ body: () -> Result) -> Result {
        let best = pq_isa_current()
        #expect(pq_isa_use(set))
        defer { #expect(pq_isa_use(best)) }
        return body()
    }

    private func expectSame<Result: Equatable>(_ what: String, _ body: () -> Result) {
        let wanted = using(PQ_ISA_SCALAR, body)
        for set in Self.sets { #expect(using(set, body) == wanted, "\(what), set \(set.rawValue)") }
    }

    private func words(_ count: Int, width: Int, _ random: inout SeededRandomNumberGenerator) -> [UInt32] {
        (0..<count).map { _ in width == 0 ? 0 : UInt32(truncatingIfNeeded: random.next() >> UInt64(64 - width)) }
    }

    @Test
    func packedBitsComeBackForEveryWidthAndLength() {
        var random = SeededRandomNumberGenerator(seed: 1)
        for width in 0...32 {
            for count in 0...67 {
                let values = words(count, width: width, &random)
                var packed = [UInt8](repeating: 0, count: (count + 7) / 8 * width + Int(PQ_SLACK))
                pq_pack32(values, count, UInt32(width), &packed)
                // Exactly the bytes there are, so that a sanitizer sees a read behind them.
                let exact = Array(packed[..<((count * width + 7) / 8)])
                expectSame("width \(width), \(count) values") {
                    var out = [UInt32](repeating: 0xdead_beef, count: count + 1)
                    pq_unpack32(exact, exact.count, UInt32(width), &out, count)
                    #expect(Array(out[..<count]) == values)
                    #expect(out[count] == 0xdead_beef)
                    return out
                }
            }
        }
    }

    @Test
    func deltaBlocksComeBackForEveryWidth() {
        var random = SeededRandomNumberGenerator(seed: 2)
        for width in 1...64 {
            for count in [1, 2, 16, 17, 33, 128, 129, 130, 300] {
                let wide = (0..<count).map { _ in random.next() >> UInt64(64 - width) }
                expectSame("width \(width), \(count) values") { roundTrip(wide) }
                #expect(roundTrip(wide) == wide)
                let narrow = wide.map { UInt32(truncatingIfNeeded: $0) }
                expectSame("width \(width), \(count) narrow values") { roundTrip(narrow) }
                #expect(roundTrip(narrow) == narrow)
            }
        }
    }

    private func roundTrip(_ values: [UInt64]) -> [UInt64] {
        var bytes = [UInt8](repeating: 0, count: (values.count / 128 + 1) * Int(PQ_DELTA_BLOCK_BOUND) + Int(PQ_SLACK))
        var length = 0
        values.withUnsafeBufferPointer { values in
            for start in stride(from: 1, to: values.count, by: 128) {
                let count = min(128, values.count - start)
                length += bytes.withUnsafeMutableBufferPointer {
                    pq_delta_encode_block64(
                        values.baseAddress! + start, count, values[start - 1], $0.baseAddress! + length)
                }
            }
        }
        var out = [UInt64](repeating: 0, count: values.count)
        out[0] = values[0]
        var consumed = 0
        #expect(pq_delta_decode64(Array(bytes[..<length]), length, 4, 32, &out, out.count, &consumed) == PQ_DELTA_OK)
        #expect(consumed == length)
        return out
    }

    private func roundTrip(_ values: [UInt32]) -> [UInt32] {
        var bytes = [UInt8](repeating: 0, count: (values.count / 128 + 1) * Int(PQ_DELTA_BLOCK_BOUND) + Int(PQ_SLACK))
        var length = 0
        values.withUnsafeBufferPointer { values in
            for start in stride(from: 1, to: values.count, by: 128) {
                let count = min(128, values.count - start)
                length += bytes.withUnsafeMutableBufferPointer {
                    pq_delta_encode_block32(
                        values.baseAddress! + start, count, values[start - 1], $0.baseAddress! + length)
                }
            }
        }
        var out = [UInt32](repeating: 0, count: values.count)
        out[0] = values[0]
        var consumed = 0
        #expect(pq_delta_decode32(Array(bytes[..<length]), length, 4, 32, &out, out.count, &consumed) == PQ_DELTA_OK)
        #expect(consumed == length)
        return out
    }

    @Test
    func checksumsAreThoseOfTheStandardWhateverTheLength() {
        #expect(pq_crc32(0, Array("123456789".utf8), 9) == 0xCBF4_3926)
        var random = SeededRandomNumberGenerator(seed: 3)
        let bytes = (0..<3000).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        for count in Array(0...700) + [1023, 1024, 2047, 2999] {
            expectSame("\(count) bytes") {
                let whole = pq_crc32(0, bytes, count)
                let half = count / 2
                let tail = Array(bytes[half..<count])
                #expect(pq_crc32(pq_crc32(0, bytes, half), tail, tail.count) == whole)
                return whole
            }
        }
    }

    @Test
    func passesOverColumnsAgree() {
        var random = SeededRandomNumberGenerator(seed: 4)
        let keys = (0..<50).map { _ in random.next() }
        let narrowKeys = keys.map { UInt32(truncatingIfNeeded: $0) }
        let offsets = (0...50).map { UInt32($0 * ($0 + 3)) }
        for count in 1...130 {
            let codes = (0..<count).map { _ in UInt32.random(in: 0..<50, using: &random) }
            let signed = codes.map { Int32(bitPattern: narrowKeys[Int($0)]) }
            let wide = codes.map { Int64(bitPattern: keys[Int($0)]) }
            expectSame("\(count) values") { () -> [UInt64] in
                var (low, high) = (UInt64(0), UInt64(0))
                pq_key_bounds(keys, codes, count, &low, &high)
                #expect(low == codes.map { keys[Int($0)] }.min() && high == codes.map { keys[Int($0)] }.max())
                var (least, greatest) = (Int32(0), Int32(0))
                pq_min_max_i32(signed, count, &least, &greatest)
                #expect(least == signed.min() && greatest == signed.max())
                var (wideLeast, wideGreatest) = (Int64(0), Int64(0))
                pq_min_max_i64(wide, count, &wideLeast, &wideGreatest)
                #expect(wideLeast == wide.min() && wideGreatest == wide.max())
                var out = [UInt32](repeating: 0, count: count)
                pq_gather32(narrowKeys, codes, &out, count)
                #expect(out == codes.map { narrowKeys[Int($0)] })
                return [low, high, UInt64(pq_max32(codes, count)), pq_sum_lengths(offsets, codes, count)]
            }
        }
    }

    @Test
    func runsAreFoundWhereverTheyBegin() {
        var random = SeededRandomNumberGenerator(seed: 5)
        for width in [1, 3, 9, 17] {
            for _ in 0..<60 {
                var values: [UInt32] = []
                while values.count < 500 {
                    let value = words(1, width: width, &random)[0]
                    values += [UInt32](repeating: value, count: Int.random(in: 1...60, using: &random))
                    values += words(Int.random(in: 0...20, using: &random), width: width, &random)
                }
                expectSame("width \(width)") {
                    var out = [UInt8](
                        repeating: 0, count: pq_hybrid_bound(values.count, UInt32(width)) + Int(PQ_SLACK))
                    let length = pq_hybrid_encode(values, values.count, UInt32(width), &out)
                    return Array(out[..<length])
                }
            }
        }
    }
}
