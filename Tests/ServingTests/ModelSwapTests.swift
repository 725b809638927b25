import Domain
import Foundation
import HTTPServer
import ServiceKit
import Serving
import Storage
import Synchronization
import TestSupport
import Testing

@Suite struct ModelSwapTests {
    @Test func nothingLoadedIsNotReady() throws {
        let fixture = try ServingFixture()
        let service = try fixture.makeService()
        #expect(try service.get("/ready").response.status == .serviceUnavailable)
        #expect(try service.get("/health").response.status == .ok)
        #expect(try service.get("/recommend/home?user_id=u1").json.songIDs.isEmpty)
        try service.refresh()
        #expect(try service.get("/ready").response.status == .serviceUnavailable)
        try fixture.addSongs(3)
        try service.refresh()
        #expect(try service.get("/ready").response.status == .ok)
        #expect(try service.get("/recommend/home?user_id=u1").json["model_version"] == .null)
        try fixture.publish(version: "m1", items: 3)
        try service.refresh()
        #expect(try service.get("/ready").json["model_version"] == .string("m1"))
    }

    @Test func aNewModelIsSwappedInAndBack() throws {
        let fixture = try ServingFixture()
        let service = try fixture.makeLoadedService()
        #expect(try service.get("/recommend/home?user_id=u0&limit=1").json.songIDs == ["s0"])
        try fixture.publish(version: "m2", items: 40, turn: 1)
        try service.refresh()
        let (_, json) = try service.get("/recommend/home?user_id=u0&limit=1")
        #expect(json["model_version"] == .string("m2"))
        #expect(json.songIDs == ["s1"])
        try fixture.store.setCurrentModel(version: "m1")
        try service.refresh()
        let (_, back) = try service.get("/recommend/home?user_id=u0&limit=1")
        #expect(back["model_version"] == .string("m1"))
        #expect(back.songIDs == ["s0"])
    }

    @Test func aListenerOfAnotherVersionOnlyIsNotMixedIn() throws {
        let fixture = try ServingFixture()
        let service = try fixture.makeLoadedService()
        try fixture.store.upsertUserVectors([("old", ServingFixture.userVector(1))], modelVersion: "m0", at: 1)
        #expect(try service.get("/recommend/home?user_id=old").json["strategy"] == .string("popular"))
    }

    @Test func aDamagedIndexIsRefusedAndTheOldModelStays() throws {
        let fixture = try ServingFixture()
        let service = try fixture.makeLoadedService()
        try fixture.publish(version: "m2", items: 40, turn: 1)
        let path = try fixture.models.path(version: "m2", file: "items.ivf")
        var bytes = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
        bytes[bytes.count / 2] ^= 0x40
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        #expect(throws: (any Error).self) { try service.refresh() }
        let (_, json) = try service.get("/recommend/home?user_id=u0&limit=1")
        #expect(json["model_version"] == .string("m1"))
        #expect(json.songIDs == ["s0"])
        #expect(fixture.metrics.text.contains("segue_model_load_failures_total 1"))
    }

    @Test(arguments: ["m9", "m1"])
    func anIndexOfAnotherModelIsRefused(claimed: String) throws {
        let fixture = try ServingFixture()
        let service = try fixture.makeLoadedService()
        try fixture.publish(version: "m2", items: 40)
        let path = try fixture.models.path(version: "m2", file: "items.ivf")
        try FileManager.default.removeItem(atPath: path)
        try fixture.writeIndex(version: claimed, items: 40, to: path)
        #expect(throws: ServingError.self) { try service.refresh() }
        #expect(try service.get("/ready").json["model_version"] == .string("m1"))
    }

    @Test func aRunningDaemonSaysAFailureOnceAndRecovers() throws {
        let fixture = try ServingFixture()
        try fixture.addSongs(20)
        let service = try fixture.makeService()
        try withRunning(service) { _ in
            #expect(try eventually { try service.get("/ready").response.status == .ok })
            fixture.documents.fail(with: StorageError(.unavailable, "the store is down"))
            #expect(eventually { fixture.lines.count(containing: "cannot change to the current model") == 1 })
            fixture.documents.fail(with: nil)
            try fixture.publish(version: "m1", items: 20)
            #expect(try eventually { try service.get("/ready").json["model_version"] == .string("m1") })
            #expect(fixture.lines.count(containing: "cannot change to the current model") == 1)
            #expect(eventually { fixture.lines.count(containing: "works again") >= 1 })
        }
    }

