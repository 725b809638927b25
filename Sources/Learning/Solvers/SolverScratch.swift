import CKernels

/// Memory a thread solves rows in, allocated once for all half iterations of a call.
///
/// `@unchecked Sendable`: each worker of a pool touches only its own piece.
final class SolverScratch: @unchecked Sendable {
    /// Rows that change coordinates together.
    static let batch = 32

    /// One worker's piece.
    struct Piece {
        /// What the kernels ask for.
        let workspace: UnsafeMutablePointer<Float>
        /// `batch` rows in new coordinates.
        let rows: UnsafeMutablePointer<Float>
        /// One multiplier a factor, for a row with a λ of its own.
        let scale: UnsafeMutablePointer<Float>
        /// A matrix and a right side, for a piece of a long row.
        let sums: UnsafeMutablePointer<Float>
    }

    private let base: UnsafeMutableRawPointer
    private let stride: Int
    private let pieceByteCount: Int
    let workers: Int

    init(stride: Int, workers: Int) {
        self.stride = stride
        self.workers = workers
        let floats = Self.floats(stride: stride)
        pieceByteCount = (floats * MemoryLayout<Float>.size + 4_095) / 4_096 * 4_096
        base = .allocate(byteCount: pieceByteCount * workers, alignment: 4_096)
    }

    deinit { base.deallocate() }

    subscript(worker: Int) -> Piece {
        precondition(worker >= 0 && worker < workers)
        let start = (base + worker * pieceByteCount).bindMemory(to: Float.self, capacity: Self.floats(stride: stride))
        let rows = start + Self.rounded(ck_als_workspace_floats(stride))
        let scale = rows + Self.batch * stride
        return Piece(workspace: start, rows: rows, scale: scale, sums: scale + stride)
    }

    private static func rounded(_ floats: Int) -> Int { (floats + 15) / 16 * 16 }

    private static func floats(stride: Int) -> Int {
        rounded(ck_als_workspace_floats(stride)) + batch * stride + stride + stride * stride + stride
    }
}
