import Domain
import Foundation
import HTTPServer
import Learning
import ServiceKit
import Serving
import Storage
import Synchronization
import TestSupport

/// A daemon over real stores in a folder of its own, with a model whose geometry a test can reason about: song `s<i>`
/// points into direction `i % 4` of four, and is the longer the smaller `i`; listener `u<d>` points into direction `d`.
final class ServingFixture {
    static let dimension = 4

    let directory: TemporaryDirectory
    let store: SQLiteDocumentStore
    let documents: FaultyDocumentStore
    let models: LocalModelStore
    let log = MemoryEventLog()
    let clock = ManualWallClock(1_700_000_000_000)
    let metrics = MetricsRegistry()
    let lines = LogLines()
    var options = ServingOptions()

    init() throws {
        directory = try TemporaryDirectory("segue-serving")
        store = try SQLiteDocumentStore(path: directory.path("segue.db"))
        try store.prepare()
        documents = FaultyDocumentStore(store)
        models = try LocalModelStore(root: directory.path("models"))
        options.http.port = 0
        options.http.threadCount = 2
        options.modelPollInterval = .milliseconds(5)
        options.catalogueInterval = .milliseconds(20)
    }

    deinit { store.close() }

    func makeService(lake: (any EventLake)? = nil) throws -> ServingService {
        try ServingService(
            options: options, documents: documents, models: models, lake: lake, eventLog: log, clock: clock,
            metrics: metrics,
            logger: Logger(label: "serve", output: lines))
    }

    /// A daemon with `songs` songs, four listeners and a model of all of them.
    func makeLoadedService(songs: Int = 40) throws -> ServingService {
        try addSongs(songs)
        try publish(version: "m1", items: songs)
        let service = try makeService()
        try service.refresh()
        return service
    }

    /// Songs `s0`… with titles; the larger the number, the more plays.
    func addSongs(_ count: Int) throws {
        try store.upsertSongs(
            (0..<count).map {
                Song(trackID: "s\($0)", title: "Title \($0)", artist: "Artist \($0 % 7)", durationMilliseconds: 180_000)
            })
        let today = EventDay(epochMilliseconds: clock.now)
        let plays = Dictionary(uniqueKeysWithValues: (0..<count).map { ("s\($0)", [today: Int64($0 + 1)]) })
        _ = try store.applyPlays(CommitPlays(lakeVersion: try store.appliedCommitsFloor(), plays: plays), today: today)
    }

    static func songVector(_ song: Int) -> [Float] {
        (0..<dimension).map { $0 == song % dimension ? 2 / (1 + Float(song) / 10) : 0.01 * Float(song % 5) }
    }

    static func userVector(_ direction: Int, scale: Float = 1) -> [Float] {
        (0..<dimension).map { $0 == direction ? scale : 0 }
    }

    /// Publishes a model of `items` songs and makes it current. Listener `u<d>` points into direction `d + turn`.
    func publish(version: String, items: Int, turn: Int = 0) throws {
        _ = try models.publish(manifest(version, items)) { folder in
            try writeIndex(version: version, items: items, to: folder + "/items.ivf")
        }
        try store.upsertUserVectors(
            (0..<Self.dimension).map { ("u\($0)", Self.userVector(($0 + turn) % Self.dimension)) },
            modelVersion: version,
            at: clock.now)
        try store.saveModel(ModelRecord(manifest: manifest(version, items), status: .published))
        try store.setCurrentModel(version: version)
    }

    func writeIndex(version: String, items: Int, to path: String) throws {
        let vectors = (0..<items).flatMap { Self.songVector($0) }
        let gram = GramMatrix(
            factors: Self.dimension, values: Array(repeating: 0, count: Self.dimension * Self.dimension))
        var options = IVFIndexBuilder.Options()
        options.listCount = max(1, items / 10)
        options.threadCount = 1
        try IVFIndexBuilder(options: options).build(
            IVFItems(
                ids: (0..<items).map { "s\($0)" }, vectors: vectors, dimension: Self.dimension, gram: gram,
                regularization: 0.1, alpha: 1, modelVersion: version), to: path)
    }

    func manifest(_ version: String, _ items: Int) -> ModelManifest {
        ModelManifest(
            version: version, createdAt: clock.now, factors: Self.dimension, users: Self.dimension, items: items,
            parameters: [:], lakeVersion: 1, windowFrom: "2023-10-01", windowThrough: "2023-11-14", events: 1000,
            metrics: ["ndcg@10": 0.25], objective: [], files: [])
    }
}

/// Talking to a daemon without a socket.
extension ServingService {
    func get(_ target: String) throws -> (response: HTTPResponse, json: JSONValue) {
        let response = respond(to: HTTPRequest(target: target))
        return (response, try JSONValue(parsing: response.body))
    }

    func post(_ target: String, _ body: String) throws -> (response: HTTPResponse, json: JSONValue) {
        let response = respond(to: HTTPRequest(method: .post, target: target, body: Array(body.utf8)))
        return (response, try JSONValue(parsing: response.body))
    }
}

extension JSONValue {
    var text: String? { if case .string(let text) = self { text } else { nil } }
    var number: Int64? { if case .integer(let number) = self { number } else { nil } }
    var elements: [JSONValue] { if case .array(let elements) = self { elements } else { [] } }

    /// The ids of an answer's songs.
    var songIDs: [String] { (self["songs"]?.elements ?? []).compactMap { $0["id"]?.text } }
}

/// What was logged.
final class LogLines: LogOutput {
    private let records = Mutex<[LogRecord]>([])
    func write(_ record: LogRecord) { records.withLock { $0.append(record) } }
    var all: [LogRecord] { records.withLock { $0 } }
    func count(containing text: String) -> Int { all.count { $0.message.contains(text) } }
}
