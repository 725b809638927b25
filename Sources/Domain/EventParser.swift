/// One pass over the JSON of one event. The bytes are known to be UTF-8.
struct EventParser {
    /// Two identifiers and one word, unescaped.
    static let scratchByteCount = 2 * identifierCapacity + wordCapacity
    static let maximumIdentifierByteCount = 256
    /// One byte more than an identifier may have, so that the surplus shows.
    private static let identifierCapacity = maximumIdentifierByteCount + 1
    /// One more than the longest field name; longer words are nothing of ours.
    private static let wordCapacity = 15

    let base: UnsafePointer<UInt8>
    let end: Int
    var position = 0
    let scratch: UnsafeMutablePointer<UInt8>

    init(_ base: UnsafePointer<UInt8>, count: Int, scratch: UnsafeMutablePointer<UInt8>) {
        self.base = base
        end = count
        self.scratch = scratch
    }

    /// The seven fields; the raw value is the bit in the set of those seen.
    private enum Field: UInt8, CaseIterable {
        case userID, trackID, timestamp, action, duration, totalDuration, source

        var name: StaticString {
            switch self {
            case .userID: "user_id"
            case .trackID: "track_id"
            case .timestamp: "timestamp"
            case .action: "action"
            case .duration: "duration"
            case .totalDuration: "total_duration"
            case .source: "source"
            }
        }
    }

    mutating func event() throws(EventRejection) -> ListeningEventView {
        var view = ListeningEventView(
            userID: .init(start: nil, count: 0), trackID: .init(start: nil, count: 0), timestamp: 0, action: .listen,
            duration: 0, totalDuration: 0, source: .realUser)
        var seen: UInt8 = 0
        skipSpace()
        guard position < end, base[position] == UInt8(ascii: "{") else { throw notAnObject() }
        position += 1
        skipSpace()
        if try peek() == UInt8(ascii: "}") {
            position += 1
        } else {
            repeat { try member(into: &view, &seen) } while try hasNextMember()
        }
        skipSpace()
        guard position == end else { throw invalid("something follows the object") }
        guard seen == (1 << Field.allCases.count) - 1 else { throw missing(seen) }
        return view
    }

    private mutating func member(into view: inout ListeningEventView, _ seen: inout UInt8) throws(EventRejection) {
        skipSpace()
        let field = try name()
        try colon()
        guard let field else { return try skipValue() }
        guard seen & (1 << field.rawValue) == 0 else {
            throw EventRejection(.duplicateField, "\(field.name) is there twice, again at byte \(position)")
        }
        seen |= 1 << field.rawValue
        switch field {
        case .userID: view.userID = try identifier(field, scratch)
        case .trackID: view.trackID = try identifier(field, scratch + Self.identifierCapacity)
        case .timestamp: view.timestamp = try integer(field, overflow: .timestampOutOfRange)
        case .action: view.action = try action()
        case .duration: view.duration = try duration(field)
        case .totalDuration: view.totalDuration = try duration(field)
        case .source: view.source = try source()
        }
    }

    /// After a member: whether another follows.
    private mutating func hasNextMember() throws(EventRejection) -> Bool {
        skipSpace()
        let byte = try peek()
        guard byte == UInt8(ascii: ",") || byte == UInt8(ascii: "}") else {
            throw invalid("a comma or the end of the object is expected")
        }
        position += 1
        return byte == UInt8(ascii: ",")
    }

    mutating func colon() throws(EventRejection) {
        skipSpace()
        guard try peek() == UInt8(ascii: ":") else { throw invalid("a colon is expected") }
        position += 1
        skipSpace()
    }

    // MARK: - Fields

    /// The field of the name that stands here; nil for a name that is not ours.
    private mutating func name() throws(EventRejection) -> Field? {
        guard try peek() == UInt8(ascii: "\"") else { throw invalid("a field's name is expected") }
        let text = try string(into: scratch + 2 * Self.identifierCapacity, capacity: Self.wordCapacity)
        switch text.count {
        case 6: return Self.equal(text, .action) ?? Self.equal(text, .source)
        case 7: return Self.equal(text, .userID)
        case 8: return Self.equal(text, .trackID) ?? Self.equal(text, .duration)
        case 9: return Self.equal(text, .timestamp)
        case 14: return Self.equal(text, .totalDuration)
        default: return nil
        }
    }

    private static func equal(_ text: UnsafeRawBufferPointer, _ field: Field) -> Field? {
        equals(text, field.name) ? field : nil
    }

    private static func equals(_ text: UnsafeRawBufferPointer, _ word: StaticString) -> Bool {
        guard text.count == word.utf8CodeUnitCount else { return false }
        for index in 0..<text.count where text[index] != word.utf8Start[index] { return false }
        return true
    }

