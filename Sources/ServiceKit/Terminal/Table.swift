/// Rows of text in aligned columns, for standard output.
public struct Table: Sendable {
    /// Where a column's text stands.
    public enum Alignment: Sendable {
        /// For words.
        case left
        /// For numbers.
        case right
    }

    private let header: [String]
    private let alignments: [Alignment]
    private var rows: [[String]] = []

    /// A table without rows.
    ///
    /// - Parameter columns: heading and alignment of each.
    public init(_ columns: [(heading: String, alignment: Alignment)]) {
        header = columns.map(\.heading)
        alignments = columns.map(\.alignment)
    }

    /// Adds a row with one cell a column.
    public mutating func append(_ cells: [String]) {
        precondition(cells.count == header.count, "a row has one cell a column")
        rows.append(cells.map { $0.replacing(oneOf: "\n\r\t", with: " ") })
    }

    /// Heading, rule and rows, each ended by a newline; the widest columns are cut so that a line fits `width`.
    public func render(width: Int = 100) -> String {
        let widths = fittedWidths(to: width)
        var text = line(header, widths)
        text += widths.map { String(repeating: "─", count: $0) }.joined(separator: "  ") + "\n"
        for row in rows { text += line(row, widths) }
        return text
    }

    private func fittedWidths(to width: Int) -> [Int] {
        var widths = header.indices.map { column in
            ([header] + rows).map { DisplayWidth.columns(of: $0[column]) }.max() ?? 0
        }
        let gaps = 2 * (widths.count - 1)
        while widths.reduce(gaps, +) > width, let widest = widths.indices.max(by: { widths[$0] < widths[$1] }),
            widths[widest] > 8
        {
            widths[widest] -= 1
        }
        return widths
    }

    private func line(_ cells: [String], _ widths: [Int]) -> String {
        var line = ""
        for (column, cell) in cells.enumerated() {
            let text = DisplayWidth.truncated(cell, to: widths[column])
            let padding = String(repeating: " ", count: widths[column] - DisplayWidth.columns(of: text))
            line += (column == 0 ? "" : "  ") + (alignments[column] == .left ? text + padding : padding + text)
        }
        while line.last == " " { line.removeLast() }
        return line + "\n"
    }
}

extension String {
    fileprivate func replacing(oneOf characters: String, with replacement: Character) -> String {
        String(map { characters.contains($0) || $0 == "\r\n" ? replacement : $0 })
    }
}
