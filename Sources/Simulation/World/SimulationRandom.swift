import Glibc

/// Random numbers that are the same for the same seed on every run, whatever the number of threads: each user's day, each
/// song, each name has a stream of its own.
///
/// SplitMix64 (Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014,
/// https://doi.org/10.1145/2660193.2660195).
struct SimulationRandom: RandomNumberGenerator {
    /// What a stream is for, so that two uses of one index never share numbers.
    enum Purpose: UInt64 {
        case artist = 1
        case song
        case songNames
        case user
        case userNames
        case activity
        case listening
        case live
        case liveSession
        case quirk
        case spread
    }

    private var state: UInt64

    init(seed: UInt64, _ purpose: Purpose, _ first: Int = 0, _ second: Int = 0) {
        var mixed = Self.mix(seed &+ purpose.rawValue &* 0x9e37_79b9_7f4a_7c15)
        mixed = Self.mix(mixed ^ UInt64(bitPattern: Int64(first)) &* 0xd6e8_feb8_6659_fd93)
        state = Self.mix(mixed ^ UInt64(bitPattern: Int64(second)) &* 0xa076_1d64_78bd_642f)
    }

    @inline(__always)
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        return Self.mix(state)
    }

    @inline(__always)
    private static func mix(_ value: UInt64) -> UInt64 {
        var mixed = value
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    /// Evenly from 0 ..< 1.
    @inline(__always)
    mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// Evenly from a range.
    @inline(__always)
    mutating func uniform(_ low: Double, _ high: Double) -> Double { low + (high - low) * uniform() }

    /// Evenly from 0 ..< `bound` by Lemire's multiplication (the bias is below bound / 2^64).
    @inline(__always)
    mutating func index(below bound: Int) -> Int { Int(next().multipliedFullWidth(by: UInt64(bound)).high) }

    /// Whether something of that probability happens.
    @inline(__always)
    mutating func chance(_ probability: Double) -> Bool { uniform() < probability }

    /// Exponentially distributed.
    mutating func exponential(mean: Double) -> Double { -mean * log(1 - uniform()) }

    /// Normally distributed, mean 0 and deviation 1 (Box and Muller).
    mutating func normal() -> Double { (-2 * log(1 - uniform())).squareRoot() * cos(2 * .pi * uniform()) }

    /// One element of a list that is not empty.
    mutating func pick<Element>(_ list: [Element]) -> Element { list[index(below: list.count)] }
}
