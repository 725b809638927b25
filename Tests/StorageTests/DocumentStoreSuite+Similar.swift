import Storage
import Testing

extension DocumentStoreSuite {
    private static func list(_ song: String, _ neighbors: [(String, Float)]) -> SimilarSongs {
        SimilarSongs(trackID: song, neighbors: neighbors.map { .init(trackID: $0.0, cosine: $0.1) })
    }

    @Test(arguments: DocumentBackend.available) func similarSongsOfAVersionAreReadWhenAllAreThere(
        _ backend: DocumentBackend
    ) throws {
        try backend.withStore { store throws in
            #expect(try store.similarSongsModelVersion() == nil)
            #expect(try store.similarSongs(to: "a") == nil)
            let first = Self.list("a", [("b \"quoted\" \\ $x", 0.75), ("c.d", 0.5), ("é", 0.25)])
            try store.upsertSimilarSongs([first], modelVersion: "1")
            #expect(try store.similarSongs(to: "a") == nil, "nobody reads lists that are not current")
            try store.upsertSimilarSongs([Self.list("b", [])], modelVersion: "1")
            try store.setSimilarSongs(modelVersion: "1", count: 2)
            #expect(try store.similarSongsModelVersion() == "1")
            #expect(try store.similarSongs(to: "a") == first)
            #expect(try store.similarSongs(to: "b") == Self.list("b", []))
            #expect(try store.similarSongs(to: "c") == nil)
        }
    }

    @Test(arguments: DocumentBackend.available) func anotherVersionReplacesAllListsAtOnce(
        _ backend: DocumentBackend
    ) throws {
        try backend.withStore { store throws in
            try store.upsertSimilarSongs(
                (0..<6_000).map { Self.list("s\($0)", [("x", 0.5)]) }, modelVersion: "1")
            try store.setSimilarSongs(modelVersion: "1", count: 6_000)
            let new = Self.list("s1", [("y", 0.25)])
            try store.upsertSimilarSongs([new, Self.list("s2", [("z", 1)])], modelVersion: "2")
            #expect(
                try store.similarSongs(to: "s1") == Self.list("s1", [("x", 0.5)]), "the old ones until it is current")
            // Written again by a run that goes on.
            try store.upsertSimilarSongs([Self.list("s2", [("w", 0.125)])], modelVersion: "2")
            try store.setSimilarSongs(modelVersion: "2", count: 2)
            #expect(try store.similarSongs(to: "s1") == new)
            #expect(try store.similarSongs(to: "s2") == Self.list("s2", [("w", 0.125)]))
            #expect(try store.similarSongs(to: "s3") == nil)
            // What the first version had is gone: it cannot become current again.
            #expect(throws: StorageError.self) { try store.setSimilarSongs(modelVersion: "1", count: 6_000) }
            #expect(try store.similarSongsModelVersion() == "2")
        }
    }

    @Test(arguments: DocumentBackend.available) func listsThatAnotherWriterHasRemovedMeanwhileAreMissed(
        _ backend: DocumentBackend
    ) throws {
        try backend.withPlace { open in
            let (mine, others) = (try open(), try open())
            try mine.upsertSimilarSongs([Self.list("a", [("b", 0.5)])], modelVersion: "1")
            try others.upsertSimilarSongs([Self.list("a", [("c", 0.5)])], modelVersion: "2")
            try others.setSimilarSongs(modelVersion: "2", count: 1)
            try mine.upsertSimilarSongs([Self.list("b", [("a", 0.5)])], modelVersion: "1")
            let error = #expect(throws: StorageError.self) { try mine.setSimilarSongs(modelVersion: "1", count: 2) }
            #expect(error?.code == .invalid)
            #expect(try mine.similarSongs(to: "a") == Self.list("a", [("c", 0.5)]))
        }
    }
}
