/// Immutable-object storage: named byte strings that are written whole or not at all, listed in order of name.
///
/// The contract is the part of Amazon S3 that a table format needs, so that one table lives on a folder, in memory or on
/// an S3-compatible server alike. All calls block and may be made from many threads. One shared test suite runs against
/// each of `LocalObjectStore`, `MemoryObjectStore` and `S3ObjectStore`.
///
/// A key is a relative path of UTF-8 components joined by `/`: see `ObjectKey.check(_:)`.
public protocol ObjectStore: Sendable {
    /// Where the objects are, for messages: `file:/data/lake`, `s3://bucket/prefix`, `memory:`.
    var location: String { get }

    /// The bytes of an object.
    /// - Throws: `.notFound` when there is none of that name.
    func get(_ key: String) throws -> [UInt8]

    /// The bytes of an object from `range.lowerBound` to `range.upperBound`, exclusive.
    /// - Throws: `.notFound`; `.invalid` when the range leaves the object.
    func get(_ key: String, range: Range<Int64>) throws -> [UInt8]

    /// Size and identity of an object.
    /// - Throws: `.notFound` when there is none of that name.
    func info(_ key: String) throws -> ObjectInfo

    /// Writes or replaces an object, whole or not at all, durable on return.
    func put(_ key: String, _ bytes: UnsafeRawBufferPointer) throws

    /// Writes an object unless one of that name exists; of many callers at once exactly one wins. Durable on return.
    ///
    /// - Returns: false when the object existed; it is untouched.
    /// - Throws: `.unavailable` when the outcome is not known: read the object to find out whose it is.
    func putIfAbsent(_ key: String, _ bytes: UnsafeRawBufferPointer) throws -> Bool

    /// Visits objects whose key starts with `prefix`, in byte order of the key, those after `after` (exclusive) only.
    ///
    /// - Parameter body: returns false to stop.
    func list(prefix: String, after: String?, _ body: (ObjectInfo) throws -> Bool) throws

    /// Removes an object; one that is not there is no error.
    func delete(_ key: String) throws

    /// Begins an object that is written piece by piece; it appears, or replaces, when the writer finishes.
    func makeWriter(_ key: String) throws -> any ObjectWriter

    /// Opens an object for random access.
    /// - Throws: `.notFound` when there is none of that name.
    func openReader(_ key: String) throws -> any ObjectReader

    /// Removes what writers that died have left behind and no `list` shows, if it was begun before `epochMilliseconds`.
    /// - Returns: how many remains were removed.
    @discardableResult
    func removeAbandonedWrites(olderThan epochMilliseconds: Int64) throws -> Int

    /// Throws with what is wrong and what to do when objects cannot be written here now.
    func checkWritable() throws
}

/// What a store knows of an object without its bytes.
public struct ObjectInfo: Sendable, Equatable {
    /// Name inside the store.
    public var key: String
    /// Size in bytes.
    public var byteCount: Int64
    /// When it was last written, epoch milliseconds.
    public var modifiedAt: Int64
    /// Changes whenever the content does; not a checksum. Empty when a listing does not tell.
    public var etag: String

    /// Makes the record.
    public init(key: String, byteCount: Int64, modifiedAt: Int64, etag: String) {
        self.key = key
        self.byteCount = byteCount
        self.modifiedAt = modifiedAt
        self.etag = etag
    }
}

/// Writes one object front to back. Used by one thread at a time; dropped without `finish`, it leaves no object.
public protocol ObjectWriter: AnyObject {
    /// Bytes taken so far.
    var byteCount: Int64 { get }

    /// Takes the next bytes.
    func write(_ bytes: UnsafeRawBufferPointer) throws

    /// Makes the object appear, durable. Nothing may be written afterwards.
    func finish() throws -> ObjectInfo

    /// Drops what was written; idempotent, and nothing after `finish`.
    func cancel()
}

/// Random access to one object, from many threads.
public protocol ObjectReader: Sendable {
    /// Size in bytes when it was opened.
    var byteCount: Int64 { get }

    /// Fills `buffer` from `offset` on.
    /// - Throws: `.invalid` when the range leaves the object, `.corrupt` when it became shorter meanwhile.
    func read(at offset: Int64, into buffer: UnsafeMutableRawBufferPointer) throws
}

extension ObjectStore {
    /// `put` of an array.
    public func put(_ key: String, _ bytes: [UInt8]) throws {
        try bytes.withUnsafeBytes { try put(key, $0) }
    }

    /// `putIfAbsent` of an array.
    public func putIfAbsent(_ key: String, _ bytes: [UInt8]) throws -> Bool {
        try bytes.withUnsafeBytes { try putIfAbsent(key, $0) }
    }

    /// The listing as an array; for prefixes known to be small.
    public func list(prefix: String, after: String? = nil) throws -> [ObjectInfo] {
        var found: [ObjectInfo] = []
        try list(prefix: prefix, after: after) { info in
            found.append(info)
            return true
        }
        return found
    }

    /// The object's bytes, or nil when there is none of that name.
    public func getIfPresent(_ key: String) throws -> [UInt8]? {
        do {
            return try get(key)
        } catch let error as ObjectStoreError where error.code == .notFound {
            return nil
        }
    }
}

extension ObjectWriter {
    /// `write` of an array.
    public func write(_ bytes: [UInt8]) throws {
        try bytes.withUnsafeBytes { try write($0) }
    }
}

extension ObjectReader {
    /// The bytes of `range` as an array.
    public func read(_ range: Range<Int64>) throws -> [UInt8] {
        guard range.lowerBound >= 0, range.upperBound <= byteCount else {
            throw ObjectStoreError.rangeLeavesObject(range, key: "opened object", byteCount: byteCount)
        }
        let count = Int(range.upperBound - range.lowerBound)
        return try [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            try read(
                at: range.lowerBound,
                into: UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[..<count]))
            initialized = count
        }
    }
}

/// The rules of object names.
public enum ObjectKey {
    /// Throws `.invalid` unless `key` is a relative path that stays inside the store: not empty, at most 1024 bytes
    /// (S3's limit), no empty, `.` or `..` component, no control character, no component that begins with `.~`
    /// (reserved for unfinished writes).
    public static func check(_ key: String) throws {
        guard !key.isEmpty, key.utf8.count <= 1024 else {
            throw ObjectStoreError.invalidKey(key, "a key has 1 to 1024 bytes")
        }
        guard !key.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else {
            throw ObjectStoreError.invalidKey(key, "control characters are not allowed")
        }
        for component in key.split(separator: "/", omittingEmptySubsequences: false) {
            guard !component.isEmpty, component != ".", component != "..", !component.hasPrefix(unfinishedPrefix) else {
                throw ObjectStoreError.invalidKey(
                    key, "a component may not be empty, \".\", \"..\" or begin with \"\(unfinishedPrefix)\"")
            }
        }
    }

    /// Begins the file names of unfinished writes. A leading dot hides them from Spark, DuckDB and people alike.
    static let unfinishedPrefix = ".~"
}
