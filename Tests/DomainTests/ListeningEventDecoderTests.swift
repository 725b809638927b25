import Domain
import Testing

/// An instant that all tests of the decoder take for now: 2023-05-06T12:00:00Z.
let decoderNow: Int64 = 1_683_374_400_000

/// The members of a valid event, by name, as JSON texts.
let validMembers: [(String, String)] = [
    ("user_id", "\"u1\""), ("track_id", "\"t1\""), ("timestamp", "1683331200000"), ("action", "\"listen\""),
    ("duration", "1000"), ("total_duration", "2000"), ("source", "\"real_user\""),
]

/// The valid event with some members replaced or one dropped.
func eventText(_ changes: [String: String] = [:], dropping dropped: String? = nil, extra: String = "") -> String {
    let members = validMembers.filter { $0.0 != dropped }.map { name, value in
        "\"\(name)\":\(changes[name] ?? value)"
    }
    return "{" + members.joined(separator: ",") + extra + "}"
}

func decode(_ text: String) throws(EventRejection) -> ListeningEvent {
    try ListeningEventDecoder().decode(Array(text.utf8), now: decoderNow)
}

func rejection(_ text: String) -> EventRejection.Reason? { rejection(Array(text.utf8)) }

func rejection(_ bytes: [UInt8]) -> EventRejection.Reason? {
    do {
        _ = try ListeningEventDecoder().decode(bytes, now: decoderNow)
        return nil
    } catch {
        #expect(!error.detail.isEmpty)
        return error.reason
    }
}

