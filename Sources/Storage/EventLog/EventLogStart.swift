import ServiceKit

/// Holds a start position against what the log has: a consumer that goes where the lake says must learn when the log is
/// not the one the lake was written from.
enum EventLogStart {
    /// - Returns: where to start: `position`, or the oldest event when retention has deleted what comes after `position`
    ///   (then the loss is logged).
    /// - Throws: when the position lies behind the log's end.
    static func check(_ position: Int64?, in log: PartitionOffsets, topic: String, logger: Logger) throws -> Int64 {
        guard let position else { return log.begin }
        guard position <= log.end else {
            throw StorageError(
                .invalid,
                "partition \(log.partition) of \(topic) ends at offset \(log.end), but is to be read from \(position): "
                    + "the topic was deleted and made again, or this is another log; point to the old one, or start "
                    + "with an empty lake")
        }
        if position < log.begin {
            logger.error(
                "events were deleted before they were read",
                [
                    "topic": topic, "partition": "\(log.partition)", "from": "\(position)", "to": "\(log.begin)",
                    "events": "\(log.begin - position)",
                ])
        }
        return max(position, log.begin)
    }
}
