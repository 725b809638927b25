/// A wrong argument or command: what, and what is allowed.
struct UsageError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// The command line.
struct MockOptions {
    var brokers = 1
    var topics: [(name: String, partitions: Int)] = []
    var timed: [(delay: Duration, command: String)] = []

    init(_ arguments: [String]) throws {
        var rest = arguments[...]
        func next(_ option: String) throws -> String {
            guard let value = rest.popFirst() else { throw UsageError("\(option) needs a value") }
            return value
        }
        while let option = rest.popFirst() {
            switch option {
            case "--brokers": brokers = try positive(next(option), option)
            case "--topic": topics.append(try Self.topic(next(option)))
            case "--at":
                guard let seconds = Double(try next(option)), seconds >= 0 else {
                    throw UsageError("--at needs seconds, then a command")
                }
                let command = try next(option)
                _ = try MockCommand(command)
                timed.append((.seconds(seconds), command))
            default:
                throw UsageError("unknown option \(option): --brokers N, --topic NAME:PARTITIONS, --at SECONDS COMMAND")
            }
        }
    }

    private static func topic(_ text: String) throws -> (name: String, partitions: Int) {
        let parts = text.split(separator: ":")
        guard parts.count == 2 else { throw UsageError("--topic \(text): expected NAME:PARTITIONS") }
        return (String(parts[0]), try positive(String(parts[1]), "--topic \(text)"))
    }
}

/// The number a text says, from 1.
func positive(_ text: String, _ what: String) throws -> Int {
    guard let number = Int(text), number > 0 else { throw UsageError("\(what): \(text) is no number from 1") }
    return number
}
