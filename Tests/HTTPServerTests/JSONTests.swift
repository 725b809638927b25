import Foundation
import HTTPServer
import Testing

@Suite struct JSONTests {
    private func parse(_ text: String) throws -> JSONValue { try JSONValue(parsing: Array(text.utf8)) }

    @Test func theWriterRendersWhatItIsTold() {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("a", 1)
        writer.member("b", "x\"y\\z\n\u{1}é𝄞")
        writer.member("none", String?.none)
        writer.key("list")
        writer.beginArray()
        writer.integer(Int64.min)
        writer.integer(0)
        writer.number(0.1)
        writer.number(Float(1.5))
        writer.number(Double.nan)
        writer.boolean(true)
        writer.beginObject()
        writer.endObject()
        writer.raw(Array("[1]".utf8))
        writer.endArray()
        writer.key(escaping: "q\"")
        writer.null()
        writer.endObject()
        let expected =
            #"{"a":1,"b":"x\"y\\z\n\u0001é𝄞","none":null,"#
            + #""list":[-9223372036854775808,0,0.1,1.5,null,true,{},[1]],"q\"":null}"#
        #expect(String(decoding: writer.bytes, as: UTF8.self) == expected)
    }

    @Test func everyScalarSurvivesWriterAndFoundation() throws {
        var text = ""
        for value in stride(from: UInt32(0), to: 0x11_0000, by: 7) {
            if let scalar = Unicode.Scalar(value) { text.unicodeScalars.append(scalar) }
        }
        for value in UInt32(0)..<0x200 { if let scalar = Unicode.Scalar(value) { text.unicodeScalars.append(scalar) } }
        var writer = JSONWriter()
        writer.beginArray()
        writer.string(text)
        writer.endArray()
        let own = try JSONValue(parsing: writer.bytes)
        #expect(own == .array([.string(text)]))
        let foreign = try JSONDecoder().decode([String].self, from: Data(writer.bytes))
        #expect(foreign.first.map { Array($0.utf8) } == Array(text.utf8))
    }

    /// Every length and every place of a byte that needs an escape, across the words the writer reads at once.
    @Test func escapesAreFoundAtEveryPlace() throws {
        for length in 0...40 {
            for place in 0..<max(1, length) {
                for special in ["\"", "\\", "\n", "\u{1f}", " ", "\u{7f}", "é"] {
                    var characters = [Character](repeating: "a", count: length)
                    if length > 0 { characters[place] = Character(special) }
                    var writer = JSONWriter(capacity: 1)
                    writer.string(String(characters))
                    #expect(try JSONValue(parsing: writer.bytes) == .string(String(characters)))
                }
            }
        }
    }

    @Test func wholeNumbersAreWrittenToTheLastDigit() {
        var value: Int64 = 1
        for _ in 0..<19 {
            for number in [value, value - 1, -value] {
                var writer = JSONWriter()
                writer.integer(number)
                #expect(String(decoding: writer.bytes, as: UTF8.self) == "\(number)")
            }
            value = value.multipliedReportingOverflow(by: 10).partialValue
        }
        var writer = JSONWriter()
        writer.integer(Int64.max)
        #expect(String(decoding: writer.bytes, as: UTF8.self) == "9223372036854775807")
    }

    @Test func numbersRoundTrip() throws {
        for value in [0.0, -0.5, 1e300, Double.leastNonzeroMagnitude, 123456789.125, -1] {
            var writer = JSONWriter()
            writer.number(value)
            switch try JSONValue(parsing: writer.bytes) {
            case .number(let read): #expect(read == value)
            case .integer(let read): #expect(Double(read) == value)
            default: Issue.record("\(value) is not a number any more")
            }
        }
    }

    @Test func theReaderReadsWhatJSONAllows() throws {
        #expect(
            try parse(#" { "a" : [ 1 , -2.5e3 , true , null , "x\u00e9\ud834\udd1e\/\t" ] , "b" : { } } "#)
                == .object([
                    JSONMember(
                        name: "a",
                        value: .array([.integer(1), .number(-2500), .boolean(true), .null, .string("xé𝄞/\t")])),
                    JSONMember(name: "b", value: .object([])),
                ]))
    }

