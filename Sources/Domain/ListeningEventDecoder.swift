/// A listening event whose identifiers are still bytes of the record, or of the decoder's scratch where the record
/// spells them with escapes. Valid until the decoder's next call and as long as the record's bytes are.
public struct ListeningEventView {
    /// Who listened: 1–256 bytes of valid UTF-8 without control characters.
    public var userID: UnsafeRawBufferPointer
    /// What was heard, likewise.
    public var trackID: UnsafeRawBufferPointer
    /// Start of the play, epoch milliseconds UTC.
    public var timestamp: Int64
    /// What the listener did with the song.
    public var action: EventAction
    /// Milliseconds listened.
    public var duration: Int32
    /// Milliseconds the song lasts.
    public var totalDuration: Int32
    /// Where the event comes from.
    public var source: EventSource

    /// The event with strings of its own.
    public var event: ListeningEvent {
        ListeningEvent(
            userID: String(decoding: userID, as: UTF8.self), trackID: String(decoding: trackID, as: UTF8.self),
            timestamp: timestamp, action: action, duration: duration, totalDuration: totalDuration, source: source)
    }
}

/// Decodes and checks the JSON of listening events (docs/design.md §3.1) without allocating: what ingest does a million
/// times, and what the REST API does once.
///
/// The seven fields must each be there once with their type; other fields are ignored, but must be JSON. Make one a
/// thread and keep it.
///
/// - Complexity: O(bytes), eight a step where the record is written as producers write it; allocates only to explain a
///   rejection.
public final class ListeningEventDecoder {
    /// What is accepted.
    public struct Options: Sendable {
        /// First timestamp accepted: 1970-01-02. Zero and small numbers are clocks that were never set, or seconds.
        public var earliestTimestamp: Int64 = 86_400_000
        /// How far ahead of now a timestamp may be, milliseconds: 24 hours, for clients whose clock is off.
        public var futureTolerance: Int64 = 86_400_000
        /// Bytes of a record: an event of the contract needs 4 KiB even with every character escaped.
        public var maximumByteCount = 64 << 10

        /// The contract's own values.
        public init() {}
    }

    /// What is accepted.
    public let options: Options
    /// Whether records are tried as plain ones first; a test says no and compares.
    private let triesPlain: Bool
    private let scratch: UnsafeMutablePointer<UInt8>
    /// The record, and zeros behind it.
    private let record: UnsafeMutablePointer<UInt8>

    /// A decoder with scratch memory of its own.
    public convenience init(options: Options = Options()) { self.init(options: options, triesPlain: true) }

    package init(options: Options = Options(), triesPlain: Bool) {
        self.options = options
        self.triesPlain = triesPlain
        scratch = .allocate(capacity: EventParser.scratchByteCount)
        record = .allocate(capacity: options.maximumByteCount + PlainEventReader.paddingByteCount)
    }

    deinit {
        scratch.deallocate()
        record.deallocate()
    }

    /// Decodes one record.
    ///
    /// - Parameter now: epoch milliseconds that "future" is measured from; read the clock once a batch, not once an event.
    /// - Returns: a view that borrows `bytes` and this decoder.
    public func decode(_ bytes: UnsafeRawBufferPointer, now: Int64) throws(EventRejection) -> ListeningEventView {
        let view = try fields(of: bytes)
        let latest = now.addingReportingOverflow(options.futureTolerance)
        guard view.timestamp >= options.earliestTimestamp,
            view.timestamp <= (latest.overflow ? .max : latest.partialValue)
        else {
            throw EventRejection(
                .timestampOutOfRange,
                "timestamp \(view.timestamp) lies outside \(options.earliestTimestamp) … now + \(options.futureTolerance) ms"
            )
        }
        return view
    }

    private func fields(of bytes: UnsafeRawBufferPointer) throws(EventRejection) -> ListeningEventView {
        guard let base = bytes.baseAddress, bytes.count > 0 else {
            throw EventRejection(.emptyValue, "the record has no value")
        }
        guard bytes.count <= options.maximumByteCount else {
            throw EventRejection(.tooLarge, "\(bytes.count) bytes; an event has at most \(options.maximumByteCount)")
        }
        // The copy costs less than asking at every step whether the record ends here.
        UnsafeMutableRawPointer(record).copyMemory(from: base, byteCount: bytes.count)
        UnsafeMutableRawPointer(record + bytes.count).storeBytes(of: .zero, as: SIMD32<UInt8>.self)
        if UTF8Check.isASCII(padded: record, count: bytes.count) {
            if triesPlain {
                var reader = PlainEventReader(record, count: bytes.count)
                if let view = reader.event() { return view }
            }
        } else if let offset = UTF8Check.firstInvalidOffset(bytes) {
            throw EventRejection(.invalidUTF8, "byte \(offset) is not UTF-8")
        }
        var parser = EventParser(base.assumingMemoryBound(to: UInt8.self), count: bytes.count, scratch: scratch)
        return try parser.event()
    }

    /// Decodes one record to an event with strings of its own.
    public func decode(_ bytes: [UInt8], now: Int64) throws(EventRejection) -> ListeningEvent {
        let result: Result<ListeningEvent, EventRejection> = bytes.withUnsafeBytes { buffer in
            do throws(EventRejection) {
                return .success(try decode(buffer, now: now).event)
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }
}
