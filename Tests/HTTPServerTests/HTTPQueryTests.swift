import HTTPServer
import Testing

@Suite struct HTTPQueryTests {
    private func query(_ text: String) throws -> HTTPQuery { try HTTPRequest(target: "/x?\(text)").query() }

    private enum Color: String, CaseIterable { case red, blue }

    @Test func parametersAreDecoded() throws {
        let query = try query("user_id=u%201&q=a+b%2Bc&empty=&flag&name=%E1%BA%BF&&")
        #expect(query.parameters.map(\.name) == ["user_id", "q", "empty", "flag", "name"])
        #expect(query.parameters.map(\.value) == ["u 1", "a b+c", "", "", "ế"])
    }

    @Test(arguments: ["a=%", "a=%4", "a=%GG", "%=1", "a=%FF", "a=%C3", "a=%00", "a=%7f", "a=%ED%A0%80"])
    func aBrokenEscapeIsRefused(text: String) {
        #expect(throws: HTTPError.self) { try query(text) }
    }

    @Test func aQueryThatIsNotThereIsEmpty() throws {
        #expect(try HTTPRequest(target: "/x").query().parameters.isEmpty)
        #expect(try HTTPRequest(target: "/x?").query().parameters.isEmpty)
    }

    @Test func numbersAreWithinTheirRange() throws {
        #expect(try query("limit=7").integer("limit", in: 1...10, default: 3) == 7)
        #expect(try query("").integer("limit", in: 1...10, default: 3) == 3)
        for wrong in ["0", "11", "x", "", "1.5", "99999999999999999999", " 1"] {
            #expect(throws: HTTPError.self) { try query("limit=\(wrong)").integer("limit", in: 1...10, default: 3) }
        }
        #expect(try query("l=0.5").number("l", in: 0...1, default: 0) == 0.5)
        #expect(throws: HTTPError.self) { try query("l=nan").number("l", in: 0...1, default: 0) }
    }

    @Test func aParameterGivenTwiceIsRefusedWhereOneIsMeant() throws {
        let query = try query("a=1&a=2")
        #expect(throws: HTTPError.self) { try query.string("a") }
        #expect(query.strings("a") == ["1", "2"])
    }

    @Test func aMissingParameterIsNamed() throws {
        let error = #expect(throws: HTTPError.self) { try query("b=1").required("user_id") }
        #expect(error?.status == .badRequest)
        #expect(error?.parameter == "user_id")
        #expect(throws: HTTPError.self) { try query("user_id=").required("user_id") }
    }

    @Test func aChoiceIsOneOfItsWords() throws {
        #expect(try query("c=blue").choice("c", default: Color.red) == .blue)
        #expect(try query("").choice("c", default: Color.red) == .red)
        #expect(throws: HTTPError.self) { try query("c=green").choice("c", default: Color.red) }
    }
}
