import Foundation

/// What commands print on standard output: text for people, one JSON object for programs.
enum Output {
    /// Prints text and a newline.
    static func text(_ text: String) { print(text) }

    /// Prints a value as one line of JSON, keys in snake case and in order.
    static func json(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        print(String(decoding: try encoder.encode(value), as: UTF8.self))
    }
}
