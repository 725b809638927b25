/// The text of `--help`.
struct CommandHelp {
    /// From the root to the command.
    let path: [Command]
    /// Columns to fill.
    let width: Int

    private var command: Command { path[path.count - 1] }
    private var name: String { path.map(\.name).joined(separator: " ") }

    var text: String {
        var blocks = [wrapped("\(name): \(command.summary)", indent: 0), usage]
        if !command.discussion.isEmpty {
            blocks.append(
                command.discussion.split(separator: "\n", omittingEmptySubsequences: false)
                    .map { wrapped(String($0), indent: 0) }.joined(separator: "\n"))
        }
        let own = command.arguments.map(\.form)
        blocks.append(section("Commands:", command.subcommands.map { ($0.name, $0.summary) }))
        blocks.append(section("Arguments:", own.filter(\.isPositional).map { ($0.valueName, explanation(of: $0)) }))
        blocks.append(section("Options:", options(own.filter { !$0.isPositional })))
        let inherited = path.dropLast().flatMap(\.arguments).map(\.form)
        var common = options(inherited) + [("-h, --help", "Show this text.")]
        if path.count == 1 { common.append(("    --version", "Show the version.")) }
        blocks.append(section(path.count == 1 ? "General:" : "Options of every command:", common))
        if !command.examples.isEmpty {
            let examples = command.examples.map { "  \($0.line)\n" + wrapped($0.explanation, indent: 6) }
            blocks.append("Examples:\n" + examples.joined(separator: "\n"))
        }
        if !command.subcommands.isEmpty { blocks.append("\"\(name) COMMAND --help\" tells more about a command.") }
        return blocks.filter { !$0.isEmpty }.joined(separator: "\n\n") + "\n"
    }

    private var usage: String {
        var words = "Usage: \(name)"
        if !command.subcommands.isEmpty { return words + " COMMAND [options]" }
        words += " [options]"
        for form in command.arguments.map(\.form).filter(\.isPositional) {
            let word = form.isRepeated ? "\(form.valueName)…" : form.valueName
            words += form.isRequired ? " \(word)" : " [\(word)]"
        }
        return words
    }

    private func options(_ forms: [ArgumentForm]) -> [(String, String)] {
        forms.map { form in
            let short = form.short.map { "-\($0), " } ?? "    "
            let value = form.isFlag ? "" : " \(form.valueName)"
            return ("\(short)--\(form.name)\(value)", explanation(of: form))
        }
    }

    /// Help, then what is allowed where the type does not go without saying, then the default.
    private func explanation(of form: ArgumentForm) -> String {
        var notes: [String] = []
        if !form.expectation.isEmpty, form.expectation != String.kind { notes.append(form.expectation) }
        if form.isRepeated, !form.isPositional { notes.append("may be repeated") }
        if !form.defaultText.isEmpty { notes.append("default: \(form.defaultText)") }
        return notes.isEmpty ? form.help : "\(form.help) (\(notes.joined(separator: "; ")))"
    }

    private func section(_ title: String, _ rows: [(String, String)]) -> String {
        guard !rows.isEmpty else { return "" }
        let column = min(30, (rows.map { DisplayWidth.columns(of: $0.0) }.max() ?? 0) + 4)
        let lines = rows.map { left, right -> String in
            let body = wrapped(right, indent: column)
            let used = DisplayWidth.columns(of: left) + 2
            // A name too long for its column gets a line of its own.
            guard used < column else { return "  \(left)\n\(body)" }
            return "  \(left)" + body.dropFirst(used)
        }
        return "\(title)\n" + lines.joined(separator: "\n")
    }

    /// Lines of at most `width` columns, each indented; a line that starts with a space is kept as it is.
    private func wrapped(_ text: String, indent: Int) -> String {
        guard text.first != " " else { return text }
        let margin = String(repeating: " ", count: indent)
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            if !line.isEmpty, indent + DisplayWidth.columns(of: line) + 1 + DisplayWidth.columns(of: word) > width {
                lines.append(margin + line)
                line = ""
            }
            line += (line.isEmpty ? "" : " ") + word
        }
        lines.append(margin + line)
        return lines.joined(separator: "\n")
    }
}
