public import ServiceKit
import Synchronization

/// Objects in memory: for tests, demonstrations and fault injection. Nothing survives the process.
public final class MemoryObjectStore: ObjectStore {
    /// A call as the fault hook sees it.
    public struct Call: Sendable, Equatable {
        /// What is being done.
        public enum Kind: Sendable, Equatable {
            case get, info, put, putIfAbsent, list, delete
        }
        /// Before the effect or after it: an error thrown after a write is a reply that got lost.
        public enum Moment: Sendable, Equatable {
            case before, after
        }
        /// What is being done.
        public var kind: Kind
        /// The key, or the prefix of a listing.
        public var key: String
        /// Before or after the effect.
        public var moment: Moment

        /// Makes the record.
        public init(kind: Kind, key: String, moment: Moment) {
            self.kind = kind
            self.key = key
            self.moment = moment
        }
    }

    private struct Object {
        var bytes: [UInt8]
        var modifiedAt: Int64
        var generation: Int
    }

    private struct State {
        var objects: [String: Object] = [:]
        var generation = 0
        var fault: (@Sendable (Call) throws -> Void)?
    }

    private let state = Mutex(State())
    private let clock: any WallClock

    /// An empty store.
    /// - Parameter clock: tells `modifiedAt`.
    public init(clock: any WallClock = SystemWallClock()) { self.clock = clock }

    /// `memory:`
    public var location: String { "memory:" }

    /// Sets what is asked before and after every call and may throw in its place; nil for nothing.
    public func injectFault(_ fault: (@Sendable (Call) throws -> Void)?) {
        state.withLock { $0.fault = fault }
    }

    /// The bytes of an object.
    public func get(_ key: String) throws -> [UInt8] {
        try calling(.get, key) { state in
            guard let object = state.objects[key] else { throw ObjectStoreError.notFound(key, in: location) }
            return object.bytes
        }
    }

    /// Part of an object's bytes.
    public func get(_ key: String, range: Range<Int64>) throws -> [UInt8] {
        let bytes = try get(key)
        guard range.lowerBound >= 0, range.upperBound <= Int64(bytes.count) else {
            throw ObjectStoreError.rangeLeavesObject(range, key: key, byteCount: Int64(bytes.count))
        }
        return Array(bytes[Int(range.lowerBound)..<Int(range.upperBound)])
    }

    /// Size and identity of an object.
    public func info(_ key: String) throws -> ObjectInfo {
        try calling(.info, key) { state in
            guard let object = state.objects[key] else { throw ObjectStoreError.notFound(key, in: location) }
            return Self.info(key, object)
        }
    }

    /// Writes or replaces an object.
    public func put(_ key: String, _ bytes: UnsafeRawBufferPointer) throws {
        let now = clock.now
        try calling(.put, key) { state in
            state.generation += 1
            state.objects[key] = Object(bytes: Array(bytes), modifiedAt: now, generation: state.generation)
        }
    }

    /// Writes an object unless one of that name exists.
    public func putIfAbsent(_ key: String, _ bytes: UnsafeRawBufferPointer) throws -> Bool {
        let now = clock.now
        return try calling(.putIfAbsent, key) { state in
            guard state.objects[key] == nil else { return false }
            state.generation += 1
            state.objects[key] = Object(bytes: Array(bytes), modifiedAt: now, generation: state.generation)
            return true
        }
    }

    /// Visits objects in byte order of the key.
    public func list(prefix: String, after: String?, _ body: (ObjectInfo) throws -> Bool) throws {
        let found = try calling(.list, prefix, checksKey: false) { state in
            state.objects
                .filter { key, _ in
                    key.utf8.starts(with: prefix.utf8) && (after.map { ObjectOrder.precedes($0, key) } ?? true)
                }
                .map { Self.info($0.key, $0.value) }
        }
        for info in found.sorted(by: { ObjectOrder.precedes($0.key, $1.key) }) where try !body(info) { return }
    }

    /// Removes an object.
    public func delete(_ key: String) throws {
        try calling(.delete, key) { state in state.objects[key] = nil }
    }

    /// Begins an object; it appears when the writer finishes.
    public func makeWriter(_ key: String) throws -> any ObjectWriter {
        try ObjectKey.check(key)
        return Writer(store: self, key: key)
    }

    /// Opens an object for random access.
    public func openReader(_ key: String) throws -> any ObjectReader { Reader(key: key, bytes: try get(key)) }

    /// There is never anything left behind in memory.
    public func removeAbandonedWrites(olderThan epochMilliseconds: Int64) throws -> Int { 0 }

    /// Always writable, unless the fault hook says otherwise.
    public func checkWritable() throws { try calling(.put, "check", checksKey: false) { _ in } }

    private func calling<Value>(
        _ kind: Call.Kind, _ key: String, checksKey: Bool = true, _ body: (inout sending State) throws -> sending Value
    ) throws -> Value {
        if checksKey { try ObjectKey.check(key) }
        let fault = state.withLock { $0.fault }
        try fault?(Call(kind: kind, key: key, moment: .before))
        let value = try state.withLock { state in try body(&state) }
        try fault?(Call(kind: kind, key: key, moment: .after))
        return value
    }

    private static func info(_ key: String, _ object: Object) -> ObjectInfo {
        ObjectInfo(
            key: key, byteCount: Int64(object.bytes.count), modifiedAt: object.modifiedAt, etag: "\(object.generation)")
    }

    private final class Writer: ObjectWriter {
        private let store: MemoryObjectStore
        private let key: String
        private var bytes: [UInt8] = []
        private var isOpen = true

        init(store: MemoryObjectStore, key: String) {
            self.store = store
            self.key = key
        }

        var byteCount: Int64 { Int64(bytes.count) }

        func write(_ more: UnsafeRawBufferPointer) throws {
            guard isOpen else { throw ObjectStoreError.finishedWriter(key) }
            bytes.append(contentsOf: more)
        }

        func finish() throws -> ObjectInfo {
            guard isOpen else { throw ObjectStoreError.finishedWriter(key) }
            try store.put(key, bytes)
            isOpen = false
            return try store.info(key)
        }

        func cancel() { isOpen = false }
    }

    private struct Reader: ObjectReader {
        let key: String
        let bytes: [UInt8]

        var byteCount: Int64 { Int64(bytes.count) }

        func read(at offset: Int64, into buffer: UnsafeMutableRawBufferPointer) throws {
            guard offset >= 0, offset <= byteCount, Int64(buffer.count) <= byteCount - offset else {
                throw ObjectStoreError.rangeLeavesObject(
                    offset..<offset + Int64(buffer.count), key: key, byteCount: byteCount)
            }
            bytes.withUnsafeBytes {
                buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[Int(offset)..<Int(offset) + buffer.count]))
            }
        }
    }
}

/// Byte order of keys: the order of S3's listings, which is not always the order of Swift's `<` on strings.
enum ObjectOrder {
    static func precedes(_ left: String, _ right: String) -> Bool {
        left.utf8.lexicographicallyPrecedes(right.utf8)
    }
}
