import DeltaTable
public import Domain
import ObjectStore
import ServiceKit
import Synchronization

extension DeltaEventLake {
    /// Reads the rows of a span of days as of a lake version, row group by row group.
    @discardableResult
    public func read(
        days: ClosedRange<EventDay>, columns: Set<EventColumn>, version: Int64?,
        _ body: (EventDay, EventColumns) throws -> Void
    ) throws -> Int64 {
        try explaining {
            let (snapshot, files) = try files(of: days, version: version)
            for (day, file) in files {
                try explainingAbsence(of: file, in: snapshot) {
                    try readFile(file, columns: columns) { try body(day, $0) }
                }
            }
            return snapshot.version
        }
    }

    /// Reads the rows of a span of days on several threads, each taking the next file when it is free, the biggest first.
    @discardableResult
    public func read(
        days: ClosedRange<EventDay>, columns: Set<EventColumn>, version: Int64?, threadCount: Int,
        _ body: @escaping @Sendable (EventDay, EventColumns) throws -> Void
    ) throws -> Int64 {
        try explaining {
            let (snapshot, inOrder) = try files(of: days, version: version)
            let files = inOrder.sorted { ($1.file.byteCount, $0.file.path) < ($0.file.byteCount, $1.file.path) }
            let queue = FileQueue(files)
            let work: @Sendable () throws -> Void = { [snapshot] in
                while let (day, file) = queue.next() {
                    do {
                        try self.explainingAbsence(of: file, in: snapshot) {
                            try self.readFile(file, columns: columns) { try body(day, $0) }
                        }
                    } catch {
                        queue.end()
                        throw error
                    }
                }
            }
            let helpers = try (1..<max(1, min(threadCount, files.count))).map { number in
                try WorkerThread(name: "lake-read-\(number)", work)
            }
            // All are waited for, whoever failed: none may call `body` after this returned.
            let outcomes = [Result { try work() }] + helpers.map { helper in Result { try helper.join() } }
            for outcome in outcomes { try outcome.get() }
            return snapshot.version
        }
    }

    private func files(of days: ClosedRange<EventDay>, version: Int64?) throws
        -> (DeltaSnapshot, [(day: EventDay, file: AddFile)])
    {
        guard let snapshot = try version.map({ try table.snapshot(version: $0) }) ?? table.snapshot() else {
            throw DeltaError(
                .notFound, "there is no lake in \(store.location) yet: run `segue ingest` first, it makes one")
        }
        try EventSchema.check(snapshot.metadata, location: store.location)
        let files = try snapshot.files.values.map { (day: try EventPartition.day(of: $0), file: $0) }
            .filter { days.contains($0.day) }
            .sorted { ($0.day, $0.file.path) < ($1.day, $1.file.path) }
        return (snapshot, files)
    }

    /// A file that a past version names and the newest does not may rightly be gone: vacuum removes such files.
    private func explainingAbsence(of file: AddFile, in snapshot: DeltaSnapshot, _ body: () throws -> Void) throws {
        do {
            try body()
        } catch let error as DeltaError where error.code == .corrupt {
            guard let newest = try table.snapshot(), newest.version > snapshot.version,
                !newest.files.values.contains(where: { $0.path == file.path }), try !isThere(try file.objectKey)
            else { throw error }
            throw DeltaError(
                .notFound,
                "version \(snapshot.version) of \(store.location) cannot be read any more: vacuum has removed "
                    + "\(file.path), which only past versions hold; `segue lake history` lists the versions")
        }
    }
}

extension DeltaEventLake {
    func isThere(_ key: String) throws -> Bool {
        do {
            _ = try store.info(key)
            return true
        } catch let error as ObjectStoreError where error.code == .notFound {
            return false
        }
    }
}

/// Files for several readers.
private final class FileQueue: Sendable {
    private let files: [(day: EventDay, file: AddFile)]
    private let position = Atomic<Int>(0)

    init(_ files: [(day: EventDay, file: AddFile)]) { self.files = files }

    func next() -> (day: EventDay, file: AddFile)? {
        let index = position.wrappingAdd(1, ordering: .relaxed).oldValue
        return index < files.count ? files[index] : nil
    }

    /// Hands out nothing more.
    func end() { position.store(files.count, ordering: .relaxed) }
}
