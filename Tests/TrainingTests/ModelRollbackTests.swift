import Domain
import ServiceKit
import Storage
import TestSupport
import Testing
import Training

@Suite struct ModelRollbackTests {
    @Test func rollingBackMakesTheFormerModelServeAndKeepsItsVectorsOverTheNextPublish() throws {
        let tastes = TasteGroups()
        let bench = try TrainingRunTests.Bench(now: tastes.now)
        let lake = MemoryLake(tastes.events())
        func train() throws -> String {
            bench.clock.advance(milliseconds: 60_000)
            return try bench.run(lake).run().record.manifest.version
        }
        let first = try train(), second = try train()
        let rollback = ModelRollback(documents: bench.documents, models: bench.models, clock: bench.clock)
        #expect(try rollback.rollBack().manifest.version == first)
        #expect(try bench.documents.currentModel()?.manifest.version == first)
        let user = try #require(try bench.documents.user(id: "u0-0"))
        #expect(user.vector?.modelVersion == first && user.previousVector?.modelVersion == second)
        let third = try train()
        let later = try #require(try bench.documents.user(id: "u0-0"))
        #expect(later.vector?.modelVersion == third && later.previousVector?.modelVersion == first)
        #expect(try bench.documents.currentModel()?.manifest.version == third)
        // The users have given up the second model's vectors, so it cannot come back.
        let error = #expect(throws: TrainingError.self) { try rollback.rollBack(to: second) }
        #expect(error?.reason.contains("no vectors") == true)
    }

    @Test func thereIsNothingToGoBackToBeforeTheFirstModel() throws {
        let tastes = TasteGroups()
        let bench = try TrainingRunTests.Bench(now: tastes.now)
        let rollback = ModelRollback(documents: bench.documents, models: bench.models)
        #expect(throws: TrainingError.self) { try rollback.rollBack() }
        let only = try bench.run(MemoryLake(tastes.events())).run().record.manifest.version
        #expect(throws: TrainingError.self) { try rollback.rollBack() }
        #expect(throws: TrainingError.self) { try rollback.rollBack(to: "20200101T000000Z-000000") }
        #expect(try bench.documents.currentModel()?.manifest.version == only)
    }

    @Test func damagedFilesAreNotMadeCurrent() throws {
        let tastes = TasteGroups()
        let bench = try TrainingRunTests.Bench(now: tastes.now)
        let lake = MemoryLake(tastes.events())
        let first = try bench.run(lake).run().record.manifest.version
        bench.clock.advance(milliseconds: 60_000)
        let second = try bench.run(lake).run().record.manifest.version
        try bench.directory.write("models/\(first)/items.ivf", "damaged")
        #expect(throws: StorageError.self) {
            try ModelRollback(documents: bench.documents, models: bench.models).rollBack()
        }
        #expect(try bench.documents.currentModel()?.manifest.version == second)
    }
}
