import Domain
import Ingestion
import ServiceKit
import Storage
import TestSupport
import Testing

struct CountQueueTests {
    private let day = EventDay(daysSinceEpoch: 20_000)

    /// A batch in which each listed song is heard as often as it is listed, and skipped once.
    private func batch(_ songs: [String]) -> EventBatch {
        var batch = EventBatch()
        for action in [EventAction.listen, .skip] {
            for song in action == .skip ? Array(Set(songs)) : songs {
                batch.append(
                    ListeningEvent(
                        userID: "u", trackID: song, timestamp: day.startMilliseconds, action: action, duration: 1,
                        totalDuration: 2, source: .simulation))
            }
        }
        return batch
    }

    private func tally(_ songs: [String]) -> PlayTally { PlayTally([(day, batch(songs))]) }

    @Test func aTallyIsWhatCountingEventByEventGives() {
        var random = SeededRandomNumberGenerator(seed: 5)
        var sum = PlayTally()
        var expected: [String: [EventDay: Int64]] = [:]
        for _ in 0..<20 {
            let days = (0..<Int32.random(in: 0...3, using: &random)).map { offset in
                let songs = (0..<Int.random(in: 0...40, using: &random)).map { _ in
                    "t\(Int.random(in: 0..<30, using: &random))"
                }
                for song in songs { expected[song, default: [:]][day.advanced(by: Int(offset)), default: 0] += 1 }
                return (day: day.advanced(by: Int(offset)), rows: batch(songs))
            }
            sum.add(PlayTally(days))
        }
        #expect(sum.plays == expected)
    }

    @Test func commitsThatWaitAreSummedInOrder() throws {
        let queue = CountQueue(capacity: 8)
        #expect(queue.add(version: 1, tally: tally(["a", "b"]), positions: [0: 5, 1: 3], rowCount: 4))
        #expect(queue.add(version: 2, tally: PlayTally(), positions: [0: 6], rowCount: 0))
        #expect(queue.add(version: 4, tally: tally(["a"]), positions: [1: 9], rowCount: 2))
        #expect(queue.commitCount == 3)
        let group = try #require(queue.take(timeout: .zero))
        // A commit without rows has no marker; its positions count all the same.
        #expect(group.versions == [1, 4])
        #expect(group.commitCount == 3)
        #expect(group.positions == [0: 6, 1: 9])
        #expect(group.tally.plays == ["a": [day: 2], "b": [day: 1]])
        #expect(queue.take(timeout: .zero) == nil)
    }

    @Test func aGroupStaysSmallEnoughForOneTransaction() throws {
        let queue = CountQueue(capacity: 8)
        let many = (0..<(CountQueue.songDaysPerGroup * 2 / 3)).map { "t\($0)" }
        for version: Int64 in 1...2 {
            #expect(queue.add(version: version, tally: tally(many), positions: [:], rowCount: 1))
        }
        #expect(try #require(queue.take(timeout: .zero)).versions == [1])
        #expect(try #require(queue.take(timeout: .zero)).versions == [2])
    }

    @Test func whoAddsTooMuchWaitsUntilSomeIsTaken() throws {
        let queue = CountQueue(capacity: 2)
        for version: Int64 in 1...2 {
            #expect(queue.add(version: version, tally: tally(["a"]), positions: [:], rowCount: 1))
        }
        let song = tally(["a"])
        let thread = try WorkerThread(name: "adding") {
            _ = queue.add(version: 3, tally: song, positions: [:], rowCount: 1)
        }
        #expect(thread.join(upTo: .milliseconds(50)) == nil)
        #expect(try #require(queue.take(timeout: .zero)).versions == [1, 2])
        try thread.join()
        #expect(try #require(queue.take(timeout: .seconds(10))).versions == [3])
        queue.close()
        #expect(!queue.add(version: 4, tally: song, positions: [:], rowCount: 1))
        #expect(queue.take(timeout: .seconds(10)) == nil)
    }
}
