import Domain
import Foundation
import TestSupport
import Testing

struct ListeningEventFuzzTests {
    /// What the contract says, slowly: Foundation parses, then field after field is looked at.
    private func oracleAccepts(_ bytes: [UInt8]) -> Bool {
        guard bytes.count <= 65_536, String(validating: bytes, as: UTF8.self) != nil, bytes.first != 0xEF,
            let object = try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)
                as? [String: Any]
        else { return false }
        func text(_ name: String) -> String? { object[name] as? NSString as String? }
        func integer(_ name: String) -> Int64? {
            guard let number = object[name] as? NSNumber, ["q", "i", "Q"].contains(String(cString: number.objCType))
            else {
                return nil
            }
            return Int64(number.description)
        }
        for name in ["user_id", "track_id"] {
            guard let value = text(name), (1...256).contains(value.utf8.count),
                !value.unicodeScalars.contains(where: { $0.properties.generalCategory == .control })
            else { return false }
        }
        guard let timestamp = integer("timestamp"), timestamp >= 86_400_000, timestamp <= decoderNow + 86_400_000,
            let action = text("action"), ["listen", "skip", "complete"].contains(action),
            let source = text("source"), ["simulation", "real_user"].contains(source)
        else { return false }
        return ["duration", "total_duration"].allSatisfy { name in
            integer(name).map { (0...Int64(Int32.max)).contains($0) } ?? false
        }
    }

    private static let values = [
        "null", "true", "0", "1", "-1", "1.0", "1.5", "1e3", "-0", "2147483647", "2147483648", "86399999", "86400000",
        "1683331200000", "1683460800001", "\"\"", "\"x\"", "\"listen\"", "\"skip\"", "\"complete\"", "\"simulation\"",
        "\"real_user\"", "\"a\\u0041\"", "\"\\u0000\"", "\"\\n\"", "\"é\"", "\"\\ud83d\\ude00\"", "\"\\ud83d\"",
        "\"\(String(repeating: "y", count: 256))\"", "\"\(String(repeating: "y", count: 257))\"", "[]", "[1,{}]", "{}",
        "{\"a\":[null]}", "01", "\"", "tru", "",
    ]

    @Test func agreesWithTheOracleOnGeneratedObjects() {
        var random = SeededRandomNumberGenerator(seed: 20_230_506)
        var accepted = 0
        for _ in 0..<8_000 {
            var members = validMembers.map { (name: $0.0, value: $0.1) }
            for _ in 0..<Int.random(in: 0...2, using: &random) {
                members[Int.random(in: 0..<members.count, using: &random)].value = Self.values.randomElement(
                    using: &random)!
            }
            if Int.random(in: 0..<12, using: &random) == 0 { members.removeLast() }
            for _ in 0..<Int.random(in: 0...2, using: &random) {
                members.append(("x\(members.count)", Self.values.randomElement(using: &random)!))
            }
            members.shuffle(using: &random)
            let space = [" ", "", "", "\n\t"].randomElement(using: &random)!
            let text =
                "{" + members.map { "\(space)\"\($0.name)\"\(space):\(space)\($0.value)" }.joined(separator: ",") + "}"
            let bytes = Array(text.utf8)
            let accepts = rejection(bytes) == nil
            #expect(accepts == oracleAccepts(bytes), "\(text)")
            accepted += accepts ? 1 : 0
        }
        #expect(accepted > 800 && accepted < 7_200)
    }

    /// The quick way and the parser proper answer alike, for all lengths of fields and for bytes changed at random.
    @Test func theQuickWayAgreesWithTheParserOnMutatedEvents() {
        let quick = ListeningEventDecoder()
        let slow = ListeningEventDecoder(triesPlain: false)
        func answer(_ decoder: ListeningEventDecoder, _ bytes: [UInt8]) -> Result<ListeningEvent, EventRejection> {
            Result { () throws(EventRejection) in try decoder.decode(bytes, now: decoderNow) }
        }
        var random = SeededRandomNumberGenerator(seed: 23)
        var accepted = 0
        for round in 0..<30_000 {
            let space = round % 3 == 0 ? " " : ""
            let digits = Int.random(in: 0...17, using: &random)
            var members = validMembers.map { (name: $0.0, value: $0.1) }
            members[0].value = "\"" + String(repeating: "u", count: Int.random(in: 0...20, using: &random)) + "\""
            members[1].value = "\"" + String(repeating: "t", count: [1, 7, 8, 9, 255, 256, 257][round % 7]) + "\""
            members[3].value = "\"\(EventAction.allCases[round % 3].wireName)\""
            members[4].value = String((0..<digits).map { _ in "0123456789".randomElement(using: &random)! })
            members[6].value = "\"\(EventSource.allCases[round % 2].wireName)\""
            if round % 5 == 0 { members.shuffle(using: &random) }
            let text = "{" + members.map { "\"\($0.name)\":\(space)\($0.value)" }.joined(separator: ",\(space)") + "}"
            var bytes = Array(text.utf8)
            for _ in 0..<(round % 4) {
                let index = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.remove(at: index)
                default: bytes.insert(Array(" \"\\,:{}-0.e\u{7f}".utf8).randomElement(using: &random)!, at: index)
                }
            }
            let expected = answer(slow, bytes)
            #expect(answer(quick, bytes) == expected, "\(String(decoding: bytes, as: UTF8.self))")
            if case .success = expected { accepted += 1 }
        }
        #expect(accepted > 3_000 && accepted < 27_000)
    }

    @Test func agreesWithTheOracleOnMutatedEvents() {
        var random = SeededRandomNumberGenerator(seed: 7)
        let seeds = [
            eventText(),
            eventText(["user_id": "\"\\u00e9é\"", "track_id": "\"a\\\\b\""], extra: ",\"x\":[1,{\"y\":null}]"),
        ]
        .map { Array($0.utf8) }
        var accepted = 0
        for _ in 0..<12_000 {
            var bytes = seeds.randomElement(using: &random)!
            for _ in 0..<Int.random(in: 1...2, using: &random) {
                let index = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[index] = UInt8.random(in: 0x20..<0x7F, using: &random)
                case 1: bytes[index] = UInt8.random(in: 0...255, using: &random)
                case 2: bytes.remove(at: index)
                default: bytes.insert(UInt8.random(in: 0x20..<0x7F, using: &random), at: index)
                }
            }
            let accepts = rejection(bytes) == nil
            #expect(accepts == oracleAccepts(bytes), "\(String(decoding: bytes, as: UTF8.self))")
            accepted += accepts ? 1 : 0
        }
        #expect(accepted > 200)
    }

    @Test func everyTruncationIsRejected() {
        let bytes = Array(eventText(["user_id": "\"\\ud83d\\ude00é\""], extra: ",\"x\":[-1.5e3,{\"y\":null}]").utf8)
        #expect(rejection(bytes) == nil)
        for length in 0..<bytes.count { #expect(rejection(Array(bytes[..<length])) != nil, "\(length)") }
    }

    @Test func randomBytesNeverCrash() {
        var random = SeededRandomNumberGenerator(seed: 99)
        let decoder = ListeningEventDecoder()
        for _ in 0..<20_000 {
            let count = Int.random(in: 0...64, using: &random)
            var bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            if Bool.random(using: &random) { bytes = Array("{\"user_id\":".utf8) + bytes }
            #expect(throws: EventRejection.self) { try decoder.decode(bytes, now: decoderNow) }
        }
    }

    /// The record lies at the very end of its allocation, so that reading past it is seen by the sanitizers and, with
    /// luck, by the allocator.
    @Test func everyValidEventRoundTrips() throws {
        var random = SeededRandomNumberGenerator(seed: 5)
        let decoder = ListeningEventDecoder()
        let alphabet = Array("abcXYZ019 \"\\/é日😀\u{a0}\u{2028}~".unicodeScalars)
        func identifier() -> String {
            var text = String.UnicodeScalarView()
            for _ in 0..<Int.random(in: 1...60, using: &random) { text.append(alphabet.randomElement(using: &random)!) }
            return String(text)
        }
        for _ in 0..<5000 {
            let event = ListeningEvent(
                userID: identifier(), trackID: identifier(),
                timestamp: .random(in: 86_400_000...decoderNow, using: &random),
                action: EventAction.allCases.randomElement(using: &random)!,
                duration: .random(in: 0...Int32.max, using: &random),
                totalDuration: .random(in: 0...Int32.max, using: &random),
                source: EventSource.allCases.randomElement(using: &random)!)
            #expect(try decoder.decode(event.json, now: decoderNow) == event)
            #expect(oracleAccepts(event.json))
        }
    }
}
