/// Where progress is drawn: the terminal, or a recorder in a test.
package protocol ProgressOutput: Sendable {
    /// Whether a line can be drawn over.
    var isTTY: Bool { get }
    /// Columns of a line.
    var width: Int { get }
    /// Draws the live line.
    func show(_ text: String)
    /// Leaves the live line standing.
    func finish()
    /// Writes whole lines.
    func writeAbove(_ lines: [UInt8])
}

extension LiveLine: ProgressOutput {
    var isTTY: Bool { terminal.isTTY }
    var width: Int { terminal.width }
}
