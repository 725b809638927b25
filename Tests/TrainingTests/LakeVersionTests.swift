import Domain
import Foundation
import ServiceKit
import Storage
import TestSupport
import Testing
import Training

/// Training from a version of a real lake.
@Suite struct LakeVersionTests {
    let tastes = TasteGroups()

    private func makeLake(_ directory: TemporaryDirectory) throws -> DeltaEventLake {
        try EventLakes.openDelta(uri: "file:\(directory.path("lake"))")
    }

    private func append(_ events: [ListeningEvent], to lake: DeltaEventLake) throws {
        let position = try lake.positions(topic: "t")[0] ?? 0
        var batches: [EventDay: EventBatch] = [:]
        for event in events { batches[event.day, default: EventBatch()].append(event) }
        _ = try lake.append(batches, topic: "t", from: [0: position], to: [0: position + Int64(events.count)]) {}
    }

    @Test func aPastVersionGivesTheSameModelAgainAfterAppendsAndCompaction() throws {
        let bench = try TrainingRunTests.Bench(now: tastes.now)
        let lake = try makeLake(bench.directory)
        let events = tastes.events()
        try append(Array(events.prefix(events.count / 2)), to: lake)
        try append(Array(events.suffix(events.count - events.count / 2)), to: lake)
        let version = try #require(try lake.version())
        func train(_ lakeVersion: Int64?) throws -> (manifest: ModelManifest, vectors: [String: [Float]]) {
            bench.clock.advance(milliseconds: 60_000)
            var options = TrainingRunTests.quick()
            options.isForced = true
            let run = try TrainingRun(
                lake: lake, documents: bench.documents, models: bench.models, options: options, clock: bench.clock)
            let manifest = try run.run(now: tastes.now, lakeVersion: lakeVersion).record.manifest
            var vectors: [String: [Float]] = [:]
            try bench.documents.forEachUserVector(modelVersion: manifest.version) { vectors[$0] = $1 }
            return (manifest, vectors)
        }
        let first = try train(nil)
        #expect(first.manifest.lakeVersion == version)
        var more = TasteGroups()
        more.seed = 99
        try append(more.events(), to: lake)
        try append([.play("somebody", "new", day: tastes.last)], to: lake)
        let changed = try train(nil)
        #expect(changed.manifest.objective != first.manifest.objective)
        _ = try lake.compact()
        let again = try train(version)
        #expect(again.manifest.lakeVersion == version && again.manifest.events == first.manifest.events)
        #expect(again.manifest.objective == first.manifest.objective)
        #expect(again.manifest.metrics == first.manifest.metrics)
        #expect(again.vectors == first.vectors)
    }

    @Test func compactionChangesNeitherMatrixNorModel() throws {
        let bench = try TrainingRunTests.Bench(now: tastes.now)
        let lake = try makeLake(bench.directory)
        let events = tastes.events()
        for part in 0..<3 {
            try append(events.indices.filter { $0 % 3 == part }.map { events[$0] }, to: lake)
        }
        var options = TrainingRunTests.quick()
        func read(threads: Int) throws -> ListenMatrix {
            options.threadCount = threads
            return try ListenMatrixReader(lake: lake, options: options, now: tastes.now).read()
        }
        let before = try read(threads: 1)
        #expect(try lake.compact().days.count > 10)
        let after = try read(threads: 4)
        #expect(before.lakeVersion < after.lakeVersion)
        #expect(before.userIDs == after.userIDs && before.trackIDs == after.trackIDs)
        #expect(before.all == after.all && before.earlier == after.earlier && before.heldOut == after.heldOut)
    }

    @Test func aVersionThatIsNotThereIsSaidInASentence() throws {
        let bench = try TrainingRunTests.Bench(now: tastes.now)
        let lake = try makeLake(bench.directory)
        try append(tastes.events(), to: lake)
        let newest = try #require(try lake.version())
        let run = try TrainingRun(
            lake: lake, documents: bench.documents, models: bench.models, options: TrainingRunTests.quick())
        let error = #expect(throws: TrainingError.self) { try run.run(now: tastes.now, lakeVersion: newest + 5) }
        #expect(error?.code == .notFound)
        #expect(error?.reason.contains("no version \(newest + 5) of the lake, the newest is \(newest)") == true)
    }

    @Test func aVersionWhoseFilesVacuumRemovedIsSaidInASentence() throws {
        let bench = try TrainingRunTests.Bench(now: tastes.now)
        let lake = try makeLake(bench.directory)
        for event in stride(from: 0, to: 3_000, by: 1_000) {
            try append(Array(tastes.events()[event..<event + 1_000]), to: lake)
        }
        let version = try #require(try lake.version())
        let old = Set(try lake.files().map(\.key))
        _ = try lake.compact()
        let gone = old.subtracting(try lake.files().map(\.key))
        #expect(!gone.isEmpty)
        for key in gone { try FileManager.default.removeItem(atPath: bench.directory.path("lake/\(key)")) }
        let run = try TrainingRun(
            lake: lake, documents: bench.documents, models: bench.models, options: TrainingRunTests.quick())
        let error = #expect(throws: StorageError.self) { try run.run(now: tastes.now, lakeVersion: version) }
        #expect(error?.code == .notFound)
        #expect(error?.reason.contains("version \(version)") == true && error?.reason.contains("vacuum") == true)
        #expect(try run.run(now: tastes.now).record.status == .published)
    }
}
