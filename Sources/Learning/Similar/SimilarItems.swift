import CKernels
import Synchronization

/// The most similar rows of every row of a factor matrix, by cosine: "songs like this one" for all songs at once, exact.
///
/// Rows are brought to length one and packed in panels of sixteen, transposed. A worker takes a block of panels and runs all
/// panels past it: sixteen times sixteen cosines at a time stay in registers, and only those above what the row's list
/// already holds are looked at one by one.
///
/// ```
/// let similar = try SimilarItems(of: model.itemFactors, count: 50, pool: pool)
/// for neighbor in similar[song] { print(neighbor.row, neighbor.score) }
/// ```
public struct SimilarItems: Sendable {
    /// A row and how similar it is.
    public struct Neighbor: Sendable, Equatable {
        /// Row of the factor matrix.
        public let row: Int32
        /// Cosine, above 0 and at most 1.
        public let score: Float
    }

    /// Neighbours a row at most.
    public let count: Int
    /// Rows there are lists for.
    public var rows: Int { counts.count }
    private let found: [Neighbor]
    private let counts: [Int32]

    /// Finds the neighbours of all rows.
    ///
    /// Among equal cosines the lower row comes first; the answer does not depend on the number of threads. Only cosines above 0
    /// count, so a row of zeros (a song without listens) has no neighbours and is nobody's.
    ///
    /// - Parameters:
    ///   - count: neighbours wanted a row, at least 1.
    ///   - progress: is told the rows done and all rows after each block, on the thread that did it, one call at a time; `.stop`
    ///     ends the search.
    /// - Throws: `LearningError`: `.invalid` naming a row that is not finite, `.stopped` when told to stop.
    /// - Complexity: O(rows² · factors)
    public init(
        of matrix: FactorMatrix, count: Int = 50, pool: WorkerPool,
        progress: @Sendable (_ done: Int, _ of: Int) -> ALSProgress.Decision = { _, _ in .proceed }
    ) throws {
        precondition(count > 0, "at least one neighbour must be wanted")
        precondition(matrix.rows < Int(Int32.max) - 16, "too many rows")
        let panels = try UnitPanels(matrix)
        let rows = matrix.rows
        let done = Mutex(0)
        let isStopped = Atomic<Bool>(false)
        var counts = [Int32](repeating: 0, count: rows)
        let room = rows * count
        let found = [Neighbor](unsafeUninitializedCapacity: room) { found, initialized in
            found.initialize(repeating: Neighbor(row: -1, score: 0))
            counts.withUnsafeMutableBufferPointer { counts in
                let search = NeighborSearch(panels: panels, wanted: count, found: found, counts: counts)
                pool.run(WorkPlan(count: panels.count, chunkSize: NeighborSearch.blockPanels)) { block, _ in
                    guard !isStopped.load(ordering: .relaxed) else { return }
                    search.run(block)
                    let decision = done.withLock { done in
                        done = min(rows, done + block.count * 16)
                        return progress(done, rows)
                    }
                    if decision == .stop { isStopped.store(true, ordering: .relaxed) }
                }
            }
            initialized = room
        }
        guard !isStopped.load(ordering: .relaxed) else { throw LearningError.stopped() }
        self.count = count
        self.found = found
        self.counts = counts
    }

    /// The neighbours of a row, most similar first.
    public subscript(row: Int) -> ArraySlice<Neighbor> {
        precondition(row >= 0 && row < rows, "row out of range")
        return found[row * count..<row * count + Int(counts[row])]
    }
}

/// Rows of length one in panels of sixteen, transposed; the last panel is filled up with zeros.
///
/// `@unchecked Sendable`: written by the initialiser only.
private final class UnitPanels: @unchecked Sendable {
    let rows: Int
    let dims: Int
    let count: Int
    let base: UnsafeMutablePointer<Float>

    init(_ matrix: FactorMatrix) throws {
        rows = matrix.rows
        dims = matrix.stride
        count = (rows + 15) / 16
        let raw = UnsafeMutableRawPointer.allocate(byteCount: max(1, count * dims * 16) * 4, alignment: 64)
        base = raw.bindMemory(to: Float.self, capacity: max(1, count * dims * 16))
        base.initialize(repeating: 0, count: count * dims * 16)
        let dims = dims, base = base
        let bad: Int? = matrix.withUnsafeRows { values in
            guard let source = values.baseAddress else { return nil }
            for row in 0..<matrix.rows {
                let vector = source + row * dims
                var square = 0.0
                for index in 0..<dims { square += Double(vector[index]) * Double(vector[index]) }
                guard square.isFinite else { return row }
                guard square > 0 else { continue }
                let scale = 1 / square.squareRoot()
                let panel = base + row / 16 * dims * 16 + row % 16
                for index in 0..<dims { panel[index * 16] = Float(Double(vector[index]) * scale) }
            }
            return nil
        }
        if let bad { throw LearningError.invalid("row \(bad) of the factors is not finite: train again") }
    }

    deinit { UnsafeMutableRawPointer(base).deallocate() }
}

/// What the workers share: where to read and where to write.
private struct NeighborSearch {
    /// Panels a worker takes at once: their rows stay in the first cache level while all other panels pass by.
    static let blockPanels = 4

    let panels: UnitPanels
    let wanted: Int
    let found: UnsafeMutableBufferPointer<SimilarItems.Neighbor>
    let counts: UnsafeMutableBufferPointer<Int32>

    /// Finds the neighbours of the rows of some panels.
    func run(_ block: Range<Int>) {
        let capacity = max(4 * wanted, 128)
        let lists = block.count * 16
        withUnsafeTemporaryAllocation(of: ck_neighbor.self, capacity: lists * capacity) { room in
            withUnsafeTemporaryAllocation(of: ck_neighbor_list.self, capacity: lists) { list in
                guard let room = room.baseAddress, let list = list.baseAddress else { return }
                for index in 0..<lists {
                    (list + index).initialize(
                        to: ck_neighbor_list(
                            found: room + index * capacity, count: 0, capacity: capacity, wanted: wanted, threshold: 0))
                }
                for panel in 0..<panels.count {
                    for (place, queries) in block.enumerated() {
                        ck_neighbors(
                            panels.base, panels.dims, queries, panel, panel + 1, panels.rows, list + place * 16)
                    }
                }
                for index in 0..<lists where block.lowerBound * 16 + index < panels.rows {
                    store(list + index, row: block.lowerBound * 16 + index)
                }
            }
        }
    }

    private func store(_ list: UnsafeMutablePointer<ck_neighbor_list>, row: Int) {
        ck_neighbors_finish(list)
        counts[row] = Int32(truncatingIfNeeded: list.pointee.count)
        for index in 0..<list.pointee.count {
            let neighbor = list.pointee.found[index]
            found[row * wanted + index] = SimilarItems.Neighbor(row: neighbor.row, score: neighbor.score)
        }
    }
}
