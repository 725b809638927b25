import ObjectStore
import Testing

/// What every object store must do: run against each of them.
struct ObjectStoreSuite {
    let store: any ObjectStore

    func run() throws {
        try absentObjects()
        try wholeAndRanged()
        try replacing()
        try putIfAbsentKeepsTheFirst()
        try listsInByteOrder()
        try listsAfterAndStops()
        try writers()
        try readers()
        try refusesBadKeys()
        try concurrentPutIfAbsentHasOneWinner()
        try store.checkWritable()
    }

    private func code(_ body: () throws -> Void) -> ObjectStoreError.Code? {
        do {
            try body()
            return nil
        } catch let error as ObjectStoreError {
            #expect(!error.reason.isEmpty)
            return error.code
        } catch {
            Issue.record("unexpected \(error)")
            return nil
        }
    }

    private func absentObjects() throws {
        #expect(code { _ = try store.get("none/here") } == .notFound)
        #expect(code { _ = try store.info("none/here") } == .notFound)
        #expect(code { _ = try store.openReader("none/here") } == .notFound)
        #expect(code { _ = try store.get("none/here", range: 0..<1) } == .notFound)
        #expect(try store.getIfPresent("none/here") == nil)
        try store.delete("none/here")
        #expect(try store.list(prefix: "none/").isEmpty)
    }

    private func wholeAndRanged() throws {
        let bytes = (0..<70_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        try store.put("whole/a b+é%20.bin", bytes)
        #expect(try store.get("whole/a b+é%20.bin") == bytes)
        #expect(try store.get("whole/a b+é%20.bin", range: 0..<0) == [])
        #expect(try store.get("whole/a b+é%20.bin", range: 69_990..<70_000) == Array(bytes[69_990...]))
        #expect(try store.get("whole/a b+é%20.bin", range: 1..<2) == [31])
        #expect(code { _ = try store.get("whole/a b+é%20.bin", range: 69_999..<70_001) } == .invalid)
        #expect(code { _ = try store.get("whole/a b+é%20.bin", range: 70_001..<70_002) } == .invalid)
        #expect(try store.info("whole/a b+é%20.bin").byteCount == 70_000)
        #expect(try store.list(prefix: "whole/").map(\.key) == ["whole/a b+é%20.bin"])
        try store.put("whole/empty", [])
        #expect(try store.get("whole/empty") == [])
        #expect(try store.openReader("whole/empty").byteCount == 0)
    }

    private func replacing() throws {
        try store.put("replaced", [1, 2, 3])
        let first = try store.info("replaced")
        try store.put("replaced", [4, 5])
        #expect(try store.get("replaced") == [4, 5])
        #expect(try store.info("replaced").etag != first.etag)
        try store.delete("replaced")
        #expect(try store.getIfPresent("replaced") == nil)
        try store.delete("replaced")
    }

    private func putIfAbsentKeepsTheFirst() throws {
        #expect(try store.putIfAbsent("absent/1", [1]))
        #expect(try !store.putIfAbsent("absent/1", [2]))
        #expect(try store.get("absent/1") == [1])
        try store.delete("absent/1")
        #expect(try store.putIfAbsent("absent/1", [3]))
        #expect(try store.get("absent/1") == [3])
    }

    /// `-` and `.` sort before the slash and digits after it, so a folder stands between files of its own name.
    private static let ordered = [
        "order/a", "order/a-b", "order/a.b", "order/a/b", "order/a/c/d", "order/a/é", "order/a0", "order/b/1",
        "order/b/10",
        "order/b/2", "orders/x",
    ]

    private func listsInByteOrder() throws {
        for key in Self.ordered.reversed() where key != "order/a" { try store.put(key, [UInt8](key.utf8)) }
        let keys = Self.ordered.filter { $0 != "order/a" }
        #expect(try store.list(prefix: "order").map(\.key) == keys)
        #expect(try store.list(prefix: "order/").map(\.key) == keys.filter { $0 != "orders/x" })
        #expect(try store.list(prefix: "order/b/1").map(\.key) == ["order/b/1", "order/b/10"])
        #expect(try store.list(prefix: "order/a/").map(\.byteCount) == [9, 11, 10])
        #expect(try store.list(prefix: "nothing").isEmpty)
    }

    private func listsAfterAndStops() throws {
        let keys = Self.ordered.filter { $0 != "order/a" }
        for (index, key) in keys.enumerated() {
            #expect(
                try store.list(prefix: "order", after: key).map(\.key) == Array(keys[(index + 1)...]), "after \(key)")
        }
        #expect(try store.list(prefix: "order/", after: "order/a/").map(\.key) == Array(keys[2..<9]))
        var visited: [String] = []
        try store.list(prefix: "order", after: nil) { info in
            visited.append(info.key)
            return visited.count < 3
        }
        #expect(visited == Array(keys.prefix(3)))
    }

