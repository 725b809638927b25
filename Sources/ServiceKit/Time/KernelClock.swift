import Glibc

/// The kernel's clocks as nanoseconds.
///
/// A `timespec` is two 64-bit words on every Linux this runs on, and is filled and read as such here: which module its
/// members belong to depends on the C modules that happen to be imported beside, and `MemberImportVisibility` then refuses
/// them in one build configuration or the other.
enum KernelClock {
    /// Nanoseconds that `clock` shows.
    static func nanoseconds(_ clock: clockid_t) -> Int64 {
        var words: (seconds: Int64, nanoseconds: Int64) = (0, 0)
        let status = withUnsafeMutablePointer(to: &words) { words in
            withMemory(of: words) { clock_gettime(clock, $0) }
        }
        precondition(status == 0, "the realtime and monotonic clocks are always there on Linux")
        return words.seconds &* 1_000_000_000 &+ words.nanoseconds
    }

    /// Runs `body` with a point of a clock in the kernel's form.
    static func withTimespec<Result>(nanoseconds: Int64, _ body: (UnsafePointer<timespec>) -> Result) -> Result {
        var words: (seconds: Int64, nanoseconds: Int64) = (nanoseconds / 1_000_000_000, nanoseconds % 1_000_000_000)
        return withUnsafeMutablePointer(to: &words) { words in withMemory(of: words) { body($0) } }
    }

    private static func withMemory<Result>(
        of words: UnsafeMutablePointer<(seconds: Int64, nanoseconds: Int64)>,
        _ body: (UnsafeMutablePointer<timespec>) -> Result
    ) -> Result {
        precondition(MemoryLayout<timespec>.size == 16, "a timespec is two 64-bit words")
        return words.withMemoryRebound(to: timespec.self, capacity: 1, body)
    }
}
