import Glibc

/// The operating system's words for an `errno`.
public enum SystemErrorText {
    /// The message of `errorNumber`, such as "No space left on device". Safe to call from any thread.
    public static func text(of errorNumber: Int32) -> String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
            guard let base = buffer.baseAddress, strerror_r(errorNumber, base, buffer.count) == 0 else {
                return "error \(errorNumber)"
            }
            return String(cString: base)
        }
    }
}
