import Domain
import Foundation
import ServiceKit
import Storage

/// A record that breaks the contract, as it is kept in `<topic>_rejected`: reason, where it came from, what it was.
///
/// Delivered at least once: a crash between dead letters and commit repeats them. Topic, partition and offset are the key
/// of the record, so a reader tells repeats apart, and a compacted topic drops them by itself.
struct DeadLetter: Sendable {
    /// Longest payload that is kept whole; the record itself stays in the log at its offset.
    static let longestPayload = 256 << 10

    let rejection: EventRejection
    let partition: Int32
    let offset: Int64
    let appended: Int64
    let payload: [UInt8]
    let payloadByteCount: Int

    init(_ rejection: EventRejection, of record: EventLogRecord) {
        self.rejection = rejection
        partition = record.partition
        offset = record.offset
        appended = record.timestamp
        payload = Array(record.value.prefix(Self.longestPayload))
        payloadByteCount = record.value.count
    }

    func key(topic: String) -> [UInt8] { Array("\(topic)/\(partition)/\(offset)".utf8) }

    /// `{"reason":…,"detail":…,"topic":…,"partition":…,"offset":…,"appended_at":…,"rejected_at":…,"payload":…}`; a payload
    /// that is not UTF-8 is `payload_base64`, a shortened one says its `payload_byte_count`.
    func json(topic: String, now: Int64) -> [UInt8] {
        var bytes = Array("{\"reason\":".utf8)
        JSONText.appendString(rejection.reason.rawValue, to: &bytes)
        bytes += ",\"detail\":".utf8
        JSONText.appendString(rejection.detail, to: &bytes)
        bytes += ",\"topic\":".utf8
        JSONText.appendString(topic, to: &bytes)
        bytes +=
            ",\"partition\":\(partition),\"offset\":\(offset),\"appended_at\":\(appended),\"rejected_at\":\(now)".utf8
        if payload.count < payloadByteCount { bytes += ",\"payload_byte_count\":\(payloadByteCount)".utf8 }
        if let text = String(validating: payload, as: UTF8.self) {
            bytes += ",\"payload\":".utf8
            JSONText.appendString(text, to: &bytes)
        } else {
            bytes += ",\"payload_base64\":\"\(Data(payload).base64EncodedString())\"".utf8
        }
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }
}
