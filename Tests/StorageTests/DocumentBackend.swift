import Domain
import Foundation
import Mongo
import Storage
import TestSupport
import Testing

/// A place for the shared suite to open stores in.
enum DocumentBackend: String, CaseIterable, CustomTestStringConvertible {
    case sqlite
    case mongo

    /// Those that can run here. `DocumentStoreSuite.mongoIsTested` is skipped, and says why, when MongoDB is not among
    /// them.
    static let available: [DocumentBackend] = MongoServer.isAvailable ? [.sqlite, .mongo] : [.sqlite]

    var testDescription: String { rawValue }

    /// Calls `body` with a function that opens stores on one and the same empty, prepared place; all are closed after.
    func withPlace(_ body: (_ open: () throws -> any DocumentStore) throws -> Void) throws {
        switch self {
        case .sqlite:
            try withTemporaryDirectory { folder in
                try Self.closingAll(uri: "sqlite:\(folder.path("stores/segue.db"))", body)
            }
        case .mongo:
            let database = "segue_test_" + UUID().uuidString.prefix(13).lowercased()
            let uri = try MongoServer.uri(database: database)
            try Self.closingAll(uri: uri, body)
            let pool = try MongoPool(uri: uri)
            defer { pool.close() }
            try pool.withClient { try $0.runWriteCommand(["dropDatabase": 1], in: database) }
        }
    }

    /// Calls `body` with an empty, prepared store.
    func withStore(_ body: (any DocumentStore) throws -> Void) throws {
        try withPlace { open in try body(try open()) }
    }

    private static func closingAll(uri: String, _ body: (() throws -> any DocumentStore) throws -> Void) throws {
        var opened: [any DocumentStore] = []
        defer { for store in opened { store.close() } }
        try body {
            let store = try DocumentStores.open(uri: uri)
            opened.append(store)
            try store.prepare()
            return store
        }
    }
}

extension EventDay {
    /// The day the suites call today.
    static let sample = EventDay(daysSinceEpoch: 20_000)
}

extension [Song] {
    var byID: [String: Song] { Dictionary(uniqueKeysWithValues: map { ($0.trackID, $0) }) }
}
