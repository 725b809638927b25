import Foundation
import Mongo
import TestSupport
import Testing

@Suite struct BSONTests {
    @Test func bytesAreThoseOfTheSpecification() {
        // The two examples of https://bsonspec.org/faq.html.
        let hello: BSONDocument = ["hello": "world"]
        #expect(
            hello.bytes == [
                0x16, 0, 0, 0, 0x02, 0x68, 0x65, 0x6C, 0x6C, 0x6F, 0, 6, 0, 0, 0, 0x77, 0x6F, 0x72, 0x6C, 0x64, 0, 0,
            ])
        let awesome: BSONDocument = ["BSON": ["awesome", 5.05, 1986]]
        #expect(
            awesome.bytes == [
                0x31, 0, 0, 0, 0x04, 0x42, 0x53, 0x4F, 0x4E, 0, 0x26, 0, 0, 0, 0x02, 0x30, 0, 0x08, 0, 0, 0, 0x61, 0x77,
                0x65, 0x73, 0x6F, 0x6D, 0x65, 0, 0x01, 0x31, 0, 0x33, 0x33, 0x33, 0x33, 0x33, 0x33, 0x14, 0x40, 0x10,
                0x32, 0, 0xC2, 0x07, 0, 0, 0, 0,
            ])
        #expect(BSONDocument().bytes == [5, 0, 0, 0, 0] && BSONDocument().isEmpty)
    }

    @Test func scalarsComeBackAsTheyWent() throws {
        let document = BSONDocument { builder in
            builder.append("text", "Ágætis byrjun\0🎧")
            builder.append("empty", "")
            builder.append("small", Int32.min)
            builder.append("large", Int64.max)
            builder.append("number", -0.5)
            builder.append("yes", true)
            builder.append("when", epochMilliseconds: -1)
            builder.appendNull("nothing")
        }
        try document.withView { view in
            let text = try view["text"]
            let empty = try view["empty"]
            let small = try view["small"]
            let large = try view["large"]
            let number = try view["number"]
            #expect(text?.string == "Ágætis byrjun\0🎧" && empty?.string == "")
            #expect(small?.int64 == Int64(Int32.min) && large?.int64 == .max)
            #expect(number?.double == -0.5 && number?.int64 == nil && small?.double == Double(Int32.min))
            let isYes = try view["yes"]?.bool
            let when = try view["when"]?.date
            let isNothing = try view["nothing"]?.isNull
            let missing = try view["missing"]
            #expect(isYes == true && when == -1 && isNothing == true && missing == nil)
            #expect(text?.int64 == nil && text?.date == nil && text?.document == nil && large?.string == nil)
        }
    }

    @Test func nestedDocumentsComeBackInOrder() throws {
        var builder = BSONBuilder()
        builder.append("before", Int32(1))
        builder.appendDocument("outer") { outer in
            outer.appendDocument("inner") { $0.append("deep", "down") }
            outer.appendArray("list", ["a", "b", "c"]) { $0.append($1, $2) }
        }
        builder.append("after", Int32(2))
        var names: [String] = []
        var list: [String] = []
        try builder.document().withView { view in
            try view.forEachElement { names.append($0.name) }
            let outer = try #require(try view["outer"]?.document)
            let deep = try outer["inner"]?.document?["deep"]?.string
            #expect(deep == "down")
            try outer["list"]?.document?.forEachElement { list.append("\($0.name)=\($0.string ?? "")") }
        }
        #expect(names == ["before", "outer", "after"] && list == ["0=a", "1=b", "2=c"])
    }

    @Test func builderIsUsedAgainWithoutATraceOfBefore() {
        var builder = BSONBuilder()
        builder.append("a", "something long enough to be noticed")
        #expect(builder.document() == ["a": "something long enough to be noticed"])
        builder.append("b", Int32(2))
        #expect(builder.document() == ["a": "something long enough to be noticed", "b": 2])
        builder.removeAll()
        #expect(builder.document() == BSONDocument())
        builder.append("c", true)
        #expect(builder.document() == ["c": true])
    }

    @Test(arguments: [0, 1, 9, 10, 11, 64, 99, 100, 101, 1000]) func vectorsComeBackAsTheyWent(_ count: Int) throws {
        var random = SeededRandomNumberGenerator(seed: UInt64(count))
        let values = (0..<count).map { _ in Float.random(in: -1e30...1e30, using: &random) }
        var builder = BSONBuilder()
        builder.append("v", floats: values)
        builder.append("w", floats: values.reversed())
        let document = builder.document()
        try document.withView { view in
            let first = try view["v"]?.floats
            let second = try view["w"]?.floats
            #expect(first == values && second == values.reversed())
        }
        // The same bytes as one by one.
        let slowly = BSONDocument { builder in
            builder.appendArray("v", values) { $0.append($1, Double($2)) }
            builder.appendArray("w", values.reversed()) { $0.append($1, Double($2)) }
        }
        #expect(document == slowly)
    }

    @Test func arrayOfOtherNumbersIsAVectorAndOfWordsIsNone() throws {
        let document: BSONDocument = ["mixed": [1, 2.5, .int64(3)], "words": [1, "two"], "number": 1]
        try document.withView { view in
            let mixed = try view["mixed"]?.floats
            let words = try view["words"]?.floats
            let number = try view["number"]?.floats
            #expect(mixed == [1, 2.5, 3] && words == nil && number == nil)
        }
    }

    @Test func everyDamagedDocumentIsRefusedOrReadWithoutHarm() throws {
        let document = BSONDocument { builder in
            builder.append("s", "text")
            builder.appendDocument("d") { $0.append("n", Int32(1)) }
            builder.append("v", floats: [1, 2, 3])
            builder.append("when", epochMilliseconds: 5)
        }
        var random = SeededRandomNumberGenerator(seed: 20_260_101)
        var refused = 0
        for _ in 0..<20_000 {
            var bytes = document.bytes
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            if Bool.random(using: &random) { bytes.removeLast(Int.random(in: 0...bytes.count, using: &random)) }
            do {
                try bytes.withUnsafeBytes { try visitAll(BSONView($0)) }
            } catch let error as MongoError {
                #expect(error.code == .malformed)
                refused += 1
            }
        }
        #expect(refused > 1_000)
        try document.withView { try visitAll($0) }
    }

    private func visitAll(_ view: BSONView) throws {
        try view.forEachElement { element in
            _ = (element.name, element.string, element.int64, element.double, element.bool, element.date)
            _ = try element.floats
            if let document = element.document { try visitAll(document) }
        }
    }
}
