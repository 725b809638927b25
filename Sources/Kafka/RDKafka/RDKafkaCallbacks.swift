import CRdKafka

/// What librdkafka calls back into: one object a client, reached through the handle's opaque pointer.
///
/// The client keeps it alive until `rd_kafka_destroy` has returned, after which there are no callbacks. All closures are
/// Sendable because logs come from any thread and the rest from whichever thread polls.
final class RDKafkaCallbacks: Sendable {
    let onLog: (@Sendable (KafkaLogLine) -> Void)?
    let onError: @Sendable (KafkaError) -> Void
    let onStatistics: (@Sendable (KafkaStatistics) -> Void)?
    /// Is given every delivery report.
    let onDelivery: (@Sendable (UnsafePointer<rd_kafka_message_t>) -> Void)?
    /// Is given what the group gave (`assign`) or takes (`revoke`), inside poll or close.
    let onRebalance: (@Sendable (rd_kafka_resp_err_t, UnsafeMutablePointer<rd_kafka_topic_partition_list_t>) -> Void)?
    private let foreignProperty: String

    init(
        _ kind: RDKafkaClient.Kind, _ configuration: KafkaConfiguration,
        onDelivery: (@Sendable (UnsafePointer<rd_kafka_message_t>) -> Void)? = nil,
        onRebalance: (
            @Sendable (rd_kafka_resp_err_t, UnsafeMutablePointer<rd_kafka_topic_partition_list_t>) -> Void
        )? = nil
    ) {
        onLog = configuration.onLog
        onError = configuration.onError ?? { _ in }
        onStatistics = configuration.onStatistics
        self.onDelivery = onDelivery
        self.onRebalance = onRebalance
        foreignProperty = kind.foreignProperty
    }

    /// Whether a log line is only about a property for the other kind of client: one configuration serves both.
    private func isNoise(_ line: KafkaLogLine) -> Bool {
        line.facility == "CONFWARN" && line.message.contains(foreignProperty)
    }

    fileprivate func log(_ line: KafkaLogLine) {
        if !isNoise(line) { onLog?(line) }
    }

    /// Points the callbacks of `conf` here.
    func register(on conf: OpaquePointer) {
        rd_kafka_conf_set_opaque(conf, Unmanaged.passUnretained(self).toOpaque())
        rd_kafka_conf_set_error_cb(conf, errorCallback)
        if onLog != nil { rd_kafka_conf_set_log_cb(conf, logCallback) }
        if onStatistics != nil { rd_kafka_conf_set_stats_cb(conf, statisticsCallback) }
        if onDelivery != nil { rd_kafka_conf_set_dr_msg_cb(conf, deliveryCallback) }
        if onRebalance != nil { rd_kafka_conf_set_rebalance_cb(conf, rebalanceCallback) }
    }
}

private func withCallbacks(_ opaque: UnsafeMutableRawPointer?, _ body: (RDKafkaCallbacks) -> Void) {
    guard let opaque else { return }
    Unmanaged<RDKafkaCallbacks>.fromOpaque(opaque)._withUnsafeGuaranteedRef(body)
}

private let logCallback: @convention(c) (OpaquePointer?, Int32, UnsafePointer<CChar>?, UnsafePointer<CChar>?) -> Void =
    {
        handle, level, facility, message in
        guard let handle, let facility, let message else { return }
        withCallbacks(rd_kafka_opaque(handle)) { callbacks in
            callbacks.log(
                KafkaLogLine(
                    severity: level, facility: String(cString: facility), message: String(cString: message)))
        }
    }

private let errorCallback:
    @convention(c) (OpaquePointer?, Int32, UnsafePointer<CChar>?, UnsafeMutableRawPointer?) -> Void = {
        _, raw, reason, opaque in
        let code = rd_kafka_resp_err_t(rawValue: raw)
        let detail = reason.map { String(cString: $0) }
        withCallbacks(opaque) { $0.onError(.client(code, "Kafka client", detail: detail)) }
    }

private let statisticsCallback:
    @convention(c) (OpaquePointer?, UnsafeMutablePointer<CChar>?, Int, UnsafeMutableRawPointer?) -> Int32 = {
        _, json, count, opaque in
        guard let json else { return 0 }
        let bytes = UnsafeRawBufferPointer(start: json, count: count)
        withCallbacks(opaque) { callbacks in
            do {
                callbacks.onStatistics?(try KafkaStatistics(json: bytes))
            } catch {
                callbacks.onError(.configuration("librdkafka's statistics are not readable: \(error)"))
            }
        }
        // 0: librdkafka frees the text.
        return 0
    }

private let deliveryCallback:
    @convention(c) (OpaquePointer?, UnsafePointer<rd_kafka_message_t>?, UnsafeMutableRawPointer?) -> Void = {
        _, message, opaque in
        guard let message else { return }
        withCallbacks(opaque) { $0.onDelivery?(message) }
    }

private let rebalanceCallback:
    @convention(c) (
        OpaquePointer?, rd_kafka_resp_err_t, UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?,
        UnsafeMutableRawPointer?
    ) -> Void = { _, raw, partitions, opaque in
        guard let partitions else { return }
        withCallbacks(opaque) { $0.onRebalance?(raw, partitions) }
    }
