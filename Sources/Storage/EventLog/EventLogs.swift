/// Opens an event log by its address.
public enum EventLogs {
    /// The log at `uri`: `sqlite:PATH` (topic `music_log`), or `kafka://HOST:PORT,HOST:PORT/TOPIC?librdkafka.property=value&…`.
    ///
    /// Nothing is connected to yet: a broker that is down is found out by the first call.
    /// - Throws: `StorageError` `.invalid` for anything else.
    public static func open(uri: String) throws -> any EventLog {
        if uri.hasPrefix("sqlite:") {
            let path = String(uri.dropFirst("sqlite:".count))
            guard !path.isEmpty else { throw StorageError(.invalid, "\(uri) names no file: use sqlite:PATH") }
            return try SQLiteEventLog(path: path)
        }
        if uri.hasPrefix("kafka://") { return try KafkaEventLog(uri: uri) }
        throw StorageError(
            .invalid, "\(uri) is no address of an event log: use sqlite:PATH or kafka://HOST:PORT,…/TOPIC")
    }
}
