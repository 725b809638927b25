import Glibc

/// The operating system's clock.
enum SystemClock {
    /// Milliseconds since 1970-01-01 UTC.
    static func epochMilliseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}

/// The operating system's words for an `errno`.
enum SystemErrorText {
    static func text(of errorNumber: Int32) -> String { String(cString: strerror(errorNumber)) }
}
