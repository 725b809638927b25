import Domain
import Foundation
import Storage
import Synchronization
import TestSupport
import Testing

/// A version is there whole or not at all, whatever happens while it is written.
struct ModelStoreTests {
    private func manifest(_ version: String) -> ModelManifest {
        ModelManifest(
            version: version, createdAt: 1_767_225_600_000, factors: 64, users: 10, items: 20,
            parameters: ["alpha": "40", "min-plays": "2"], lakeVersion: 17, windowFrom: "2025-10-03",
            windowThrough: "2025-12-31", events: 1234, metrics: ["ndcg@10": 0.11, "popularity.ndcg@10": 0.02],
            objective: [3.5, 2.25], files: [])
    }

    private func write(_ text: String, _ name: String = "items.ivf") -> (String) throws -> Void {
        { folder in try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)")) }
    }

    private func entries(_ directory: TemporaryDirectory) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: directory.path).filter { $0 != ".lock" }.sorted()
    }

    @Test func publishedVersionIsReadBackWithSizesAndChecksums() throws {
        try withTemporaryDirectory { directory in
            let store = try LocalModelStore(root: directory.path)
            let published = try store.publish(manifest("20260101T000000Z-aaaaaa"), write: write("123456789"))
            // The check value of CRC-32C, RFC 3720.
            #expect(published.files == [ModelFile(name: "items.ivf", byteCount: 9, crc32c: "e3069283")])
            var wanted = manifest("20260101T000000Z-aaaaaa")
            wanted.files = published.files
            #expect(published == wanted)
            #expect(try store.manifest(version: wanted.version) == wanted)
            try store.verify(version: wanted.version)
            let path = try store.path(version: wanted.version, file: "items.ivf")
            #expect(try String(contentsOfFile: path, encoding: .utf8) == "123456789")
            #expect(try entries(directory) == [wanted.version])
        }
    }

    @Test func manifestIsJSONWithSnakeCaseKeysAndParametersAsTheyAre() throws {
        try withTemporaryDirectory { directory in
            let store = try LocalModelStore(root: directory.path)
            let version = try store.publish(manifest("v1"), write: write("x")).version
            let bytes = try Data(contentsOf: URL(fileURLWithPath: directory.path("\(version)/manifest.json")))
            let object = try #require(try JSONSerialization.jsonObject(with: bytes) as? [String: Any])
            #expect(object["lake_version"] as? Int == 17)
            #expect((object["metrics"] as? [String: Double])?["popularity.ndcg@10"] == 0.02)
            #expect((object["parameters"] as? [String: String])?["min-plays"] == "2")
        }
    }

    @Test func versionsAreListedNewestFirstAndOnlyWholeOnes() throws {
        try withTemporaryDirectory { directory in
            let store = try LocalModelStore(root: directory.path)
            for version in ["20260102T000000Z-bbbbbb", "20260103T000000Z-aaaaaa", "20260101T000000Z-cccccc"] {
                _ = try store.publish(manifest(version), write: write("content"))
            }
            try FileManager.default.createDirectory(
                atPath: directory.path("20260104T000000Z-dddddd"), withIntermediateDirectories: false)
            try directory.write("notes.txt", "not a model")
            try Data("cut".utf8).write(to: URL(fileURLWithPath: directory.path("20260102T000000Z-bbbbbb/items.ivf")))
            #expect(try store.versions() == ["20260103T000000Z-aaaaaa", "20260101T000000Z-cccccc"])
        }
    }

    @Test func versionThatIsThereIsNeverChanged() throws {
        try withTemporaryDirectory { directory in
            let store = try LocalModelStore(root: directory.path)
            _ = try store.publish(manifest("v1"), write: write("first"))
            let error = #expect(throws: StorageError.self) {
                try store.publish(manifest("v1"), write: write("second"))
            }
            #expect(error?.code == .invalid)
            let path = try store.path(version: "v1", file: "items.ivf")
            #expect(try String(contentsOfFile: path, encoding: .utf8) == "first")
        }
    }

    @Test func writerThatFailsHalfwayLeavesNothing() throws {
        try withTemporaryDirectory { directory in
            let store = try LocalModelStore(root: directory.path)
            let error = #expect(throws: StorageError.self) {
                try store.publish(manifest("v1")) { folder in
                    try write("half")(folder)
                    throw StorageError(.full, "no space left")
                }
            }
            #expect(error?.code == .full)
            #expect(try entries(directory) == [])
            #expect(try store.versions() == [])
        }
    }

    @Test func diskThatIsFullWhenTheManifestIsWrittenLeavesNothingAndIsRetriable() throws {
        try withTemporaryDirectory { directory in
            let isFull = Mutex(true)
            let store = try LocalModelStore(root: directory.path) { bytes, path in
                try Data(bytes.prefix(10)).write(to: URL(fileURLWithPath: path))
                guard !isFull.withLock({ $0 }) else { throw StorageError(.full, "no space left") }
                try Data(bytes).write(to: URL(fileURLWithPath: path))
            }
            let error = #expect(throws: StorageError.self) { try store.publish(manifest("v1"), write: write("x")) }
            #expect(error?.isRetriable == true)
            #expect(try entries(directory) == [])
            isFull.withLock { $0 = false }
            _ = try store.publish(manifest("v1"), write: write("x"))
            #expect(try store.versions() == ["v1"])
        }
    }

    @Test func whatAKilledRunLeftIsClearedAwayAndNeverListed() throws {
        try withTemporaryDirectory { directory in
            let left = directory.path(".aside-v1-4242-1")
            try FileManager.default.createDirectory(atPath: left, withIntermediateDirectories: false)
            try write("half an index")(left)
            try directory.write(".aside-v1-4242-1/manifest.json", "{ \"version\": \"v1\" ")
            let store = try LocalModelStore(root: directory.path)
            #expect(try store.versions() == [])
            #expect(try entries(directory) == [])
        }
    }

    @Test func folderOfALivingWriterIsNotClearedAway() throws {
        try withTemporaryDirectory { directory in
            let store = try LocalModelStore(root: directory.path)
            _ = try store.publish(manifest("v1")) { folder in
                try write("x")(folder)
                let other = try LocalModelStore(root: directory.path)
                #expect(try other.versions() == [])
                #expect(FileManager.default.fileExists(atPath: folder + "/items.ivf"))
            }
            #expect(try store.versions() == ["v1"])
        }
    }

    @Test func damagedFileIsFoundByVerify() throws {
        try withTemporaryDirectory { directory in
            let store = try LocalModelStore(root: directory.path)
            _ = try store.publish(manifest("v1"), write: write("right"))
            try directory.write("v1/items.ivf", "wrong")
            #expect(throws: StorageError.self) { try store.verify(version: "v1") }
            try directory.write("v1/items.ivf", "righ")
            let error = #expect(throws: StorageError.self) { try store.verify(version: "v1") }
            #expect(error?.code == .corrupt && error?.reason.contains("items.ivf") == true)
        }
    }

    @Test func damagedManifestIsRefusedWithItsPath() throws {
        try withTemporaryDirectory { directory in
            let store = try LocalModelStore(root: directory.path)
            _ = try store.publish(manifest("v1"), write: write("x"))
            try directory.write("v1/manifest.json", "{")
            let error = #expect(throws: StorageError.self) { try store.manifest(version: "v1") }
            #expect(error?.code == .corrupt && error?.reason.contains("v1/manifest.json") == true)
        }
    }

    @Test func removedVersionIsGoneAndRemovingItAgainIsNoError() throws {
        try withTemporaryDirectory { directory in
            let store = try LocalModelStore(root: directory.path)
            _ = try store.publish(manifest("v1"), write: write("x"))
            try store.remove(version: "v1")
            try store.remove(version: "v1")
            #expect(try entries(directory) == [])
            let error = #expect(throws: StorageError.self) { try store.manifest(version: "v1") }
            #expect(error?.code == .notFound)
        }
    }

    @Test(arguments: ["", "..", ".aside-x", "a/b", "a\u{0}b", "ä", String(repeating: "x", count: 129)])
    func nameThatCouldLeaveTheFolderIsRefused(_ version: String) throws {
        try withTemporaryDirectory { directory in
            let store = try LocalModelStore(root: directory.path)
            let error = #expect(throws: StorageError.self) { try store.publish(manifest(version), write: write("x")) }
            #expect(error?.code == .invalid)
            #expect(throws: StorageError.self) { try store.remove(version: version) }
        }
    }

    @Test func modelWithoutFilesOrWithFoldersIsRefused() throws {
        try withTemporaryDirectory { directory in
            let store = try LocalModelStore(root: directory.path)
            #expect(throws: StorageError.self) { try store.publish(manifest("v1")) { _ in } }
            #expect(throws: StorageError.self) {
                try store.publish(manifest("v1")) { folder in
                    try FileManager.default.createDirectory(
                        atPath: folder + "/deep", withIntermediateDirectories: false)
                }
            }
            #expect(throws: StorageError.self) {
                try store.publish(manifest("v1"), write: write("{}", "manifest.json"))
            }
            #expect(try entries(directory) == [])
        }
    }

    @Test func manyRunsPublishAtOnce() throws {
        try withTemporaryDirectory { directory in
            let store = try LocalModelStore(root: directory.path)
            let failures = Atomic<Int>(0)
            DispatchQueue.concurrentPerform(iterations: 16) { run in
                do {
                    _ = try store.publish(manifest("v\(run / 2)"), write: write("x"))
                } catch {
                    failures.add(1, ordering: .relaxed)
                }
            }
            #expect(failures.load(ordering: .relaxed) == 8)
            #expect(try store.versions().sorted() == (0..<8).map { "v\($0)" })
            #expect(try entries(directory).count == 8)
        }
    }
}
