import CKernels

/// Instruction sets the kernels are compiled for; the best one the processor has is taken at run time.
public enum InstructionSet: UInt32, Sendable, CaseIterable {
    /// Plain C: the oracle of the others, and what runs where there is no vector unit.
    case scalar = 0
    /// 128-bit vectors of ARM.
    case neon = 1
    /// 256-bit vectors with fused multiply-add.
    case avx2 = 2
    /// 512-bit vectors.
    case avx512 = 3

    /// Whether this processor can run it.
    public var isAvailable: Bool { ck_isa_available(ck_isa(rawValue: rawValue)) != 0 }

    /// The set in use; the environment's `SEGUE_ISA` can ask for another.
    public static var current: Self { Self(rawValue: ck_isa_current().rawValue) ?? .scalar }

    /// Takes another set for the calling thread (the threads of a pool keep theirs): for tests.
    ///
    /// - Returns: false, having changed nothing, when the processor lacks it.
    package static func use(_ set: Self) -> Bool { ck_isa_use(ck_isa(rawValue: set.rawValue)) == 0 }
}

/// Inner loops over contiguous floats, by the instruction set in use.
public enum Kernels {
    /// Sum of `a[i] * b[i]`.
    ///
    /// - Complexity: O(n)
    @inline(__always)
    public static func dot(_ a: UnsafeBufferPointer<Float>, _ b: UnsafeBufferPointer<Float>) -> Float {
        precondition(a.count == b.count, "dot of vectors of different lengths")
        guard let first = a.baseAddress, let second = b.baseAddress else { return 0 }
        return ck_dot(first, second, a.count)
    }

    /// `y[i] += scale * x[i]`.
    ///
    /// - Complexity: O(n)
    @inline(__always)
    public static func axpy(_ scale: Float, _ x: UnsafeBufferPointer<Float>, _ y: UnsafeMutableBufferPointer<Float>) {
        precondition(x.count == y.count, "axpy of vectors of different lengths")
        guard let source = x.baseAddress, let target = y.baseAddress else { return }
        ck_axpy(scale, source, target, x.count)
    }
}