    private func writers() throws {
        let piece = (0..<100_003).map { UInt8(truncatingIfNeeded: $0 ^ ($0 >> 8)) }
        let writer = try store.makeWriter("written/big")
        for _ in 0..<7 { try writer.write(piece) }
        try writer.write([])
        try writer.write([9])
        #expect(writer.byteCount == 700_022)
        #expect(try store.getIfPresent("written/big") == nil)
        #expect(try store.list(prefix: "written/").isEmpty)
        let info = try writer.finish()
        #expect(info.byteCount == 700_022 && info.key == "written/big")
        let reader = try store.openReader("written/big")
        #expect(reader.byteCount == 700_022)
        #expect(try reader.read(100_003..<200_006) == piece)
        #expect(try reader.read(700_021..<700_022) == [9])
        #expect(code { try writer.write([1]) } == .invalid)
        writer.cancel()
        #expect(try store.info("written/big").byteCount == 700_022)

        let cancelled = try store.makeWriter("written/cancelled")
        try cancelled.write(piece)
        cancelled.cancel()
        cancelled.cancel()
        #expect(code { try cancelled.write([1]) } == .invalid)
        #expect(code { _ = try cancelled.finish() } == .invalid)
        #expect(try store.getIfPresent("written/cancelled") == nil)

        let empty = try store.makeWriter("written/empty")
        #expect(try empty.finish().byteCount == 0)
        #expect(try store.get("written/empty") == [])
    }

    private func readers() throws {
        try store.put("read", Array(0..<200))
        let reader = try store.openReader("read")
        #expect(try reader.read(0..<200) == Array(0..<200))
        #expect(try reader.read(7..<9) == [7, 8])
        #expect(try reader.read(200..<200) == [])
        #expect(code { _ = try reader.read(199..<201) } == .invalid)
        #expect(code { _ = try reader.read(-1..<1) } == .invalid)
    }

    private func refusesBadKeys() throws {
        let bad = [
            "", "/", "/etc/passwd", "../x", "a/../../x", "a/..", ".", "a/./b", "a//b", "a/", "a\0b", "a\nb", ".~x",
            "a/.~x",
            String(repeating: "k", count: 1025),
        ]
        for key in bad {
            #expect(code { try store.put(key, [1]) } == .invalid, "\(key)")
            #expect(code { _ = try store.putIfAbsent(key, [1]) } == .invalid, "\(key)")
            #expect(code { _ = try store.get(key) } == .invalid, "\(key)")
            #expect(code { _ = try store.info(key) } == .invalid, "\(key)")
            #expect(code { try store.delete(key) } == .invalid, "\(key)")
            #expect(code { _ = try store.makeWriter(key) } == .invalid, "\(key)")
            #expect(code { _ = try store.openReader(key) } == .invalid, "\(key)")
        }
    }

    private func concurrentPutIfAbsentHasOneWinner() throws {
        for round in 0..<5 {
            let key = "race/\(round)"
            let wins = try inParallel(8) { number in
                try store.putIfAbsent(key, [UInt8](repeating: UInt8(number), count: 100))
            }
            #expect(wins.filter { $0 }.count == 1)
            let winner = try #require(wins.firstIndex(of: true))
            #expect(try store.get(key) == [UInt8](repeating: UInt8(winner), count: 100))
        }
    }
}
