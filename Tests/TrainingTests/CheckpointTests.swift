import Domain
import Foundation
import Learning
import ServiceKit
import Storage
import Synchronization
import TestSupport
import Testing
import Training

/// Runs that are cut short, go on, start from a former model, or end early.
@Suite struct CheckpointTests {
    let tastes = TasteGroups()

    private func options(_ change: (inout TrainingOptions) -> Void = { _ in }) -> TrainingOptions {
        var options = TrainingRunTests.quick()
        options.checkpointInterval = 2
        options.isForced = true
        change(&options)
        return options
    }

    /// Stops a run after an iteration of the measured training.
    private func cut(
        _ bench: TrainingRunTests.Bench, _ lake: MemoryLake, after iteration: Int, _ options: TrainingOptions
    )
        throws
    {
        let stop = StopSignal()
        let observer = Recorder { event in
            if case .iteration(let told) = event, !told.isFinal, told.number == iteration { stop.stop() }
        }
        let error = #expect(throws: TrainingError.self) {
            try bench.run(lake, options).run(observer: observer, until: stop)
        }
        #expect(error?.code == .stopped)
    }

    private func resumed(_ observer: Recorder) -> Int? {
        observer.collect { if case .resuming(let iteration, _, _) = $0 { iteration } else { nil } }.first
    }

    private func files(_ bench: TrainingRunTests.Bench) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: bench.models.workFolder)
    }

    @Test func aRunThatWasCutShortGoesOnAndComesToTheSameModel() throws {
        let lake = MemoryLake(tastes.events())
        let whole = try TrainingRunTests.Bench(now: tastes.now)
        let expected = try whole.run(lake, options()).run().record.manifest
        let bench = try TrainingRunTests.Bench(now: tastes.now)
        try cut(bench, lake, after: 5, options())
        #expect(try files(bench).count == 1)
        let observer = Recorder()
        let manifest = try bench.run(lake, options()).run(observer: observer).record.manifest
        #expect(resumed(observer) == 4)
        #expect(observer.iterations.filter { !$0.isFinal }.map(\.number) == [5, 6, 7, 8])
        #expect(manifest.parameters["iterations-done"] == "8")
        #expect(manifest.objective.count == expected.objective.count)
        for (value, wanted) in zip(manifest.objective, expected.objective) {
            #expect(abs(value - wanted) <= 1e-6 * wanted)
        }
        #expect(try files(bench).isEmpty, "a run that has come to its end leaves no checkpoint")
    }

    @Test func theResumedRunReadsTheLakeVersionItBeganWith() throws {
        let bench = try TrainingRunTests.Bench(now: tastes.now)
        try cut(bench, MemoryLake(tastes.events(), version: 7), after: 3, options())
        let grown = MemoryLake(tastes.events(), version: 9)
        let manifest = try bench.run(grown, options()).run().record.manifest
        #expect(manifest.lakeVersion == 7)
        #expect(try bench.run(grown, options()).run().record.manifest.lakeVersion == 9)
    }

    @Test func otherOptionsOrAnotherVersionBeginAnew() throws {
        let bench = try TrainingRunTests.Bench(now: tastes.now)
        let lake = MemoryLake(tastes.events(), version: 9)
        try cut(bench, lake, after: 5, options())
        var observer = Recorder()
        _ = try bench.run(lake, options { $0.als.alpha = 7 }).run(observer: observer)
        #expect(resumed(observer) == nil)
        bench.clock.advance(milliseconds: 60_000)
        observer = Recorder()
        let manifest = try bench.run(lake, options()).run(lakeVersion: 8, observer: observer).record.manifest
        #expect(resumed(observer) == nil && manifest.lakeVersion == 8)
    }

    @Test(arguments: ["cut", "flipped", "foreign"]) func aDamagedCheckpointIsToldAndNotUsed(how: String) throws {
        let bench = try TrainingRunTests.Bench(now: tastes.now)
        let lake = MemoryLake(tastes.events())
        try cut(bench, lake, after: 5, options())
        let path = "\(bench.models.workFolder)/\(try #require(try files(bench).first))"
        var bytes = try AtomicFile.read(path)
        switch how {
        case "cut": bytes.removeLast(bytes.count / 3)
        case "flipped": bytes[bytes.count / 2] ^= 4
        default: bytes = Array("something else".utf8)
        }
        try AtomicFile.write(bytes, to: path)
        let observer = Recorder()
        #expect(try bench.run(lake, options()).run(observer: observer).record.status == .published)
        #expect(resumed(observer) == nil)
        let reasons = observer.collect { if case .checkpointIgnored(let reason) = $0 { reason } else { nil } }
        #expect(reasons.count == 1 && reasons[0].contains("damaged"), "\(reasons)")
    }

    @Test func withoutCheckpointsNothingIsKept() throws {
        let bench = try TrainingRunTests.Bench(now: tastes.now)
        try cut(bench, MemoryLake(tastes.events()), after: 5, options { $0.checkpointInterval = 0 })
        #expect(!FileManager.default.fileExists(atPath: bench.models.workFolder))
    }

    @Test func aWarmStartBeginsNearTheEndAndKnowsNothingOfTheHeldOutDays() throws {
        let bench = try TrainingRunTests.Bench(now: tastes.now)
        let lake = MemoryLake(tastes.events())
        let first = try bench.run(lake, options()).run().record.manifest
        func warm(now: Int64) throws -> (Recorder, ModelManifest) {
            bench.clock.advance(milliseconds: 60_000)
            let observer = Recorder()
            let run = try bench.run(lake, options { $0.isWarmStart = true })
            return (observer, try run.run(now: now, observer: observer).record.manifest)
        }
        func start(_ observer: Recorder) -> [Int] {
            observer.collect { if case .warmStart(_, let known, _) = $0 { known } else { nil } }
        }
        // The same window holds out the same days, which the factors to start from have not seen.
        let (observer, manifest) = try warm(now: tastes.now)
        #expect(start(observer) == [120])
        #expect(manifest.parameters["started-from"] == first.version)
        let cold = Recorder()
        bench.clock.advance(milliseconds: 60_000)
        _ = try bench.run(lake, options()).run(observer: cold)
        let warmObjective = try #require(observer.iterations.first).objective
        let coldObjectives = cold.iterations.map(\.objective)
        #expect(warmObjective < coldObjectives[1], "\(warmObjective), cold \(coldObjectives)")
        // A window that ends earlier holds out days which they have seen.
        let (early, _) = try warm(now: tastes.now - 10 * 86_400_000)
        #expect(start(early).isEmpty)
        let reasons = early.collect { if case .coldStart(let reason) = $0 { reason } else { nil } }
        #expect(reasons.first?.contains("held out") == true, "\(reasons)")
    }

    @Test func trainingEndsWhenTheHeldOutDaysStopGettingBetter() throws {
        let bench = try TrainingRunTests.Bench(now: tastes.now)
        let observer = Recorder()
        let run = try bench.run(
            MemoryLake(tastes.events()),
            options {
                $0.als.iterations = 60
                $0.earlyStopPatience = 2
                $0.earlyStopInterval = 2
            })
        let manifest = try run.run(observer: observer).record.manifest
        let stops = observer.collect { if case .stoppedEarly(let iteration, _) = $0 { iteration } else { nil } }
        #expect(stops.count == 1 && stops[0] < 60 && stops[0] >= 6, "\(stops)")
        #expect(manifest.parameters["iterations-done"] == "\(stops.first ?? 0)")
    }

    @Test func aSongWithoutListensIsRecommendedByItsArtist() throws {
        let bench = try TrainingRunTests.Bench(now: tastes.now)
        try bench.documents.upsertSongs(
            (0..<30).map { Song(trackID: "g1-s\($0)", title: "Song \($0)", artistID: "artist-1") } + [
                Song(trackID: "new-of-1", title: "New", artistID: "artist-1"),
                Song(trackID: "new-of-nobody", title: "Nobody's", artistID: "artist-9"),
            ])
        let manifest = try bench.run(MemoryLake(tastes.events()), options()).run().record.manifest
        #expect(manifest.items == 121)
        let index = try IVFIndex(path: bench.models.path(version: manifest.version, file: "items.ivf"))
        let vectors = Dictionary(
            uniqueKeysWithValues: (0..<Int32(index.count)).map { (index.id(of: $0), index.vector(of: $0)) })
        let new = try #require(vectors["new-of-1"])
        #expect(vectors["new-of-nobody"] == nil)
        for (factor, value) in new.enumerated() {
            let mean = (0..<30).compactMap { vectors["g1-s\($0)"]?[factor] }.reduce(0, +) / 30
            #expect(abs(value - mean) < 1e-4)
        }
    }

    @Test func aKilledPublishTakesNoVectorOfTheModelThatServes() throws {
        let bench = try TrainingRunTests.Bench(now: tastes.now)
        let lake = MemoryLake(tastes.events())
        let serving = try bench.run(lake, options()).run().record.manifest.version
        // Two runs in a row die amid the vectors: the store is as SIGKILL leaves it.
        for version in ["killed-1", "killed-2"] {
            let half = (0..<40).map { (userID: "u\($0 % 4)-\($0)", values: [Float](repeating: 1, count: 8)) }
            try bench.documents.upsertUserVectors(half, modelVersion: version, keeping: serving, at: 1)
        }
        var whole = 0
        try bench.documents.forEachUserVector(modelVersion: serving) { _, _ in whole += 1 }
        #expect(whole == 80)
    }
}