struct ListeningEventDecoderTests {
    @Test func aValidEventIsDecoded() throws {
        let event = try decode(eventText())
        #expect(
            event
                == ListeningEvent(
                    userID: "u1", trackID: "t1", timestamp: 1_683_331_200_000, action: .listen, duration: 1000,
                    totalDuration: 2000, source: .realUser))
    }

    @Test func orderSpaceAndUnknownFieldsDoNotMatter() throws {
        let text =
            " {\n\t\"source\" : \"simulation\" , \"x\":{\"a\":[1,-2.5e+3,{\"b\":null}],\"c\":\"\\ud83d\\ude00\\\"\"},\r\n"
            + "\"total_duration\":0,\"duration\":-0,\"action\":\"skip\",\"y\":[],\"z\":{},\"timestamp\":86400000,"
            + "\"track_id\":\"t\",\"user_id\":\"u\",\"user\":true,\"user_id2\":false} "
        let event = try decode(text)
        #expect(
            event
                == ListeningEvent(
                    userID: "u", trackID: "t", timestamp: 86_400_000, action: .skip, duration: 0, totalDuration: 0,
                    source: .simulation))
    }

    @Test func escapesInValuesAndNamesAreUndone() throws {
        let text = eventText(
            [
                "user_id": "\"\\u00e9\\/\\\\\\\"\\uD83D\\uDE00\"", "track_id": "\"caf\u{e9}\"",
                "action": "\"c\\u006fmplete\"",
            ], dropping: "source", extra: ",\"s\\u006furce\":\"simulation\"")
        let event = try decode(text)
        #expect(event.userID == "é/\\\"😀")
        #expect(event.trackID == "café")
        #expect(event.action == .complete && event.source == .simulation)
    }

    @Test func bothIdentifiersMayHaveEscapesAtOnce() throws {
        let event = try decode(eventText(["user_id": "\"a\\u0062\"", "track_id": "\"c\\u0064\""]))
        #expect(event.userID == "ab" && event.trackID == "cd")
    }

    @Test func identifiersHoldUpTo256BytesHoweverTheyAreSpelt() throws {
        let plain = String(repeating: "x", count: 256)
        let escaped = String(repeating: "\\u0078", count: 256)
        let accented = String(repeating: "é", count: 128)
        for identifier in [plain, escaped, accented] {
            #expect(try decode(eventText(["user_id": "\"\(identifier)\""])).userID.utf8.count == 256)
            for longer in ["x\(identifier)", "\(identifier)x", "\(identifier)\\n", "\(identifier)\(identifier)"] {
                #expect(rejection(eventText(["track_id": "\"\(longer)\""])) == .identifierTooLong)
            }
        }
    }

    @Test(arguments: [
        ("", EventRejection.Reason.emptyValue), (" ", .invalidJSON), ("null", .notAnObject), ("[]", .notAnObject),
        ("\"x\"", .notAnObject), ("12", .notAnObject), ("nul", .invalidJSON), ("[1", .invalidJSON),
        ("{}", .missingField),
        ("{", .invalidJSON), ("hello", .invalidJSON), ("{} {}", .invalidJSON), ("[] 1", .invalidJSON),
        ("\0", .invalidJSON),
    ])
    func whatIsNoObjectIsRejected(text: String, reason: EventRejection.Reason) {
        #expect(rejection(text) == reason, "\(text)")
    }

    @Test(arguments: validMembers.map(\.0))
    func everyFieldMustBeThereOnceWithItsType(name: String) throws {
        #expect(rejection(eventText(dropping: name)) == .missingField)
        let value = try #require(validMembers.first { $0.0 == name }).1
        #expect(rejection(eventText(extra: ",\"\(name)\":\(value)")) == .duplicateField)
        let isText = value.hasPrefix("\"")
        let wrong = ["null", "true", "[]", "{}"] + (isText ? ["1", "-1.5"] : ["\"1\"", "1.0", "1e3", "-0.5", "1E1"])
        for wrong in wrong { #expect(rejection(eventText([name: wrong])) == .wrongType, "\(name) \(wrong)") }
        #expect(rejection(eventText([name: "x"])) != nil)
        let error = #expect(throws: EventRejection.self) { try decode(eventText(dropping: name)) }
        #expect(error?.detail.contains(name) == true)
    }

    @Test(arguments: ["user_id", "track_id"])
    func identifiersAreChecked(name: String) {
        #expect(rejection(eventText([name: "\"\""])) == .emptyIdentifier)
        for control in ["\\u0000", "\\n", "\\u001f", "\u{7f}", "\\u007f", "\u{80}", "\\u009f", "\u{9f}", "\\b"] {
            #expect(rejection(eventText([name: "\"a\(control)b\""])) == .controlCharacter, "\(control)")
        }
        // The neighbours of the control characters are fine.
        for fine in [" ", "~", "\u{a0}", "\\u00a0", "\u{c0}", "\u{2028}", "日本"] {
            #expect(rejection(eventText([name: "\"a\(fine)b\""])) == nil, "\(fine)")
        }
        #expect(rejection(eventText([name: "\"a\nb\""])) == .invalidJSON)
    }

    private static let timestamps: [(String, EventRejection.Reason?)] = [
        ("86399999", .timestampOutOfRange), ("86400000", nil), ("0", .timestampOutOfRange),
        ("-1", .timestampOutOfRange),
        ("1683374400000", nil), ("1683460800000", nil), ("1683460800001", .timestampOutOfRange),
        ("253402300800000", .timestampOutOfRange), ("-62135596800000", .timestampOutOfRange),
        ("9223372036854775807", .timestampOutOfRange), ("9223372036854775808", .timestampOutOfRange),
        ("-9223372036854775808", .timestampOutOfRange), ("99999999999999999999999", .timestampOutOfRange),
        ("1683331200", nil), ("01683331200000", .invalidJSON), ("+1683331200000", .wrongType), ("-", .invalidJSON),
        ("16833312000000x", .invalidJSON),
    ]

    @Test func timestampsAreChecked() {
        for (value, reason) in Self.timestamps {
            #expect(rejection(eventText(["timestamp": value])) == reason, "\(value)")
        }
    }

    @Test(arguments: ["duration", "total_duration"])
    func durationsAreChecked(name: String) {
        #expect(rejection(eventText([name: "2147483647"])) == nil)
        #expect(rejection(eventText([name: "2147483648"])) == .durationOutOfRange)
        #expect(rejection(eventText([name: "99999999999999999999"])) == .durationOutOfRange)
        #expect(rejection(eventText([name: "-1"])) == .negativeDuration)
        #expect(rejection(eventText([name: "-99999999999999999999"])) == .negativeDuration)
    }

    @Test func wordsAreChecked() {
        for word in ["", "Listen", "listen ", "complete_", "play", String(repeating: "x", count: 1000)] {
            #expect(rejection(eventText(["action": "\"\(word)\""])) == .unknownAction)
            #expect(rejection(eventText(["source": "\"\(word)\""])) == .unknownSource)
        }
    }

    @Test func hugeAndDeepRecordsAreRejectedCheaply() {
        #expect(rejection(eventText(extra: ",\"x\":\"\(String(repeating: "y", count: 70_000))\"")) == .tooLarge)
        for bracket in ["[", "{\"a\":"] {
            #expect(rejection(eventText(extra: ",\"x\":" + String(repeating: bracket, count: 5000))) == .invalidJSON)
        }
        let nested = String(repeating: "[", count: 60) + String(repeating: "]", count: 60)
        #expect(rejection(eventText(extra: ",\"x\":\(nested)")) == nil)
    }

    @Test func bytesThatAreNotUTF8AreRejectedAnywhere() {
        let bad: [[UInt8]] = [
            [0x80], [0xC0, 0x80], [0xC1, 0xBF], [0xC3], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80],
            [0xF0, 0x80, 0x80, 0x80],
            [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFF], [0xE2, 0x82], [0xE2, 0x28, 0xA1],
        ]
        for sequence in bad {
            for name in ["user_id", "unknown"] {
                let text = Array("{\"\(name)\":\"a".utf8) + sequence + Array("\"}".utf8)
                #expect(rejection(text) == .invalidUTF8, "\(sequence)")
            }
            #expect(rejection(Array(eventText().utf8) + sequence) == .invalidUTF8)
        }
    }

    @Test func optionsMoveTheLimits() throws {
        var options = ListeningEventDecoder.Options()
        options.earliestTimestamp = 0
        options.futureTolerance = 0
        options.maximumByteCount = 400
        let decoder = ListeningEventDecoder(options: options)
        #expect(try decoder.decode(Array(eventText(["timestamp": "0"]).utf8), now: 0).timestamp == 0)
        #expect(throws: EventRejection.self) { try decoder.decode(Array(eventText(["timestamp": "1"]).utf8), now: 0) }
        let long = Array((eventText() + String(repeating: " ", count: 400)).utf8)
        #expect(throws: EventRejection.self) { try decoder.decode(long, now: decoderNow) }
    }

    @Test func reasonsHaveStableNames() {
        for reason in EventRejection.Reason.allCases {
            #expect(
                reason.rawValue.utf8.allSatisfy {
                    (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5F
                })
        }
        #expect(Set(EventRejection.Reason.allCases.map(\.rawValue)).count == EventRejection.Reason.allCases.count)
    }
}
