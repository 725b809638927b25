import Domain
import Learning
import ServiceKit
import Storage
import Synchronization
import TestSupport
import Testing
import Training

@Suite struct TrainingRunTests {
    /// A store, a model folder and a run over a lake.
    struct Bench {
        let directory: TemporaryDirectory
        let documents: SQLiteDocumentStore
        let models: LocalModelStore
        let clock: ManualWallClock

        init(now: Int64) throws {
            directory = try TemporaryDirectory("segue-training")
            documents = try SQLiteDocumentStore(path: directory.path("segue.db"))
            try documents.prepare()
            models = try LocalModelStore(root: directory.path("models"))
            clock = ManualWallClock(now)
        }

        func run(_ lake: MemoryLake, _ options: TrainingOptions = quick()) throws -> TrainingRun {
            try TrainingRun(lake: lake, documents: documents, models: models, options: options, clock: clock)
        }
    }

    static func quick() -> TrainingOptions {
        var options = TrainingOptions()
        options.als.factors = 8
        options.als.iterations = 8
        options.threadCount = 2
        options.earlyStopPatience = 0
        return options
    }

    @Test func aRunPublishesFilesVectorsAndRecordAndFindsTheTastes() throws {
        let tastes = TasteGroups()
        let bench = try Bench(now: tastes.now)
        let outcome = try bench.run(MemoryLake(tastes.events())).run()
        let manifest = outcome.record.manifest
        #expect(outcome.record.status == .published && outcome.record.isCurrent)
        #expect(manifest.version.wholeMatch(of: /\d{8}T\d{6}Z-[0-9a-f]{6}/) != nil)
        #expect(manifest.version.hasPrefix("20260331T120000Z-"))
        #expect(try bench.documents.currentModel()?.manifest == manifest)
        #expect(manifest.users == 80 && manifest.items == 120 && manifest.lakeVersion == 7)
        #expect(manifest.events == 30 * 80 * 4)
        #expect(manifest.windowFrom == "2026-01-01" && manifest.windowThrough == "2026-03-31")
        #expect(manifest.objective.count == TrainingOptions().finalIterations)
        #expect(manifest.parameters["factors"] == "8")
        try bench.models.verify(version: manifest.version)
        let index = try IVFIndex(path: bench.models.path(version: manifest.version, file: "items.ivf"))
        #expect(index.count == 120 && index.modelVersion == manifest.version)
        try expectTastes(of: bench, index)
        // Every taste is as popular as the others, so popularity is right one time in four.
        let own = try #require(manifest.metrics["ndcg@10"]),
            popular = try #require(manifest.metrics["popularity.ndcg@10"])
        #expect(own > 2 * popular, "ndcg@10 \(own), popularity \(popular)")
        #expect(Set(outcome.seconds.keys) == Set(TrainingStage.allCases))
    }

    /// The ten songs nearest to each listener's vector are of the listener's taste.
    private func expectTastes(of bench: Bench, _ index: IVFIndex) throws {
        var listeners = 0
        try bench.documents.forEachUserVector(modelVersion: index.modelVersion) { user, vector in
            listeners += 1
            let scored = (0..<Int32(index.count)).map { item in
                (index.id(of: item), zip(index.vector(of: item), vector).reduce(Float(0)) { $0 + $1.0 * $1.1 })
            }
            let best = scored.sorted { $0.1 > $1.1 }.prefix(10).map(\.0)
            let right = best.count { TasteGroups.group(ofTrack: $0) == "g" + user.dropFirst().prefix(1) }
            #expect(right >= 9, "\(user): \(best)")
        }
        #expect(listeners == 80)
    }

    @Test func onlyTheWindowAndTheNeededColumnsAreRead() throws {
        let tastes = TasteGroups()
        let bench = try Bench(now: tastes.now)
        let lake = MemoryLake(tastes.events())
        var options = Self.quick()
        options.windowDays = 20
        let outcome = try bench.run(lake, options).run()
        let request = try #require(lake.lastRequest)
        #expect(request.days == (try #require(EventDay("2026-03-12")))...tastes.last)
        #expect(request.columns == [.userID, .trackID, .action, .duration, .totalDuration])
        #expect(outcome.record.manifest.events == 20 * 80 * 4)
    }

