import ServiceKit

extension ListeningEvent {
    /// Appends the event as one JSON object in the field order of docs/design.md §3.1. What it writes,
    /// `ListeningEventDecoder` reads back as the same event.
    ///
    /// - Complexity: O(bytes), no allocation besides the buffer's growth.
    public func appendJSON(to buffer: inout [UInt8]) {
        Self.append("{\"user_id\":", to: &buffer)
        JSONText.appendString(userID, to: &buffer)
        Self.append(",\"track_id\":", to: &buffer)
        JSONText.appendString(trackID, to: &buffer)
        Self.append(",\"timestamp\":", to: &buffer)
        JSONText.appendInteger(timestamp, to: &buffer)
        switch action {
        case .listen: Self.append(",\"action\":\"listen\",\"duration\":", to: &buffer)
        case .skip: Self.append(",\"action\":\"skip\",\"duration\":", to: &buffer)
        case .complete: Self.append(",\"action\":\"complete\",\"duration\":", to: &buffer)
        }
        JSONText.appendInteger(duration, to: &buffer)
        Self.append(",\"total_duration\":", to: &buffer)
        JSONText.appendInteger(totalDuration, to: &buffer)
        switch source {
        case .simulation: Self.append(",\"source\":\"simulation\"}", to: &buffer)
        case .realUser: Self.append(",\"source\":\"real_user\"}", to: &buffer)
        }
    }

    /// The event as one JSON object in UTF-8.
    public var json: [UInt8] {
        var buffer: [UInt8] = []
        buffer.reserveCapacity(256)
        appendJSON(to: &buffer)
        return buffer
    }

    private static func append(_ text: StaticString, to buffer: inout [UInt8]) {
        buffer.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }
}
