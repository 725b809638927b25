import CKernels

/// Which item goes where: items by list, the longest vector of a list first.
struct IVFLists {
    /// List `l` is `order[offsets[l]..<offsets[l + 1]]`.
    let offsets: [UInt32]
    /// Rows of the input in the order of the file.
    let order: [Int32]
    /// Length of each row's vector.
    let lengths: [Float]

    var count: Int { offsets.count - 1 }
    /// Blocks of codes that all lists take.
    var blockCount: Int { (0..<count).reduce(0) { $0 + IVFFormat.blockCount(size(of: $1)) } }

    func size(of list: Int) -> Int { Int(offsets[list + 1] - offsets[list]) }

    /// Deals `vectors` to the lists of `assignment`.
    ///
    /// - Complexity: O(n log n)
    init(
        assignment: [Int32], listCount: Int, vectors: UnsafeBufferPointer<Float>, dimension: Int, pool: WorkerPool
    ) {
        var offsets = [UInt32](repeating: 0, count: listCount + 1)
        for list in assignment { offsets[Int(list) + 1] += 1 }
        for list in 0..<listCount { offsets[list + 1] += offsets[list] }
        var next = offsets
        var order = [Int32](repeating: 0, count: assignment.count)
        for (row, list) in assignment.enumerated() {
            order[Int(next[Int(list)])] = Int32(truncatingIfNeeded: row)
            next[Int(list)] += 1
        }
        let lengths = Self.lengths(vectors, dimension: dimension, pool: pool)
        order.withUnsafeMutableBufferPointer { order in
            let order = order
            pool.run(WorkPlan(count: listCount, chunkSize: 8)) { lists, _ in
                for list in lists {
                    order[Int(offsets[list])..<Int(offsets[list + 1])].sort { first, second in
                        let (longer, shorter) = (lengths[Int(first)], lengths[Int(second)])
                        return longer > shorter || (longer == shorter && first < second)
                    }
                }
            }
        }
        self.offsets = offsets
        self.order = order
        self.lengths = lengths
    }

    private static func lengths(_ vectors: UnsafeBufferPointer<Float>, dimension: Int, pool: WorkerPool) -> [Float] {
        let rows = vectors.count / dimension
        return [Float](unsafeUninitializedCapacity: rows) { lengths, count in
            count = rows
            let (lengths, kernels) = (lengths, ck_ivf_current())
            guard let source = vectors.baseAddress, let target = lengths.baseAddress else { return }
            pool.run(WorkPlan(count: rows, chunkSize: 4096)) { chunk, _ in
                for row in chunk {
                    let vector = source + row * dimension
                    kernels.pointee.scan(vector, vector, 1, dimension, target + row)
                    target[row] = target[row].squareRoot()
                }
            }
        }
    }
}
