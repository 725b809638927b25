import Foundation
import Glibc
import ServiceKit

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

    /// Writes bytes as they are. A reader that has gone (`| head`) is no error: the command ends there.
    static func bytes(_ bytes: [UInt8]) throws {
        try bytes.withUnsafeBytes { buffer in
            var rest = buffer[...]
            while !rest.isEmpty {
                let count = write(STDOUT_FILENO, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if count >= 0 {
                    rest = rest.dropFirst(count)
                } else if errno == EPIPE {
                    throw CommandExit(status: 0)
                } else if errno != EINTR {
                    throw ServiceKitError.invalid("cannot write to standard output: \(SystemErrorText.text(of: errno))")
                }
            }
        }
    }
}
