/// The quick way through an event as nearly every producer writes it: the seven fields in any order and nothing else, ASCII
/// without escapes, at most one space after a colon or a comma.
///
/// Eight bytes are looked at a step (SWAR: each `UInt64` holds eight lanes of one byte). Whatever is written otherwise, or
/// breaks the contract, makes it give up, and the parser proper reads the record from its beginning: only that one explains.
struct PlainEventReader {
    /// Zeros that must follow the record's bytes: they match nothing, so no step looks for the end.
    static let paddingByteCount = 32

    private var cursor: UnsafePointer<UInt8>
    private let end: UnsafePointer<UInt8>

    /// - Parameter base: `count` bytes, all below 0x80, and `paddingByteCount` zeros.
    init(_ base: UnsafePointer<UInt8>, count: Int) {
        cursor = base
        end = base + count
    }

    /// The event, or nil when it is not plain.
    ///
    /// - Complexity: O(bytes / 8).
    mutating func event() -> ListeningEventView? {
        var view = ListeningEventView(
            userID: .init(start: nil, count: 0), trackID: .init(start: nil, count: 0), timestamp: 0, action: .listen,
            duration: 0, totalDuration: 0, source: .realUser)
        guard cursor[0] == UInt8(ascii: "{") else { return nil }
        var seen: UInt8 = 0
        for number in 0..<7 {
            cursor += 1
            skipSpace()
            guard let bit = member(into: &view), seen & bit == 0 else { return nil }
            seen |= bit
            guard cursor[0] == (number < 6 ? UInt8(ascii: ",") : UInt8(ascii: "}")) else { return nil }
        }
        return cursor + 1 == end ? view : nil
    }

    /// One name and its value.
    ///
    /// - Returns: a bit for each field.
    private mutating func member(into view: inout ListeningEventView) -> UInt8? {
        guard cursor[0] == UInt8(ascii: "\"") else { return nil }
        let name = word(at: 1)
        switch name & 0xFFFF {
        case 0x7375:  // us
            guard name == 0x2264_695F_7265_7375, colon(after: 9), let id = identifier() else { return nil }  // user_id"
            view.userID = id
            return 1
        case 0x7274:  // tr
            guard name == 0x6469_5F6B_6361_7274, cursor[9] == UInt8(ascii: "\""), colon(after: 10),  // track_id
                let id = identifier()
            else { return nil }
            view.trackID = id
            return 2
        case 0x6974:  // ti
            guard name == 0x6D61_7473_656D_6974, word(at: 9) & 0xFFFF == 0x2270, colon(after: 11),  // timestam p"
                let number = number()
            else { return nil }
            view.timestamp = number
            return 4
        case 0x7564:  // du
            guard name == 0x6E6F_6974_6172_7564, cursor[9] == UInt8(ascii: "\""), colon(after: 10),  // duration
                let number = number(), let duration = Int32(exactly: number)
            else { return nil }
            view.duration = duration
            return 8
        case 0x6F74:  // to
            guard name == 0x7564_5F6C_6174_6F74, word(at: 9) & Self.lowest7 == 0x22_6E6F_6974_6172,  // total_du ration"
                colon(after: 16), let number = number(), let duration = Int32(exactly: number)
            else { return nil }
            view.totalDuration = duration
            return 16
        case 0x6361:  // ac
            guard name & Self.lowest7 == 0x22_6E6F_6974_6361, colon(after: 8), let action = action()  // action"
            else { return nil }
            view.action = action
            return 32
        case 0x6F73:  // so
            guard name & Self.lowest7 == 0x22_6563_7275_6F73, colon(after: 8), let source = source()  // source"
            else { return nil }
            view.source = source
            return 64
        default: return nil
        }
    }

    // MARK: - Values

    /// A string of 1 to 256 printable bytes.
    private mutating func identifier() -> UnsafeRawBufferPointer? {
        guard cursor[0] == UInt8(ascii: "\"") else { return nil }
        let start = cursor + 1
        cursor = start
        while true {
            let bytes = word(at: 0)
            let quote = bytes ^ (Self.ones &* 0x22)
            let backslash = bytes ^ (Self.ones &* 0x5C)
            let delete = bytes ^ (Self.ones &* 0x7F)
            // A lane is zero exactly where `(x - 1) & ~x` has its top bit, less than 0x20 likewise; borrows make false hits
            // only above a true one, so the lowest is exact.
            let hits =
                ((quote &- Self.ones) & ~quote | (backslash &- Self.ones) & ~backslash
                    | (delete &- Self.ones) & ~delete | (bytes &- Self.ones &* 0x20) & ~bytes) & Self.tops
            if hits != 0 {
                cursor += hits.trailingZeroBitCount >> 3
                break
            }
            cursor += 8
        }
        let count = cursor - start
        guard cursor[0] == UInt8(ascii: "\""), count - 1 < EventParser.maximumIdentifierByteCount, count > 0 else {
            return nil
        }
        cursor += 1
        return UnsafeRawBufferPointer(start: start, count: count)
    }

