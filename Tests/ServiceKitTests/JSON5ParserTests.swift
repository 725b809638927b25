import ServiceKit
import Testing

@Suite struct JSON5ParserTests {
    private func value(_ text: String) throws -> JSON5Value { try JSON5Parser.parse(text, file: "f.json5").value }

    private func numbers(_ text: String) throws -> [Double] {
        guard case .array(let nodes) = try value(text) else { return [] }
        return nodes.compactMap { if case .number(let number) = $0.value { number } else { nil } }
    }

    @Test func everythingJSON5AddsIsRead() throws {
        let text = """
            \u{feff}// line
            { /* block
                 comment */
              name: 'it\\'s', $_ü1: "a\\\nb", "quoted key": [1, 2,], nested: { deep: null, },
              "\\u0061\\x62": true,
            }
            """
        guard case .object(let members) = try value(text) else {
            Issue.record("no object")
            return
        }
        #expect(members.map(\.name) == ["name", "$_ü1", "quoted key", "nested", "ab"])
        #expect(members[0].node.value == .string("it's"))
        #expect(members[1].node.value == .string("ab"))
        #expect(members[4].node.value == .bool(true))
        #expect(members[0].position == TextPosition(line: 4, column: 3))
        #expect(members[4].position == TextPosition(line: 6, column: 3))
    }

    @Test func numbersOfEveryFormAreRead() throws {
        #expect(
            try numbers("[0, -1, +2, .5, 5., 1.25e2, 1E-2, 0x1F, -0Xa, Infinity, -Infinity, 5.e1, 123456789]")
                == [0, -1, 2, 0.5, 5, 125, 0.01, 31, -10, .infinity, -.infinity, 50, 123_456_789])
        #expect(try numbers("[NaN]")[0].isNaN)
    }

    @Test func escapesOfEveryFormAreRead() throws {
        #expect(
            try value("'\\b\\f\\n\\r\\t\\v\\0\\\\\\/\\\"\\ud83c\\udfb5\\z'")
                == .string("\u{8}\u{c}\n\r\t\u{b}\u{0}\\/\"🎵z"))
    }

    @Test(arguments: [
        ("{a: 1 b: 2}", "1:7", "comma"), ("{a 1}", "1:4", "colon"), ("{\n  a: 'x\n'}", "2:6", "never closed"),
        ("{a: 1, a: 2}", "1:8", "twice"), ("[1, 2", "1:6", "comma or ]"), ("{a: yes}", "1:5", "needs quotes"),
        ("{a: 01}", "1:5", "not a number"), ("{a: 1.2.3}", "1:5", "not a number"), ("{} x", "1:4", "after the end"),
        ("/* x", "1:1", "never closed"), ("", "1:1", "ends where"), ("{a: '\\ud800'}", "1:6", "surrogate"),
        ("{a: 1e}", "1:5", "not a number"), ("{,}", "1:2", "name"), ("{a: -}", "1:5", "not a number"),
        ("[.]", "1:2", "not a number"), ("{", "1:2", "ends inside"), ("{a: .e3}", "1:5", "not a number"),
    ])
    func mistakesAreShownWithTheirPlace(_ text: String, _ place: String, _ words: String) {
        let error = #expect(throws: ServiceKitError.self) { try value(text) }
        #expect(error?.reason.hasPrefix("f.json5:\(place): ") == true, "\(error?.reason ?? "")")
        #expect(error?.reason.contains(words) == true, "\(error?.reason ?? "")")
    }

    @Test func deepNestingIsRefusedAndNotACrash() {
        #expect(throws: ServiceKitError.self) { try value(String(repeating: "[", count: 100_000)) }
    }
}
