import Foundation
import Learning
import TestSupport
import Testing

/// What the builder refuses, and that it leaves nothing behind when it does.
struct IVFBuilderTests {
    private func refusal(_ change: (inout IVFItems) -> Void) throws -> LearningError? {
        var items = ClumpedItems(count: 300, dimension: 8).items()
        change(&items)
        return try withTemporaryDirectory { directory in
            let error = #expect(throws: LearningError.self) {
                try IVFIndexBuilder().build(items, to: directory.path("items.ivf"))
            }
            try #expect(FileManager.default.contentsOfDirectory(atPath: directory.path).isEmpty)
            return error
        }
    }

    @Test func itemsThatMakeNoIndexAreRefusedByName() throws {
        try #expect(refusal { $0.vectors[17] = .infinity }?.reason.contains("track-2") == true)
        try #expect(refusal { $0.ids[9] = $0.ids[4] }?.reason.contains("track-4") == true)
        try #expect(refusal { $0.ids[9] = "" }?.code == .invalid)
        try #expect(refusal { $0.vectors.removeLast() }?.code == .invalid)
        try #expect(refusal { $0.gram = GramMatrix(factors: 1, values: [1]) }?.code == .invalid)
        try #expect(
            refusal {
                $0.ids = []
                $0.vectors = []
            }?.code == .invalid)
    }

    @Test func stoppingLeavesNothingBehind() throws {
        let items = ClumpedItems(count: 300, dimension: 8).items()
        try withTemporaryDirectory { directory in
            let error = #expect(throws: LearningError.self) {
                try IVFIndexBuilder().build(items, to: directory.path("items.ivf"), isStopped: { true })
            }
            #expect(error?.code == .stopped)
            try #expect(FileManager.default.contentsOfDirectory(atPath: directory.path).isEmpty)
        }
    }

    @Test func aFolderThatIsNotThereIsNamed() throws {
        let items = ClumpedItems(count: 50, dimension: 8).items()
        let error = #expect(throws: LearningError.self) {
            try IVFIndexBuilder().build(items, to: "/nonexistent-folder/items.ivf")
        }
        #expect(error?.code == .file && error?.reason.contains("/nonexistent-folder/") == true)
    }
}
