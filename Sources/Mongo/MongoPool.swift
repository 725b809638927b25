import CMongoC
import Synchronization

/// How a pool is made. Each is used only when the address does not say otherwise.
public struct MongoPoolOptions: Sendable {
    /// What the server's logs call us.
    public var applicationName = "segue"
    /// How long a call looks for a server fit for it, before it fails as unreachable.
    public var serverSelectionTimeout = Duration.seconds(15)
    /// How long a call waits for a connection when all are in use.
    public var checkOutTimeout = Duration.seconds(30)
    /// How long a connection may stay silent in the middle of a call.
    public var socketTimeout = Duration.seconds(120)

    /// The defaults above.
    public init() {}
}

/// The connections to a MongoDB deployment, and the threads that watch it.
///
/// All calls block and may be made from many threads. The address has libmongoc's options
/// (https://mongoc.org/libmongoc/current/mongoc_uri_t.html), among them `replicaSet`, `tls`, `maxPoolSize`.
public final class MongoPool: @unchecked Sendable {
    // Unchecked because of the C pointer: `mongoc_client_pool_t` may be used from many threads
    // (https://mongoc.org/libmongoc/current/mongoc_client_pool_t.html), and `state` sees that nobody does after it was
    // destroyed.

    /// Hosts and database, without name and password: for messages.
    public let place: String
    /// The database named in the address, or nil.
    public let databaseName: String?
    /// The replica set named in the address, or nil.
    public let replicaSetName: String?

    private let handle: OpaquePointer
    private let state = Mutex(State())

    private struct State {
        var checkedOut = 0
        var isClosed = false
        /// Whether the last one is out and the door is shut: destroying is for him who made it so.
        var isDone: Bool { isClosed && checkedOut == 0 }
    }

    /// Reads the address; connects at the first call.
    ///
    /// - Throws: `MongoError` with the code `invalidAddress`.
    public init(uri: String, options: MongoPoolOptions = MongoPoolOptions()) throws(MongoError) {
        MongoRuntime.start()
        var error = bson_error_t()
        guard let address = mongoc_uri_new_with_error(uri, &error) else {
            throw .invalidAddress(withUnsafePointer(to: error) { String(cString: segue_bson_error_message($0)) })
        }
        defer { mongoc_uri_destroy(address) }
        try Self.apply(options, to: address)
        guard let handle = mongoc_client_pool_new_with_error(address, &error) else {
            throw .invalidAddress(withUnsafePointer(to: error) { String(cString: segue_bson_error_message($0)) })
        }
        // Version 2 tells the server's errors from libmongoc's. It is refused only after the first pop.
        guard mongoc_client_pool_set_error_api(handle, MONGOC_ERROR_API_VERSION_2) else {
            preconditionFailure("the error API is set before the first use")
        }
        self.handle = handle
        databaseName = mongoc_uri_get_database(address).map { String(cString: $0) }
        replicaSetName = mongoc_uri_get_replica_set(address).map { String(cString: $0) }
        place = Self.place(of: address)
    }

    deinit {
        // Clients hold the pool, so none is out.
        if !state.withLock({ $0.isClosed }) { mongoc_client_pool_destroy(handle) }
    }

    /// Calls `body` with a client, waiting for one when all are in use. The client is good for this thread and this closure
    /// only.
    ///
    /// - Throws: `MongoError` with the code `pool` when the pool is closed or none gets free; or what `body` throws.
    @discardableResult
    public func withClient<R>(_ body: (MongoClient) throws -> R) throws -> R {
        try enter()
        defer { leave() }
        guard let client = mongoc_client_pool_pop(handle) else { throw MongoError.exhausted(place: place) }
        defer { mongoc_client_pool_push(handle, client) }
        return try body(MongoClient(handle: client, place: place))
    }

    /// Refuses further calls and releases the connections, once the calls under way have returned; idempotent, does not
    /// wait.
    public func close() {
        let isLast = state.withLock { state in
            if state.isClosed { return false }
            state.isClosed = true
            return state.isDone
        }
        if isLast { mongoc_client_pool_destroy(handle) }
    }

    private func enter() throws(MongoError) {
        let isOpen = state.withLock { state in
            if !state.isClosed { state.checkedOut += 1 }
            return !state.isClosed
        }
        guard isOpen else { throw .closed(place: place) }
    }

    private func leave() {
        let isLast = state.withLock { state in
            state.checkedOut -= 1
            return state.isDone
        }
        if isLast { mongoc_client_pool_destroy(handle) }
    }

    // MARK: - address

    private static func apply(_ options: MongoPoolOptions, to address: OpaquePointer) throws(MongoError) {
        let timeouts = [
            (MONGOC_URI_SERVERSELECTIONTIMEOUTMS, options.serverSelectionTimeout),
            (MONGOC_URI_WAITQUEUETIMEOUTMS, options.checkOutTimeout),
            (MONGOC_URI_SOCKETTIMEOUTMS, options.socketTimeout),
        ]
        for (name, timeout) in timeouts where !mongoc_uri_has_option(address, name) {
            let milliseconds = Int32(max(1, min(timeout / .milliseconds(1), 1e9)))
            guard mongoc_uri_set_option_as_int32(address, name, milliseconds) else {
                throw .invalidAddress("\(name) cannot be \(milliseconds)")
            }
        }
        if mongoc_uri_get_appname(address) == nil && !mongoc_uri_set_appname(address, options.applicationName) {
            throw .invalidAddress("the application name “\(options.applicationName)” is not one")
        }
    }

    private static func place(of address: OpaquePointer) -> String {
        var hosts: [String] = []
        var next = mongoc_uri_get_hosts(address)
        while let host = next {
            hosts.append(
                withUnsafePointer(to: host.pointee.host_and_port) { pointer in
                    String(cString: UnsafeRawPointer(pointer).assumingMemoryBound(to: CChar.self))
                })
            next = UnsafePointer(host.pointee.next)
        }
        let database = mongoc_uri_get_database(address).map { "/" + String(cString: $0) } ?? ""
        return "mongodb://" + hosts.joined(separator: ",") + database
    }
}
