#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The few functions of the C library that learning needs, under names that say what they are.
package enum Numerics {
    /// base^exponent.
    package static func power(_ base: Double, _ exponent: Double) -> Double { pow(base, exponent) }

    /// Base-2 logarithm.
    package static func log2(_ value: Double) -> Double {
        #if canImport(Glibc)
            Glibc.log2(value)
        #elseif canImport(Musl)
            Musl.log2(value)
        #else
            Darwin.log2(value)
        #endif
    }

    /// Natural logarithm.
    package static func logarithm(_ value: Double) -> Double { log(value) }

    /// Cosine of an angle in radians.
    package static func cosine(_ angle: Double) -> Double { cos(angle) }
}
