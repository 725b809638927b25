import ServiceKit

/// Lines for people on standard error, above whatever progress is drawn there.
enum Message {
    /// Writes a line.
    static func show(_ text: String) {
        LiveLine.standardError.writeAbove(Array((text.hasSuffix("\n") ? text : text + "\n").utf8))
    }
}