    @Test func theObserverSeesEveryStageInOrder() throws {
        let tastes = TasteGroups()
        let bench = try Bench(now: tastes.now)
        let observer = Recorder()
        let outcome = try bench.run(MemoryLake(tastes.events())).run(observer: observer)
        #expect(
            observer.stages
                == [.read, .train, .evaluate, .finish, .report, .index, .store, .similar])
        let iterations = observer.iterations
        #expect(iterations.count { !$0.isFinal } == 8 && iterations.count { $0.isFinal } == 4)
        let reads = observer.reads
        #expect(reads.last?.events == 9_600 && reads.last?.expectedEvents == 9_600)
        #expect(observer.published == [outcome.record.manifest.version])
    }

    @Test func whatCannotBeLearnedFromIsSaidInASentence() throws {
        let tastes = TasteGroups()
        let day = tastes.last
        let cases: [(lake: MemoryLake, says: String)] = [
            (MemoryLake([], version: nil), "segue ingest"),
            (MemoryLake([]), "no events at all"),
            (MemoryLake([.play("a", "s", day: day.advanced(by: -400))]), "--window-days"),
            (MemoryLake((0..<20).map { .play("only-one", "s\($0)", day: day) }), "only one listener (only-one)"),
            (MemoryLake((0..<20).map { .play("u\($0)", "the-song", day: day) }), "only one song (the-song)"),
            (MemoryLake((0..<20).map { .play("u\($0)", "s\($0)", day: day, .skip) }), "are skips"),
            (
                MemoryLake(
                    (0..<4).flatMap { user in
                        [.play("u\(user)", "s", day: day, .listen, heard: 1)]
                            + (0..<3).map { _ in ListeningEvent.play("u\(user)", "s", day: day, .skip) }
                    }), "skipped as much"
            ),
        ]
        for (lake, says) in cases {
            let bench = try Bench(now: tastes.now)
            let error = #expect(throws: TrainingError.self) { try bench.run(lake).run() }
            #expect(error?.code == .nothingToLearn)
            #expect(error?.reason.contains(says) == true, "\(String(describing: error))")
            #expect(try bench.documents.models().isEmpty)
            #expect(try bench.models.versions().isEmpty)
        }
    }

    @Test func oneDayIsTrainedAndPublishedWithoutMetrics() throws {
        let tastes = TasteGroups()
        let bench = try Bench(now: tastes.now)
        let outcome = try bench.run(MemoryLake(tastes.events().filter { $0.day == tastes.last })).run()
        #expect(outcome.record.status == .published && outcome.heldOut == nil)
        #expect(outcome.record.manifest.metrics.isEmpty)
    }

    @Test func aWorseRunIsRecordedAndNotPublishedUnlessForced() throws {
        let tastes = TasteGroups()
        let bench = try Bench(now: tastes.now)
        let lake = MemoryLake(tastes.events())
        let good = try bench.run(lake).run().record.manifest.version
        var poor = Self.quick()
        poor.als.factors = 1
        poor.als.regularization = 1_000
        poor.als.iterations = 1
        bench.clock.advance(milliseconds: 60_000)
        let rejected = try bench.run(lake, poor).run().record
        #expect(rejected.status == .rejected && !rejected.isCurrent)
        #expect(rejected.reason?.contains("--force") == true)
        #expect(try bench.documents.currentModel()?.manifest.version == good)
        #expect(try bench.documents.models().map(\.status) == [.rejected, .published])
        #expect(try bench.models.versions() == [good])
        poor.isForced = true
        bench.clock.advance(milliseconds: 60_000)
        let forced = try bench.run(lake, poor).run().record
        #expect(forced.status == .published)
        #expect(try bench.documents.currentModel()?.manifest.version == forced.manifest.version)
    }

    @Test(arguments: ["reading", "iteration", "buildingIndex"])
    func aRunStoppedAnywhereLeavesTheCurrentModel(at moment: String) throws {
        let tastes = TasteGroups()
        let bench = try Bench(now: tastes.now)
        let lake = MemoryLake(tastes.events())
        let good = try bench.run(lake).run().record.manifest.version
        let stop = StopSignal()
        let observer = Recorder { event in if "\(event)".hasPrefix(moment) { stop.stop() } }
        bench.clock.advance(milliseconds: 60_000)
        let error = #expect(throws: TrainingError.self) { try bench.run(lake).run(observer: observer, until: stop) }
        #expect(error?.code == .stopped)
        #expect(try bench.documents.currentModel()?.manifest.version == good)
        #expect(try bench.documents.models().count == 1)
        var vectors = 0
        try bench.documents.forEachUserVector(modelVersion: good) { _, _ in vectors += 1 }
        #expect(vectors == 80)
    }

    @Test func replaysCountHeardSongsAndDiscoveriesDoNot() throws {
        // Everybody plays the same five songs day after day: there is nothing new to discover.
        let tastes = TasteGroups()
        var events: [ListeningEvent] = []
        for offset in 0..<10 {
            for user in 0..<10 {
                for song in 0..<5 {
                    events.append(.play("u\(user)", "s\(user % 2)-\(song)", day: tastes.last.advanced(by: -offset)))
                }
            }
        }
        var options = Self.quick()
        let bench = try Bench(now: tastes.now)
        #expect(try bench.run(MemoryLake(events), options).run().heldOut == nil)
        options.relevance = .replays
        let replayed = try #require(try bench.run(MemoryLake(events), options).run().heldOut)
        #expect(try #require(replayed.values["ndcg@10"]) > 0.99)
    }

    @Test func filesOfOldModelsAreRemoved() throws {
        let tastes = TasteGroups()
        let bench = try Bench(now: tastes.now)
        let lake = MemoryLake(tastes.events())
        var options = Self.quick()
        options.keptModels = 2
        var versions: [String] = []
        for _ in 0..<4 {
            versions.append(try bench.run(lake, options).run().record.manifest.version)
            bench.clock.advance(milliseconds: 60_000)
        }
        #expect(try bench.models.versions() == [versions[3], versions[2]])
        #expect(try bench.documents.models().count == 4)
    }
}

/// Keeps what it is told.
final class Recorder: TrainingObserver {
    private let seen = Mutex<[TrainingEvent]>([])
    private let onEvent: @Sendable (TrainingEvent) -> Void

    init(_ onEvent: @escaping @Sendable (TrainingEvent) -> Void = { _ in }) { self.onEvent = onEvent }

    func collect<Value>(_ pick: (TrainingEvent) -> Value?) -> [Value] {
        let events = seen.withLock { $0 }
        return events.compactMap(pick)
    }

    var stages: [TrainingStage] { collect { if case .stageEnded(let stage, _) = $0 { stage } else { nil } } }
    var iterations: [TrainingIteration] {
        collect { if case .iteration(let iteration) = $0 { iteration } else { nil } }
    }
    var reads: [TrainingReadProgress] { collect { if case .reading(let progress) = $0 { progress } else { nil } } }
    var published: [String] { collect { if case .published(let version) = $0 { version } else { nil } } }

    func observe(_ event: TrainingEvent) {
        seen.withLock { $0.append(event) }
        onEvent(event)
    }
}
