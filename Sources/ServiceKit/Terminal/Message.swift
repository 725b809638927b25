/// Lines for people on standard error: what a command says besides its answer. They appear above whatever progress is
/// drawn there.
public enum Message {
    /// Writes text and, unless it ends with one, a newline.
    public static func show(_ text: String) {
        LiveLine.standardError.writeAbove(Array((text.hasSuffix("\n") ? text : text + "\n").utf8))
    }
}
