/// Every setting a program knows, by section, in the order in which a person reads them.
public struct ConfigurationSchema: Sendable {
    /// A group of settings.
    public struct Section: Sendable {
        /// Its name in the file.
        public let name: String
        /// One line for people.
        public let comment: String
        /// Its settings.
        public let keys: [any ConfigurationDeclaration]

        /// Groups settings; each must say this section's name.
        public init(_ name: String, _ comment: String, _ keys: [any ConfigurationDeclaration]) {
            precondition(keys.allSatisfy { $0.section == name }, "a key of section \(name) says another section")
            self.name = name
            self.comment = comment
            self.keys = keys
        }
    }

    /// The sections.
    public let sections: [Section]
    /// Lines above the first section of the printed file.
    public let header: String

    /// Joins sections to a schema; no path may occur twice.
    public init(header: String = "", _ sections: [Section]) {
        let paths = sections.flatMap(\.keys).map(\.path)
        precondition(Set(paths).count == paths.count, "a setting is declared twice")
        self.sections = sections
        self.header = header
    }

    /// All settings.
    public var keys: [any ConfigurationDeclaration] { sections.flatMap(\.keys) }

    /// The whole default file: every key with its default, and its comment with what is allowed.
    public var defaultFile: String { file { $0.defaultJSON5 } }

    /// A whole file with the values `value` gives, as JSON5.
    func file(_ value: (any ConfigurationDeclaration) -> String) -> String {
        var text = header.split(separator: "\n", omittingEmptySubsequences: false).map { "// \($0)" }
            .map { $0 == "// " ? "//\n" : $0 + "\n" }.joined()
        if header.isEmpty { text = "" }
        text += "{\n"
        for (index, section) in sections.enumerated() {
            text += (index == 0 ? "" : "\n") + "  // \(section.comment)\n  \(section.name): {\n"
            for key in section.keys {
                text += "    // \(key.comment) (\(key.expectation))\n    \(key.name): \(value(key)),\n"
            }
            text += "  },\n"
        }
        return text + "}\n"
    }
}
