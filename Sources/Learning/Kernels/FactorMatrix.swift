#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Dense rows of 32-bit floats: one vector a user or an item. Rows are padded with zeros to a multiple of 16 floats (one
/// cache line), so that kernels need no remainders.
///
/// ```
/// row 0  │ f₀ f₁ … f₆₃ │ 0 … 0 │      factors │ padding, stride floats in all
/// row 1  │ …
/// ```
///
/// `@unchecked Sendable`: the memory is written only through `withUnsafeMutableRows`, and whoever calls that makes sure that nobody
/// else reads or writes the same rows meanwhile, as with any buffer.
public final class FactorMatrix: @unchecked Sendable {
    /// Number of vectors.
    public let rows: Int
    /// Values of a vector that mean something.
    public let factors: Int
    /// Floats from one row to the next: `factors` rounded up to a multiple of 16.
    public let stride: Int
    private let base: UnsafeMutablePointer<Float>

    /// Zeros.
    ///
    /// - Complexity: O(1) beyond what the system takes to hand out zeroed pages.
    public init(rows: Int, factors: Int) {
        precondition(rows >= 0 && factors > 0, "a factor matrix needs at least one factor")
        self.rows = rows
        self.factors = factors
        self.stride = (factors + 15) / 16 * 16
        let count = max(1, rows * stride)
        // Big matrices ask for huge pages: gathering random rows is bound by address translation otherwise.
        let hugePage = 2 << 20
        let byteCount = count * MemoryLayout<Float>.size
        let isBig = byteCount >= 2 * hugePage
        let raw = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: isBig ? hugePage : 64)
        #if os(Linux)
            // A refusal costs speed only.
            if isBig { _ = madvise(raw, byteCount, MADV_HUGEPAGE) }
        #endif
        memset(raw, 0, byteCount)
        self.base = raw.bindMemory(to: Float.self, capacity: count)
    }

    deinit { UnsafeMutableRawPointer(base).deallocate() }

    /// All rows, padding included: `rows * stride` floats. Do not let the buffer escape.
    public func withUnsafeRows<Result>(_ body: (UnsafeBufferPointer<Float>) throws -> Result) rethrows -> Result {
        try withExtendedLifetime(self) { try body(UnsafeBufferPointer(start: base, count: rows * stride)) }
    }

    /// All rows for writing; the padding must stay zero. Do not let the buffer escape.
    public func withUnsafeMutableRows<Result>(_ body: (UnsafeMutableBufferPointer<Float>) throws -> Result) rethrows
        -> Result
    {
        try withExtendedLifetime(self) { try body(UnsafeMutableBufferPointer(start: base, count: rows * stride)) }
    }

    /// A copy of a row's `factors` values.
    public subscript(row: Int) -> [Float] {
        precondition(row >= 0 && row < rows, "row out of range")
        return Array(UnsafeBufferPointer(start: base + row * stride, count: factors))
    }

    /// Overwrites a row.
    public func setRow(_ row: Int, to values: some Collection<Float>) {
        precondition(row >= 0 && row < rows && values.count == factors, "row out of range, or not one value a factor")
        var target = base + row * stride
        for value in values {
            target.pointee = value
            target += 1
        }
    }
}