    /// A whole number of up to 15 digits, none negative.
    private mutating func number() -> Int64? {
        let first = word(at: 0)
        let firstCount = Self.digitCount(first)
        guard firstCount > 0, firstCount == 1 || cursor[0] != UInt8(ascii: "0") else { return nil }
        var value = Self.value(first, digits: firstCount)
        cursor += firstCount
        if firstCount == 8 {
            let rest = word(at: 0)
            let restCount = Self.digitCount(rest)
            guard restCount < 8 else { return nil }
            if restCount > 0 { value = value &* Self.powersOfTen(restCount) &+ Self.value(rest, digits: restCount) }
            cursor += restCount
        }
        return Int64(truncatingIfNeeded: value)
    }

    private mutating func action() -> EventAction? {
        guard cursor[0] == UInt8(ascii: "\"") else { return nil }
        let text = word(at: 1)
        if text & Self.lowest7 == 0x22_6E65_7473_696C {  // listen"
            cursor += 8
            return .listen
        }
        if text == 0x6574_656C_706D_6F63, cursor[9] == UInt8(ascii: "\"") {  // complete
            cursor += 10
            return .complete
        }
        if text & 0xFF_FFFF_FFFF == 0x22_7069_6B73 {  // skip"
            cursor += 6
            return .skip
        }
        return nil
    }

    private mutating func source() -> EventSource? {
        guard cursor[0] == UInt8(ascii: "\"") else { return nil }
        let text = word(at: 1)
        if text == 0x6974_616C_756D_6973, word(at: 9) & 0xFF_FFFF == 0x22_6E6F {  // simulati on"
            cursor += 12
            return .simulation
        }
        if text == 0x6573_755F_6C61_6572, word(at: 9) & 0xFFFF == 0x2272 {  // real_use r"
            cursor += 11
            return .realUser
        }
        return nil
    }

    // MARK: - Steps

    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let tops: UInt64 = 0x8080_8080_8080_8080
    private static let lowest7: UInt64 = 0x00FF_FFFF_FFFF_FFFF

    /// Eight bytes, the first one lowest.
    @inline(__always)
    private func word(at offset: Int) -> UInt64 {
        UInt64(littleEndian: UnsafeRawPointer(cursor + offset).loadUnaligned(as: UInt64.self))
    }

    @inline(__always)
    private mutating func skipSpace() { if cursor[0] == 0x20 { cursor += 1 } }

    /// Moves over a name of that many bytes, its colon and a space.
    @inline(__always)
    private mutating func colon(after count: Int) -> Bool {
        cursor += count
        guard cursor[0] == UInt8(ascii: ":") else { return false }
        cursor += 1
        skipSpace()
        return true
    }

    /// How many of the eight bytes are digits before another comes. All are below 0x80.
    @inline(__always)
    private static func digitCount(_ bytes: UInt64) -> Int {
        let digits = bytes ^ (ones &* 0x30)
        // 0x76 carries what is above 9 into the top bit of its lane.
        let others = (digits &+ ones &* 0x76) & tops
        return others == 0 ? 8 : others.trailingZeroBitCount >> 3
    }

    /// The number that `count` digits, 1 to 8, say: pairs, then fours, then eights are put together (D. Lemire, "Quickly
    /// parsing eight digits", 2018).
    @inline(__always)
    private static func value(_ bytes: UInt64, digits count: Int) -> UInt64 {
        // Shifted up, the digits are the last ones of a number of eight; the zeros below are the digits before.
        let digits = (bytes ^ (ones &* 0x30)) << UInt64(64 - 8 * count)
        let pairs = (digits &* 10 &+ (digits >> 8)) & 0x00FF_00FF_00FF_00FF
        let fours = (pairs &* 100 &+ (pairs >> 16)) & 0x0000_FFFF_0000_FFFF
        return (fours &* 10_000 &+ (fours >> 32)) & 0xFFFF_FFFF
    }

    @inline(__always)
    private static func powersOfTen(_ exponent: Int) -> UInt64 {
        switch exponent {
        case 1: 10
        case 2: 100
        case 3: 1_000
        case 4: 10_000
        case 5: 100_000
        case 6: 1_000_000
        default: 10_000_000
        }
    }
}
