/// The options of one run: `--name value`, or `--name` alone for a switch.
///
/// A name that the benchmark does not list, a value that does not parse and a required option that is not there throw
/// one sentence that names it.
struct Arguments {
    private var values: [String: String] = [:]

    /// Reads the words after the command.
    init(_ words: some Collection<String>, allowed: [BenchmarkOption]) throws {
        var rest = Array(words)[...]
        while let word = rest.popFirst() {
            guard word.hasPrefix("--") else {
                throw BenchmarkError("'\(word)' is not an option; options begin with --.")
            }
            var name = String(word.dropFirst(2))
            var value = "true"
            if let equals = name.firstIndex(of: "=") {
                value = String(name[name.index(after: equals)...])
                name = String(name[..<equals])
            } else if let next = rest.first, !next.hasPrefix("--") {
                value = next
                rest.removeFirst()
            }
            guard allowed.contains(where: { $0.name == name }) else {
                let names = allowed.map { "--\($0.name)" }.joined(separator: ", ")
                throw BenchmarkError("there is no option --\(name); there are \(names).")
            }
            values[name] = value
        }
    }

    /// Whether the switch is there.
    func has(_ name: String) -> Bool { values[name].map { $0 != "false" } ?? false }

    /// The text of an option, or nil.
    func string(_ name: String) -> String? { values[name] }

    /// The text of an option that must be there.
    func required(_ name: String) throws -> String {
        guard let value = values[name] else { throw BenchmarkError("--\(name) is missing.") }
        return value
    }

    /// A whole number.
    func integer(_ name: String, default fallback: Int) throws -> Int {
        try parsed(name, "a whole number", Int.init) ?? fallback
    }

    /// A number.
    func double(_ name: String, default fallback: Double) throws -> Double {
        try parsed(name, "a number", Double.init) ?? fallback
    }

    /// Whole numbers parted by commas.
    func integers(_ name: String, default fallback: [Int]) throws -> [Int] {
        try parsed(name, "whole numbers parted by commas") { text in
            let numbers = text.split(separator: ",").map { Int($0) }
            return numbers.contains(nil) ? nil : numbers.compactMap(\.self)
        } ?? fallback
    }

    private func parsed<Value>(_ name: String, _ kind: String, _ parse: (String) -> Value?) throws -> Value? {
        guard let text = values[name] else { return nil }
        guard let value = parse(text) else { throw BenchmarkError("--\(name) is '\(text)', not \(kind).") }
        return value
    }
}