    @Test(arguments: [
        "", " ", "{", "[", "[1", "[1,", "[1,]", "[,1]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "'a'", "01", "1.",
        ".5", "+1", "-", "1e", "1e+", "nul", "truex", "\"", "\"\\x\"", "\"\\u12\"", "\"\\u12G4\"", "\"\\ud834\"",
        "\"\\ud834\\u0041\"", "\"\\udd1e\"", "\"a\nb\"", "1 2", "[1] x", "NaN", "1e999", "{\"a\":1,\"a\":2}", "// x\n1",
        "{\"a\":1,\"\\u0061\":2}",
    ])
    func theReaderRefusesWhatJSONDoesNotAllow(text: String) {
        let error = #expect(throws: HTTPError.self) { try parse(text) }
        #expect(error?.status == .badRequest)
    }

    @Test func bytesThatAreNotUTF8AreRefused() {
        #expect(throws: HTTPError.self) { try JSONValue(parsing: [0x22, 0xFF, 0x22]) }
        #expect(throws: HTTPError.self) { try JSONValue(parsing: [0x22, 0x5C, 0x6E, 0xC3, 0x22]) }
    }

    @Test func nestingIsBounded() throws {
        let depth = JSONReader.depthLimit
        func nested(_ count: Int) -> String {
            String(repeating: "[", count: count) + String(repeating: "]", count: count)
        }
        _ = try parse(nested(depth))
        #expect(throws: HTTPError.self) { try parse(nested(depth + 1)) }
        #expect(throws: HTTPError.self) { try parse(String(repeating: "[{\"a\":", count: 100_000)) }
    }

    @Test func repeatedNamesAreFoundAmongMany() throws {
        let members = (0..<100).map { "\"m\($0)\":\($0)" }.joined(separator: ",")
        _ = try parse("{\(members)}")
        #expect(throws: HTTPError.self) { try parse("{\(members),\"m50\":1}") }
    }

    @Test func elementsAreLocated() throws {
        let bytes = Array(#" [ {"a":1} , "x" , [2] ] "#.utf8)
        var reader = JSONReader(bytes)
        let (isArray, ranges) = try reader.elementRanges(limit: 3)
        #expect(isArray)
        #expect(
            ranges.map { String(decoding: bytes[$0], as: UTF8.self).trimmingCharacters(in: .whitespaces) }
                == [#"{"a":1}"#, #""x""#, "[2]"])
        var short = JSONReader(bytes)
        let error = #expect(throws: HTTPError.self) { try short.elementRanges(limit: 2) }
        #expect(error?.status == .contentTooLarge)
        var single = JSONReader(Array("{}".utf8))
        #expect(try single.elementRanges(limit: 1).isArray == false)
    }

    @Test func membersAreTyped() throws {
        let value = try parse(#"{"f":5.0,"g":5.5,"s":"x","e":"","n":5,"l":["a","b"],"m":[1],"z":null}"#)
        #expect(try value.requiredString("s") == "x")
        #expect(try value.optionalString("z") == nil)
        #expect(throws: HTTPError.self) { try value.requiredString("e") }
        #expect(throws: HTTPError.self) { try value.requiredString("n") }
        #expect(throws: HTTPError.self) { try value.requiredString("missing") }
        #expect(try value.integer("n", in: 1...5, default: 1) == 5)
        #expect(try value.integer("f", in: 1...5, default: 1) == 5)
        #expect(throws: HTTPError.self) { try value.integer("g", in: 1...9, default: 1) }
        #expect(try value.integer("missing", in: 1...5, default: 1) == 1)
        #expect(throws: HTTPError.self) { try value.integer("n", in: 1...4, default: 1) }
        #expect(throws: HTTPError.self) { try value.integer("s", in: 1...4, default: 1) }
        #expect(try value.strings("l", limit: 2) == ["a", "b"])
        #expect(throws: HTTPError.self) { try value.strings("l", limit: 1) }
        #expect(throws: HTTPError.self) { try value.strings("m", limit: 9) }
        #expect(throws: HTTPError.self) { try value.strings("s", limit: 9) }
    }
}