    private mutating func identifier(
        _ field: Field, _ scratch: UnsafeMutablePointer<UInt8>
    ) throws(EventRejection) -> UnsafeRawBufferPointer {
        guard try peek() == UInt8(ascii: "\"") else { throw wrongType(field, "a string") }
        let text = try string(into: scratch, capacity: Self.identifierCapacity)
        guard text.count > 0 else { throw EventRejection(.emptyIdentifier, "\(field.name) is empty") }
        guard text.count <= Self.maximumIdentifierByteCount else {
            throw EventRejection(
                .identifierTooLong, "\(field.name) has more than \(Self.maximumIdentifierByteCount) bytes")
        }
        guard !UTF8Check.hasControlCharacter(text) else {
            throw EventRejection(.controlCharacter, "\(field.name) has a control character")
        }
        return text
    }

    private mutating func duration(_ field: Field) throws(EventRejection) -> Int32 {
        let value = try integer(field, overflow: .durationOutOfRange)
        guard value >= 0 else { throw EventRejection(.negativeDuration, "\(field.name) is \(value)") }
        guard let narrow = Int32(exactly: value) else {
            throw EventRejection(.durationOutOfRange, "\(field.name) is \(value), more than \(Int32.max)")
        }
        return narrow
    }

    private mutating func action() throws(EventRejection) -> EventAction {
        guard try peek() == UInt8(ascii: "\"") else { throw wrongType(.action, "a string") }
        let text = try string(into: scratch + 2 * Self.identifierCapacity, capacity: Self.wordCapacity)
        if Self.equals(text, "listen") { return .listen }
        if Self.equals(text, "skip") { return .skip }
        if Self.equals(text, "complete") { return .complete }
        throw EventRejection(.unknownAction, "action is \"\(Self.excerpt(text))\"; it can be listen, skip or complete")
    }

    private mutating func source() throws(EventRejection) -> EventSource {
        guard try peek() == UInt8(ascii: "\"") else { throw wrongType(.source, "a string") }
        let text = try string(into: scratch + 2 * Self.identifierCapacity, capacity: Self.wordCapacity)
        if Self.equals(text, "simulation") { return .simulation }
        if Self.equals(text, "real_user") { return .realUser }
        throw EventRejection(.unknownSource, "source is \"\(Self.excerpt(text))\"; it can be simulation or real_user")
    }

    /// A whole number. One that does not fit 64 bits is rejected with `overflow`.
    private mutating func integer(_ field: Field, overflow: EventRejection.Reason) throws(EventRejection) -> Int64 {
        let first = try peek()
        let isNegative = first == UInt8(ascii: "-")
        guard isNegative || Self.isDigit(first) else { throw wrongType(field, "a whole number") }
        if isNegative { position += 1 }
        let start = position
        var magnitude: UInt64 = 0
        while position < end, Self.isDigit(base[position]) {
            // 19 digits fit 64 bits without a sign; more are too many whatever they are.
            if position - start < 19 { magnitude = magnitude &* 10 &+ UInt64(base[position] &- 0x30) }
            position += 1
        }
        let digitCount = position - start
        guard digitCount > 0 else { throw invalid("a digit is expected") }
        guard digitCount == 1 || base[start] != UInt8(ascii: "0") else {
            throw invalid("a number does not begin with 0")
        }
        if position < end {
            let next = base[position]
            guard next != UInt8(ascii: "."), next | 0x20 != UInt8(ascii: "e") else {
                throw wrongType(field, "a whole number")
            }
        }
        guard digitCount <= 19, magnitude <= UInt64(Int64.max) else {
            let reason = isNegative && overflow == .durationOutOfRange ? .negativeDuration : overflow
            throw EventRejection(reason, "\(field.name) has \(digitCount) digits and does not fit 64 bits")
        }
        return isNegative ? -Int64(magnitude) : Int64(magnitude)
    }

    // MARK: - Rejections

    static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

    func peek() throws(EventRejection) -> UInt8 {
        guard position < end else { throw invalid("the record ends in the middle") }
        return base[position]
    }

    mutating func skipSpace() {
        while position < end, base[position] <= 0x20,
            base[position] == 0x20 || base[position] == 0x0A || base[position] == 0x0D || base[position] == 0x09
        {
            position += 1
        }
    }

    func invalid(_ what: String) -> EventRejection { EventRejection(.invalidJSON, "\(what), at byte \(position)") }

    private func wrongType(_ field: Field, _ expected: String) -> EventRejection {
        EventRejection(.wrongType, "\(field.name) is not \(expected), at byte \(position)")
    }

    private func missing(_ seen: UInt8) -> EventRejection {
        let names = Field.allCases.filter { seen & (1 << $0.rawValue) == 0 }.map { "\($0.name)" }
        return EventRejection(.missingField, "\(names.joined(separator: ", ")) missing")
    }

    /// Another JSON value than an object is told apart from what is no JSON at all.
    private mutating func notAnObject() -> EventRejection {
        do throws(EventRejection) {
            try skipValue()
            skipSpace()
            guard position == end else { return invalid("something follows the value") }
            return EventRejection(.notAnObject, "the record is JSON, but not an object")
        } catch {
            return error
        }
    }

    private static func excerpt(_ text: UnsafeRawBufferPointer) -> String {
        let word = String(decoding: text.prefix(wordCapacity - 1), as: UTF8.self)
        return text.count >= wordCapacity ? word + "…" : word
    }
}