    @Test func newSongsAndCountsArriveInTheBackground() throws {
        let fixture = try ServingFixture()
        try fixture.addSongs(3)
        let service = try fixture.makeService()
        try withRunning(service) { _ in
            #expect(try eventually { try service.get("/popular?limit=9").json.songIDs == ["s2", "s1", "s0"] })
            try fixture.store.upsertSongs([Song(trackID: "new", title: "Neu", artist: "Jemand")])
            let today = EventDay(epochMilliseconds: fixture.clock.now)
            _ = try fixture.store.applyPlays(CommitPlays(lakeVersion: 77, plays: ["new": [today: 99]]), today: today)
            #expect(try eventually { try service.get("/popular?limit=9").json.songIDs == ["new", "s2", "s1", "s0"] })
        }
    }

    /// Ten swaps under load: every answer is whole, of one version, and of the songs and taste of that version.
    @Test func swapsUnderLoadNeverMixVersions() throws {
        let fixture = try ServingFixture()
        try fixture.addSongs(200)
        for (version, turn) in [("m1", 0), ("m2", 1)] { try fixture.publish(version: version, items: 200, turn: turn) }
        let service = try fixture.makeService()
        try service.refresh()
        let isDone = Atomic(false)
        let wrong = Mutex<[String]>([])
        let answered = Atomic(0)
        let group = DispatchGroup()
        for thread in 0..<3 {
            group.enter()
            Thread {
                defer { group.leave() }
                var direction = thread
                while !isDone.load(ordering: .relaxed) {
                    direction = (direction + 1) % 4
                    let answer = try? service.get("/recommend/home?user_id=u\(direction)&limit=3").json
                    let version = answer?["model_version"]?.text
                    let expected = version == "m1" ? direction : (direction + 1) % 4
                    let ids = answer?.songIDs ?? []
                    if ids != ["s\(expected)", "s\(expected + 4)", "s\(expected + 8)"] {
                        wrong.withLock { $0.append("\(version ?? "none") u\(direction): \(ids)") }
                    }
                    answered.add(1, ordering: .relaxed)
                }
            }.start()
        }
        for swap in 0..<10 {
            let before = answered.load(ordering: .relaxed)
            try fixture.store.setCurrentModel(version: swap % 2 == 0 ? "m1" : "m2")
            try service.refresh()
            #expect(eventually { answered.load(ordering: .relaxed) > before + 20 })
        }
        isDone.store(true, ordering: .relaxed)
        #expect(group.wait(timeout: .now() + 20) == .success)
        #expect(wrong.withLock { $0 } == [])
    }

    @Test func theOldMapIsReleasedAfterASwap() throws {
        let fixture = try ServingFixture()
        let service = try fixture.makeLoadedService()
        let old = try fixture.models.path(version: "m1", file: "items.ivf")
        func isMapped() throws -> Bool {
            // In one read after the other: the kernel tells no size beforehand.
            let maps = try FileHandle(forReadingFrom: URL(fileURLWithPath: "/proc/self/maps")).readToEnd() ?? Data()
            return String(decoding: maps, as: UTF8.self).contains(old)
        }
        #expect(try isMapped())
        try fixture.publish(version: "m2", items: 40)
        try service.refresh()
        #expect(try !isMapped())
    }
}

/// Runs a daemon on threads of its own for the time of `body`.
func withRunning(_ service: ServingService, _ body: (Int) throws -> Void) throws {
    let stop = StopSignal()
    let thread = try WorkerThread(name: "serve") { try service.run(until: stop) }
    defer { stop.stop() }
    guard eventually({ service.port != nil || thread.isEnded }), let port = service.port else {
        return try thread.join()
    }
    try body(port)
    stop.stop()
    try thread.join()
}
