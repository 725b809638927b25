import CKernels

extension FoldIn {
    /// Memory a thread folds in with; it grows with the longest list of listens. Not for two threads at once.
    public final class Scratch {
        let stride: Int
        private let solver: SolverScratch
        let piece: SolverScratch.Piece
        /// Solution in the kernels' coordinates.
        let solution: UnsafeMutablePointer<Float>
        /// Solution in the model's.
        let result: UnsafeMutablePointer<Float>
        private(set) var vectors: UnsafeMutablePointer<Float>
        /// 0, 1, 2, …: the vectors are packed already.
        private(set) var columns: UnsafeMutablePointer<Int32>
        private(set) var values: UnsafeMutablePointer<Float>
        private var capacity: Int

        /// Room for lists of up to `listens` without growing.
        public init(for foldIn: FoldIn, listens: Int = 128) {
            stride = foldIn.stride
            solver = SolverScratch(stride: stride, workers: 1)
            piece = solver[0]
            solution = .allocate(capacity: stride)
            result = .allocate(capacity: stride)
            solution.initialize(repeating: 0, count: stride)
            result.initialize(repeating: 0, count: stride)
            capacity = max(1, listens) + 1
            vectors = .allocate(capacity: capacity * stride)
            columns = .allocate(capacity: capacity)
            values = .allocate(capacity: capacity)
            fill()
        }

        deinit {
            for buffer in [solution, result, vectors, values] { buffer.deallocate() }
            columns.deallocate()
        }

        func reserve(_ count: Int) {
            guard count > capacity else { return }
            vectors.deallocate()
            columns.deallocate()
            values.deallocate()
            capacity = max(count, 2 * capacity)
            vectors = .allocate(capacity: capacity * stride)
            columns = .allocate(capacity: capacity)
            values = .allocate(capacity: capacity)
            fill()
        }

        func system(alpha: Double) -> ck_als_system {
            ck_als_system(
                rows: vectors, dims: stride, scale: nil, alpha: Float(alpha), columns_end: nil,
                workspace: piece.workspace)
        }

        private func fill() {
            vectors.initialize(repeating: 0, count: capacity * stride)
            values.initialize(repeating: 0, count: capacity)
            for index in 0..<capacity { (columns + index).initialize(to: Int32(truncatingIfNeeded: index)) }
        }
    }
}
