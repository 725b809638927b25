import Foundation
import ObjectStore
import TestSupport
import Testing

/// The store against moto, a server from PyPI that speaks S3. Skipped, and told so, where `moto_server` is not installed
/// (scripts/setup puts it into `.venv`).
@Suite(
    .serialized,
    .enabled(if: MotoServer.executable != nil, "moto_server is missing: pip install 'moto[server]' in .venv"))
struct S3ObjectStoreTests {
    private func withStore(
        prefix: String = "raw/logs", partByteCount: Int? = nil, _ body: (S3ObjectStore, S3Configuration) throws -> Void
    ) throws {
        let server = try MotoServer.start()
        defer { server.kill() }
        var configuration = S3Configuration(
            bucket: "datalake", prefix: prefix, endpoint: "http://127.0.0.1:\(server.port)",
            credentials: S3Credentials(accessKeyID: "test", secretAccessKey: "test"))
        if let partByteCount { configuration.partByteCount = partByteCount }
        let store = S3ObjectStore(configuration)
        try store.createBucketIfMissing()
        try store.createBucketIfMissing()
        try body(store, configuration)
    }

    @Test func passesTheSharedSuite() throws {
        try withStore { store, _ in try ObjectStoreSuite(store: store).run() }
    }

    @Test func passesTheSharedSuiteWithoutAPrefix() throws {
        try withStore(prefix: "") { store, _ in try ObjectStoreSuite(store: store).run() }
    }

    @Test func bigObjectsGoInParts() throws {
        // S3's rule: all parts but the last have at least 5 MiB.
        try withStore(partByteCount: 5 << 20) { store, _ in
            let piece = (0..<1 << 20).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 9) }
            let writer = try store.makeWriter("big")
            for _ in 0..<12 { try writer.write(piece) }
            #expect(try store.getIfPresent("big") == nil)
            let info = try writer.finish()
            #expect(info.byteCount == 12 << 20 && info.etag.contains("-3"))
            let reader = try store.openReader("big")
            #expect(try reader.read((5 << 20) - 3..<(5 << 20) + 3) == Array(piece.suffix(3) + piece.prefix(3)))
            #expect(try reader.read(11 << 20..<12 << 20) == piece)

            let cancelled = try store.makeWriter("cancelled")
            for _ in 0..<6 { try cancelled.write(piece) }
            cancelled.cancel()
            #expect(try store.getIfPresent("cancelled") == nil)
            #expect(try store.removeAbandonedWrites(olderThan: .max) == 0)
            let abandoned = try store.makeWriter("abandoned")
            for _ in 0..<6 { try abandoned.write(piece) }
            #expect(try store.removeAbandonedWrites(olderThan: 0) == 0)
            #expect(try store.removeAbandonedWrites(olderThan: .max) == 1)
        }
    }

    @Test func longListingsComeInPages() throws {
        try withStore { store, _ in
            let keys = (0..<1105).map { "many/\(1_000_000 + $0)" }
            for key in keys { try store.put(key, [1]) }
            #expect(try store.list(prefix: "many/").map(\.key) == keys)
            #expect(try store.list(prefix: "many/", after: keys[1050]).map(\.key) == Array(keys[1051...]))
        }
    }

    @Test func aMissingBucketIsExplained() throws {
        try withStore { _, configuration in
            var other = configuration
            other.bucket = "nowhere"
            for body in [
                { _ = try S3ObjectStore(other).get("a") }, { try S3ObjectStore(other).put("a", [1]) },
                { _ = try S3ObjectStore(other).list(prefix: "") },
            ] {
                let error = #expect(throws: ObjectStoreError.self) { try body() }
                #expect(error?.code == .invalid && error?.reason.contains("no bucket nowhere") == true)
            }
        }
    }

    @Test func aServerThatComesBackIsWaitedFor() throws {
        let server = try MotoServer.start()
        var configuration = S3Configuration(
            bucket: "datalake", endpoint: "http://127.0.0.1:\(server.port)",
            credentials: S3Credentials(accessKeyID: "test", secretAccessKey: "test"))
        configuration.maximumAttempts = 60
        configuration.longestRetryDelay = .milliseconds(500)
        let store = S3ObjectStore(configuration)
        try store.createBucketIfMissing()
        try store.put("a", [1])
        server.kill()
        Thread {
            do { try server.start() } catch { Issue.record(error) }
        }.start()
        // moto keeps its objects in memory: the bucket is gone, and that is its answer.
        let error = #expect(throws: ObjectStoreError.self) { try store.get("a") }
        #expect(error?.code == .invalid && error?.reason.contains("no bucket") == true)
        server.kill()
    }
}

/// moto's server.
enum MotoServer {
    static let executable = ServerProcess.executable(named: "moto_server")

    static func start() throws -> ServerProcess {
        try ServerProcess(try #require(executable)) { port, _ in ["-H", "127.0.0.1", "-p", "\(port)"] }
    }
}
