/// Opens event logs by their address.
public enum EventLogs {
    /// Topic of a SQLite log whose address names none.
    public static let defaultTopic = "music_log"

    /// Opens the log at `uri`:
    /// - `sqlite:<path>`, with `?topic=<name>` when it is not `music_log`, and `&session.timeout.ms=<n>`;
    /// - `kafka://<host>:<port>,<host>:<port>/<topic>`, with librdkafka's properties as `?name=value&name=value`.
    ///
    /// Nothing is created in it before `createIfMissing`.
    /// - Throws: `StorageError` when the scheme is another, the address is not whole, an option is unknown or a file
    ///   cannot be opened. A cluster that is down shows at the first call.
    public static func open(uri: String) throws -> any EventLog {
        let address = try EventLogAddress(uri)
        switch address.scheme {
        case "sqlite": return try SQLiteEventLog(address)
        case "kafka": return try KafkaEventLog(address)
        default: throw EventLogAddress.unknown(uri)
        }
    }
}

/// The parts of an event log's address: `scheme:place?name=value&name=value`.
struct EventLogAddress {
    let uri: String
    let scheme: String
    /// What stands between the scheme and the options, undecoded.
    let place: String
    let options: [(name: String, value: String)]

    init(_ uri: String) throws {
        guard let colon = uri.firstIndex(of: ":") else { throw Self.unknown(uri) }
        self.uri = uri
        scheme = uri[..<colon].lowercased()
        let rest = uri[uri.index(after: colon)...].split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        place = String(rest[0])
        options = rest.count == 1 ? [] : try Self.options(rest[1], of: uri)
    }

    private static func options(_ query: Substring, of uri: String) throws -> [(name: String, value: String)] {
        try query.split(separator: "&").map { option in
            let parts = option.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, let name = decoded(parts[0]), let value = decoded(parts[1]), !name.isEmpty else {
                throw StorageError(
                    .invalid, "the event log address “\(uri)” has the option “\(option)”: write ?name=value&name=value")
            }
            return (name, value)
        }
    }

    /// The text with its `%XX` undone, or nil when they are not right (RFC 3986 §2.1).
    static func decoded(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let code = UInt8(String(rest.prefix(2)) ?? "", radix: 16), rest.count >= 2 else { return nil }
            bytes.append(code)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    static func unknown(_ uri: String) -> StorageError {
        StorageError(
            .invalid,
            "no event log is known for the address “\(uri)”: write sqlite:<path>, as sqlite:data/events.db, or "
                + "kafka://<host>:<port>/<topic>, as kafka://localhost:9092/music_log")
    }

    /// Refuses a topic name Kafka would refuse, so that both backends take the same ones.
    static func checkTopic(_ topic: String, _ uri: String) throws {
        let isLegal = topic.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
        guard isLegal, (1...249).contains(topic.utf8.count), topic != ".", topic != ".." else {
            throw StorageError(
                .invalid,
                "the event log address “\(uri)” has the topic “\(topic)”: 1 to 249 letters, digits, “.”, “_” and “-”")
        }
    }
}
