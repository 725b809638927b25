import DeltaTable
import Foundation
import TestSupport
import Testing

struct DeltaJSONTests {
    @Test(arguments: [
        "null", "true", "false", "0", "-1", "9223372036854775807", "\"\"", "\"é\u{1F600}\"", "[]", "{}",
        "[1,[2,{\"a\":null}]]",
        "{\"b\":1,\"a\":\"x\"}", "1.5e-7", "18446744073709551616", "-0",
    ])
    func compactTextRoundTrips(text: String) throws {
        #expect(try DeltaJSON.parse(text).text == (text == "-0" ? "0" : text))
        #expect(try DeltaJSON.parse(" \n\t\(text) \r").text == (text == "-0" ? "0" : text))
    }

    @Test func escapesAreUndoneAndRedone() throws {
        let parsed = try DeltaJSON.parse(#""a\"\\\/\b\f\n\r\t\u0041\u00e9\ud83d\ude00\u0000""#)
        #expect(parsed == .string("a\"\\/\u{8}\u{c}\n\r\tAé😀\0"))
        #expect(try DeltaJSON.parse(parsed.text) == parsed)
    }

    @Test(arguments: [
        "", " ", "nul", "tru", "truex", "01", "-", "1.", "1e", ".5", "+1", "\"", "\"\\", "\"\\x\"", "\"\\u12\"",
        "\"\\ud800\"", "\"\\ud800\\u0041\"", "\"\\udc00\"", "\"\n\"", "[", "[1", "[1,", "[1,]", "[,]", "{", "{\"a\"",
        "{\"a\":", "{\"a\":1", "{\"a\":1,", "{\"a\":1,}", "{a:1}", "{1:1}", "1 2", "[1]]", "'a'", "\u{FEFF}1", "NaN",
    ])
    func whatIsNotJSONIsRefused(text: String) {
        #expect(throws: DeltaJSONError.self) { try DeltaJSON.parse(text) }
    }

    @Test func deepNestingIsRefusedWithoutRecursingIntoIt() {
        let error = #expect(throws: DeltaJSONError.self) {
            try DeltaJSON.parse(String(repeating: "[", count: 1_000_000))
        }
        #expect(error?.reason.contains("nested deeper") == true)
    }

    @Test func acceptsAndRefusesWhatFoundationDoes() throws {
        var random = SeededRandomNumberGenerator(seed: 11)
        let seeds = [
            #"{"add":{"path":"a%20b","size":12,"ok":true,"n":null,"x":[1,2.5,-3e4],"s":"q\"\u00e9"}}"#,
            #"[{"a":"b"},"c",1,0.5,false]"#,
        ]
        for _ in 0..<4000 {
            var bytes = Array(seeds.randomElement(using: &random)!.utf8)
            for _ in 0..<Int.random(in: 1...2, using: &random) {
                let index = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[index] = UInt8.random(in: 0x20..<0x7F, using: &random)
                case 1: bytes.remove(at: index)
                default: bytes.insert(UInt8.random(in: 0x20..<0x7F, using: &random), at: index)
                }
            }
            let text = String(decoding: bytes, as: UTF8.self)
            let ours = (try? DeltaJSON.parse(text)) != nil
            let theirs = (try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)) != nil
            #expect(ours == theirs, "\(text)")
        }
    }
}
