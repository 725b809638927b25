import Foundation
import ObjectStore
import Testing

struct LocalObjectStoreTests {
    /// Runs `body` on a store in a folder of its own that is removed afterwards.
    private func withStore(_ body: (LocalObjectStore, String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("objects-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(LocalObjectStore(root: folder + "/root/"), folder)
    }

    @Test func passesTheSharedSuite() throws {
        try withStore { store, _ in try ObjectStoreSuite(store: store).run() }
    }

    @Test func aTrailingSlashOfTheRootIsDropped() {
        #expect(LocalObjectStore(root: "/a/b//").location == "file:/a/b")
        #expect(LocalObjectStore(root: "/").root == "/")
        #expect(LocalObjectStore(root: "").root == ".")
    }

    @Test func unfinishedWritesAreHiddenAndCanBeRemoved() throws {
        try withStore { store, folder in
            let dead = try store.makeWriter("day/part")
            try dead.write([1, 2, 3])
            let files = try FileManager.default.contentsOfDirectory(atPath: folder + "/root/day")
            #expect(files.count == 1 && files[0].hasPrefix(".~"))
            #expect(try store.list(prefix: "").isEmpty)
            #expect(try store.removeAbandonedWrites(olderThan: 0) == 0)
            #expect(try store.removeAbandonedWrites(olderThan: Int64.max) == 1)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder + "/root/day").isEmpty)
            dead.cancel()
        }
    }

    @Test func aWriterThatIsDroppedLeavesNothing() throws {
        try withStore { store, folder in
            do {
                let writer = try store.makeWriter("part")
                try writer.write([1])
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder + "/root").isEmpty)
        }
    }

    @Test func aLostRaceLeavesNoTemporaryFile() throws {
        try withStore { store, folder in
            _ = try inParallel(8) { _ in try store.putIfAbsent("one", [1]) }
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder + "/root") == ["one"])
        }
    }

    @Test func aFileInTheWayOfAFolderIsExplained() throws {
        try withStore { store, _ in
            try store.put("name", [1])
            #expect(throws: ObjectStoreError.self) { try store.put("name/inside", [1]) }
            #expect(throws: ObjectStoreError.self) { try store.get("name/inside") }
            #expect(try store.get("name") == [1])
        }
    }

    @Test func aFolderThatCannotBeMadeIsTold() throws {
        let store = LocalObjectStore(root: "/proc/segue-cannot-write-here")
        let error = #expect(throws: ObjectStoreError.self) { try store.put("a", [1]) }
        #expect(error?.reason.contains("/proc/segue-cannot-write-here") == true)
    }

    @Test func systemErrorsSayWhetherWaitingHelpsAndWhatToDo() {
        let full = ObjectStoreError.system("cannot write x", ENOSPC)
        #expect(full.code == .full && full.isRetriable && full.reason.contains("free room"))
        let denied = ObjectStoreError.system("cannot write x", EACCES)
        #expect(denied.code == .denied && !denied.isRetriable && denied.reason.contains("uid"))
        #expect(ObjectStoreError.system("x", EROFS).code == .denied)
        #expect(ObjectStoreError.system("x", EIO).code == .unavailable)
        #expect(ObjectStoreError.system("x", ENOENT).code == .notFound)
    }

    @Test func readersKeepTheirFileWhenItIsReplaced() throws {
        try withStore { store, _ in
            try store.put("file", [1, 2, 3])
            let reader = try store.openReader("file")
            try store.put("file", [9])
            #expect(try reader.read(0..<3) == [1, 2, 3])
        }
    }

    @Test func aTruncatedFileIsToldNotCrashedOn() throws {
        try withStore { store, folder in
            try store.put("file", [UInt8](repeating: 1, count: 10_000))
            let reader = try store.openReader("file")
            #expect(truncate(folder + "/root/file", 100) == 0)
            let error = #expect(throws: ObjectStoreError.self) { try reader.read(0..<10_000) }
            #expect(error?.code == .corrupt)
        }
    }
}
