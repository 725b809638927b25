import Domain
import Learning
import Storage
import Testing
import Training

@Suite struct ListenMatrixTests {
    let day = TasteGroups().last
    let now = TasteGroups().now

    private func value(_ matrix: ListenMatrix, _ user: String, _ track: String) -> Float? {
        guard let row = matrix.userIDs.firstIndex(of: user), let column = matrix.trackIDs.firstIndex(of: track) else {
            return nil
        }
        return zip(matrix.all.columns(ofRow: row), matrix.all.values(ofRow: row)).first { $0.0 == Int32(column) }?.1
    }

    private func read(_ events: [ListeningEvent], _ change: (inout TrainingOptions) -> Void = { _ in }) throws
        -> ListenMatrix
    {
        var options = TrainingOptions()
        options.confidence.halfLifeDays = 0
        options.confidence.weighting.exponent = 1
        change(&options)
        return try ListenMatrixReader(lake: MemoryLake(events), options: options, now: now).read()
    }

    @Test func completeIsMoreThanAListenByWhatWasHeardIsMoreThanASkip() throws {
        let events: [ListeningEvent] = [
            .play("a", "complete", day: day), .play("a", "half", day: day, .listen, heard: 90_000),
            .play("a", "skip", day: day, .skip, heard: 1_000), .play("a", "bit", day: day, .listen, heard: 1),
            .play("b", "skip", day: day), .play("b", "half", day: day), .play("b", "half", day: day),
        ]
        let matrix = try read(events)
        #expect(value(matrix, "a", "complete") == 1)
        #expect(value(matrix, "a", "half") == 0.5)
        #expect(value(matrix, "a", "bit") == 0.1)
        #expect(value(matrix, "a", "skip") == -0.25)
        #expect(value(matrix, "b", "half") == 2)
        // Without a length a listen is half a song; more than the whole is the whole.
        let confidence = ListenConfidence()
        #expect(confidence.weight(action: .listen, duration: 5, totalDuration: 0) == 0.5)
        #expect(confidence.weight(action: .listen, duration: 50, totalDuration: 10) == 1)
    }

    @Test func olderListensCountLess() throws {
        let events: [ListeningEvent] = [
            .play("a", "today", day: day), .play("a", "before", day: day.advanced(by: -10)),
            .play("b", "today", day: day), .play("b", "before", day: day),
        ]
        let matrix = try read(events) { $0.confidence.halfLifeDays = 10 }
        #expect(value(matrix, "a", "today") == 1)
        #expect(value(matrix, "a", "before") == 0.5)
    }

    @Test func theExponentFlattensRepeatsAndKeepsSigns() throws {
        let events: [ListeningEvent] =
            (0..<9).map { _ in .play("a", "often", day: day) } + (0..<4).map { _ in .play("a", "not", day: day, .skip) }
            + [.play("b", "often", day: day), .play("b", "not", day: day)]
        let matrix = try read(events) { $0.confidence.weighting.exponent = 0.5 }
        #expect(value(matrix, "a", "often") == 3)
        #expect(value(matrix, "a", "not") == -1)
    }

    @Test func theLastDaysAreHeldOutAndTheMostHeardComeFirst() throws {
        var events: [ListeningEvent] = []
        for offset in 0..<20 {
            events.append(.play("a", "s\(offset % 3)", day: day.advanced(by: -offset)))
            events.append(.play("b", "s0", day: day.advanced(by: -offset)))
        }
        let matrix = try read(events) { $0.heldOutDays = 3 }
        #expect(matrix.heldOutDays == day.advanced(by: -2)...day)
        #expect(matrix.userIDs == ["a", "b"])
        #expect(matrix.trackIDs.first == "s0")
        #expect(matrix.earlier?.values.reduce(0, +) == 34)
        #expect(matrix.heldOut?.values.reduce(0, +) == 6)
        #expect(matrix.all.values.reduce(0, +) == 40)
    }

    @Test func whatNobodyLikesIsNoRowAndNoColumn() throws {
        let events: [ListeningEvent] = [
            .play("a", "s", day: day), .play("b", "s", day: day), .play("b", "t", day: day),
            .play("hater", "s", day: day, .skip), .play("a", "bad", day: day, .skip),
        ]
        let matrix = try read(events)
        #expect(matrix.userIDs.sorted() == ["a", "b"])
        #expect(matrix.trackIDs.sorted() == ["s", "t"])
    }
}
