import Glibc

/// What is known of an output: whether a person looks at it, how wide it is, whether colours are welcome.
public struct Terminal: Sendable {
    /// File descriptor of the output.
    public let descriptor: Int32

    /// Standard output.
    public static let standardOutput = Terminal(descriptor: STDOUT_FILENO)
    /// Standard error, where progress and logs go.
    public static let standardError = Terminal(descriptor: STDERR_FILENO)

    /// Whether it is a terminal, and not a file or a pipe.
    public var isTTY: Bool { isatty(descriptor) == 1 }

    /// Columns; 80 when that cannot be known.
    public var width: Int {
        var size = winsize()
        if ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 { return Int(size.ws_col) }
        return Self.environment("COLUMNS").flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil } ?? 80
    }

    /// Whether to colour: a terminal that is not `dumb`, and no `NO_COLOR` (https://no-color.org).
    public var usesColour: Bool {
        isTTY && (Self.environment("NO_COLOR") ?? "").isEmpty && Self.environment("TERM") != "dumb"
    }

    /// Writes all bytes. What cannot be written is dropped: there is nowhere left to tell.
    func write(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { buffer in
            var rest = UnsafeRawBufferPointer(buffer)
            while let base = rest.baseAddress, !rest.isEmpty {
                let count = Glibc.write(descriptor, base, rest.count)
                if count > 0 {
                    rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
                } else if errno == EAGAIN {
                    var request = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                    if poll(&request, 1, 1000) < 0, errno != EINTR { return }
                } else if errno != EINTR {
                    return
                }
            }
        }
    }

    private static func environment(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
}
