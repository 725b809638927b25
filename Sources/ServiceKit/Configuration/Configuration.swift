import Foundation

/// The settings of a run: defaults, then the file, then the environment, then the command line; later ones win.
public struct Configuration: Sendable {
    /// Where a value comes from.
    public enum Source: Sendable, Equatable {
        /// Nothing was said.
        case standard
        /// A line of the file.
        case file(String, line: Int)
        /// An environment variable.
        case environment(String)
        /// The command line.
        case commandLine
    }

    private struct Entry {
        var value: any SettingValue
        var source: Source
    }

    /// The settings there are.
    public let schema: ConfigurationSchema
    private var entries: [String: Entry]

    /// The variables of this process.
    public static var processEnvironment: [String: String] { ProcessInfo.processInfo.environment }

    /// All defaults.
    public init(schema: ConfigurationSchema) {
        self.schema = schema
        entries = Dictionary(
            uniqueKeysWithValues: schema.keys.map { ($0.path, Entry(value: $0.erasedDefault, source: .standard)) })
    }

    /// Reads everything there is to read.
    ///
    /// - Parameters:
    ///   - file: path of a JSON5 file; nil for none.
    ///   - environment: variables; `PREFIX_SECTION_KEY` overrides the file.
    ///   - prefix: what those variables start with, without the underscore.
    ///   - overrides: values by path, `train.factors`, which override everything.
    /// - Throws: for the first wrong key, type or value an error that names the place, the key and what is allowed.
    public static func load(
        schema: ConfigurationSchema, file: String? = nil,
        environment: [String: String] = Configuration.processEnvironment, prefix: String,
        overrides: [String: String] = [:]
    ) throws -> Configuration {
        var configuration = Configuration(schema: schema)
        if let file {
            let bytes = try AtomicFile.read(file, limit: 4 << 20)
            guard let text = String(validating: bytes, as: UTF8.self) else {
                throw ServiceKitError.invalid("\(file): the file is not UTF-8 text")
            }
            try configuration.read(text: text, file: file)
        }
        try configuration.read(environment: environment, prefix: prefix)
        for (path, text) in overrides.sorted(by: { $0.key < $1.key }) { try configuration.override(path, with: text) }
        return configuration
    }

    /// The value of a setting. The key must be one of the schema's.
    public subscript<Value>(key: ConfigurationKey<Value>) -> Value {
        let entry = entries[key.path]
        precondition(entry != nil, "\(key.path) is not in the schema")
        return entry?.value as? Value ?? key.defaultValue
    }

    /// Where a setting's value comes from.
    public func source(of key: some ConfigurationDeclaration) -> Source { entries[key.path]?.source ?? .standard }

    /// The settings in force as a JSON5 file, comments included.
    public var text: String { schema.file { entries[$0.path]?.value.json5 ?? $0.defaultJSON5 } }

    // MARK: - File

    /// Reads a document over what is there.
    mutating func read(text: String, file: String) throws {
        let root = try JSON5Parser.parse(text, file: file)
        guard case .object(let sections) = root.value else {
            throw ServiceKitError.invalid(
                "\(file):\(root.position): a configuration is { section: { key: value } }, not \(root.value.kind)")
        }
        for member in sections { try read(section: member, file: file) }
    }

    private mutating func read(section member: JSON5Member, file: String) throws {
        let place = "\(file):\(member.position)"
        guard let section = schema.sections.first(where: { $0.name == member.name }) else {
            let names = schema.sections.map(\.name)
            throw ServiceKitError.invalid(
                "\(place): there is no section \"\(member.name)\"."
                    + "\(Suggestion.sentence(for: member.name, among: names)) "
                    + "Sections are \(names.joined(separator: ", "))")
        }
        guard case .object(let members) = member.node.value else {
            throw ServiceKitError.invalid(
                "\(place): section \"\(member.name)\" must be { key: value }, not \(member.node.value.kind)")
        }
        for member in members {
            let place = "\(file):\(member.position)"
            guard let key = section.keys.first(where: { $0.name == member.name }) else {
                throw unknown(member.name, in: section, place: place)
            }
            guard let value = key.value(json: member.node.value) else {
                throw ServiceKitError.invalid(
                    "\(place): \(key.path) is \(member.node.value.kind); allowed is \(key.expectation)")
            }
            entries[key.path] = Entry(value: value, source: .file(file, line: member.position.line))
        }
    }

    private func unknown(_ name: String, in section: ConfigurationSchema.Section, place: String) -> ServiceKitError {
        let names = section.keys.map(\.name)
        var hint = Suggestion.sentence(for: name, among: names)
        // A right key in the wrong section is a common slip.
        if hint.isEmpty, let elsewhere = schema.keys.first(where: { $0.name == name }) {
            hint = " Did you mean \"\(elsewhere.path)\"?"
        }
        return .invalid(
            "\(place): there is no key \"\(name)\" in section \"\(section.name)\".\(hint) "
                + "Keys are \(names.joined(separator: ", "))")
    }

    // MARK: - Environment and command line

    /// A variable that starts with the prefix and a section but names no key is an error: a typo would otherwise be
    /// silently without effect. Variables of other shapes (`SEGUE_BIN`) are somebody else's.
    private mutating func read(environment: [String: String], prefix: String) throws {
        let byName = Dictionary(
            schema.keys.map { ($0.environmentName(prefix: prefix), $0) }, uniquingKeysWith: { first, _ in first })
        let sectionPrefixes = schema.sections.map { "\(prefix)_\($0.name)_".uppercased() }
        for (name, text) in environment.sorted(by: { $0.key < $1.key }) {
            if let key = byName[name] {
                guard let value = key.value(text: text) else {
                    throw ServiceKitError.invalid(
                        "environment variable \(name) is \(JSONText.string(text)); allowed is \(key.expectation)")
                }
                entries[key.path] = Entry(value: value, source: .environment(name))
            } else if sectionPrefixes.contains(where: { name.hasPrefix($0) }) {
                throw ServiceKitError.invalid(
                    "environment variable \(name) names no setting."
                        + Suggestion.sentence(for: name, among: Array(byName.keys)))
            }
        }
    }

    private mutating func override(_ path: String, with text: String) throws {
        guard let key = schema.keys.first(where: { $0.path == path }) else {
            throw ServiceKitError.invalid(
                "there is no setting \"\(path)\".\(Suggestion.sentence(for: path, among: schema.keys.map(\.path))) "
                    + "Settings are written section.key")
        }
        guard let value = key.value(text: text) else {
            throw ServiceKitError.invalid("\(path) is \(JSONText.string(text)); allowed is \(key.expectation)")
        }
        entries[path] = Entry(value: value, source: .commandLine)
    }
}
