import Domain
import ServiceKit
import Storage
import Synchronization
import Testing
import Training

@Suite struct SimilarSongListsTests {
    let tastes = TasteGroups()

    @Test func aTrainingLeavesListsOfSongsOfTheSameTaste() throws {
        let bench = try TrainingRunTests.Bench(now: tastes.now)
        // Nobody has heard it, but songs of its artist were.
        try bench.documents.upsertSongs([
            Song(trackID: "g0-new", artistID: "a"), Song(trackID: "g0-s1", artistID: "a"),
        ])
        let record = try bench.run(MemoryLake(tastes.events())).run().record
        #expect(try bench.documents.similarSongsModelVersion() == record.manifest.version)
        #expect(record.manifest.items == 121)
        for song in ["g0-s1", "g3-s29", "g0-new"] {
            let list = try #require(try bench.documents.similarSongs(to: song))
            #expect(list.neighbors.count > 20 && list.neighbors.count <= 50)
            #expect(!list.neighbors.contains { $0.trackID == song })
            for neighbor in list.neighbors.prefix(10) {
                #expect(TasteGroups.group(ofTrack: neighbor.trackID) == TasteGroups.group(ofTrack: song))
            }
            #expect(list.neighbors.map(\.cosine) == list.neighbors.map(\.cosine).sorted(by: >))
            #expect(list.neighbors.allSatisfy { $0.cosine > 0 && $0.cosine <= 1.0001 })
        }
        // It has its artist's only vector.
        let new = try #require(try bench.documents.similarSongs(to: "g0-new"))
        #expect(new.neighbors.first?.trackID == "g0-s1")
    }

    @Test func listsOfTheCurrentModelCanBeMadeAnewAtAnotherLength() throws {
        let bench = try TrainingRunTests.Bench(now: tastes.now)
        var options = TrainingRunTests.quick()
        options.similarSongs = 0
        let version = try bench.run(MemoryLake(tastes.events()), options).run().record.manifest.version
        #expect(try bench.documents.similarSongsModelVersion() == nil)
        options.similarSongs = 7
        let lists = try SimilarSongLists(documents: bench.documents, models: bench.models, options: options)
        #expect(try lists.writeCurrent().manifest.version == version)
        let made = try #require(try bench.documents.similarSongs(to: "g1-s4"))
        #expect(made.neighbors.count == 7)
        // The same as the index finds when it looks everywhere: both are exact.
        options.similarSongs = 3
        _ = try SimilarSongLists(documents: bench.documents, models: bench.models, options: options).writeCurrent()
        #expect(try bench.documents.similarSongs(to: "g1-s4")?.neighbors == Array(made.neighbors.prefix(3)))
    }

    @Test func stoppedWhileListingTheModelServesAndTheFormerListsStay() throws {
        let bench = try TrainingRunTests.Bench(now: tastes.now)
        let lake = MemoryLake(tastes.events())
        let first = try bench.run(lake).run().record.manifest.version
        bench.clock.advance(milliseconds: 60_000)
        let stop = StopSignal()
        let observer = Recorder { if case .findingSimilar = $0 { stop.stop() } }
        let error = #expect(throws: TrainingError.self) { try bench.run(lake).run(observer: observer, until: stop) }
        #expect(error?.code == .stopped && error?.reason.contains("segue similar") == true)
        let current = try #require(try bench.documents.currentModel()?.manifest.version)
        #expect(current != first)
        #expect(try bench.documents.similarSongsModelVersion() == first)
    }

    @Test func withoutAModelThereIsNothingToList() throws {
        let bench = try TrainingRunTests.Bench(now: tastes.now)
        let lists = try SimilarSongLists(
            documents: bench.documents, models: bench.models, options: TrainingRunTests.quick())
        let error = #expect(throws: TrainingError.self) { try lists.writeCurrent() }
        #expect(error?.code == .notFound)
    }
}
