import CMicroHTTPD
import Foundation
import ServiceKit
import Synchronization

/// A running libmicrohttpd daemon, the only holder of its handle.
final class Daemon: @unchecked Sendable {
    // Sendable: all fields are set once in `init`; `handle` is used by `stop` alone, which `HTTPServer` calls once, and
    // libmicrohttpd's daemon functions may be called from any thread.
    let core: ServerCore
    let port: Int
    private let handle: OpaquePointer
    private let descriptor: Int32
    private let settings: UnsafeMutablePointer<segue_mhd_options>
    private let texts: [UnsafeMutablePointer<CChar>]

    init(
        options: HTTPServerOptions, router: Router, observers: [any RequestObserver],
        log: @escaping @Sendable (String) -> Void
    ) throws {
        try Self.check(options)
        let texts = try Self.certificate(options.tls)
        let socket: (descriptor: Int32, port: Int)
        do {
            socket = try ListenSocket.open(host: options.host, port: options.port)
        } catch {
            texts.forEach { free($0) }
            throw error
        }
        let settings = UnsafeMutablePointer<segue_mhd_options>.allocate(capacity: 1)
        do {
            core = try ServerCore(options: options, router: router, observers: observers, log: log)
            settings.initialize(to: Self.settings(options, socket.descriptor, texts, core))
            handle = try core.closingOnError { core in
                guard let handle = segue_mhd_start(settings) else { throw core.startError(usesTLS: options.tls != nil) }
                return handle
            }
        } catch {
            settings.deallocate()
            texts.forEach { free($0) }
            _ = close(socket.descriptor)
            throw error
        }
        (self.settings, self.texts, port, descriptor) = (settings, texts, socket.port, socket.descriptor)
        do {
            try core.startSweeper()
        } catch {
            stop()
            throw error
        }
    }

    /// New connections are refused first; the socket stays open until no event thread can accept from its number.
    func stop() {
        core.beginDrain()
        _ = MHD_quiesce_daemon(handle)
        _ = segue_socket_cut(descriptor)
        core.waitUntilIdle()
        core.close()
        MHD_stop_daemon(handle)
        _ = close(descriptor)
        settings.deallocate()
        texts.forEach { free($0) }
    }

    private static func check(_ options: HTTPServerOptions) throws {
        func require(_ condition: Bool, _ reason: String) throws {
            guard condition else { throw HTTPServerError.badOption(reason) }
        }
        try require((0...1024).contains(options.threadCount), "threadCount must be 0 to 1024")
        try require((1...1024).contains(options.workerCount), "workerCount must be 1 to 1024")
        try require((1...1_000_000).contains(options.workerQueueLimit), "workerQueueLimit must be 1 to 1,000,000")
        try require(
            (threadCount(options)...1_000_000).contains(options.connectionLimit),
            "connectionLimit must be at least one an event thread, at most 1,000,000")
        try require((1024...1024 * 1024).contains(options.headerByteLimit), "headerByteLimit must be 1 KiB to 1 MiB")
        try require(options.bodyByteLimit >= 0, "bodyByteLimit must not be negative")
    }

    private static func threadCount(_ options: HTTPServerOptions) -> Int {
        options.threadCount > 0 ? options.threadCount : max(1, ProcessInfo.processInfo.activeProcessorCount)
    }

    private static func settings(
        _ options: HTTPServerOptions, _ descriptor: Int32, _ texts: [UnsafeMutablePointer<CChar>], _ core: ServerCore
    ) -> segue_mhd_options {
        var settings = segue_mhd_options()
        settings.listen_socket = descriptor
        settings.thread_count = UInt32(threadCount(options))
        settings.connection_limit = UInt32(options.connectionLimit)
        settings.connection_limit_per_address = UInt32(max(0, options.connectionLimitPerAddress))
        // The sweeper is exact and cuts first; this one only has to be there.
        let longest = max(options.idleTimeout, options.bodyTimeout, options.answerTimeout).components.seconds
        settings.idle_timeout_seconds = UInt32(clamping: min(longest, 1_000_000) + 2)
        // Twice the limit: a header a little over it is still read whole and gets a problem document; libmicrohttpd's own
        // page answers only what is larger yet. Not more, because libmicrohttpd zeroes the whole of it for every request.
        settings.connection_memory_byte_count = options.headerByteLimit * 2
        settings.certificate = texts.isEmpty ? nil : UnsafePointer(texts[0])
        settings.private_key = texts.isEmpty ? nil : UnsafePointer(texts[1])
        settings.closure = Unmanaged.passUnretained(core).toOpaque()
        settings.handler = Callbacks.handle
        settings.completed = Callbacks.complete
        settings.connection = Callbacks.connection
        settings.target = Callbacks.target
        settings.log = Callbacks.log
        return settings
    }

    private static func certificate(_ tls: HTTPServerTLS?) throws -> [UnsafeMutablePointer<CChar>] {
        guard let tls else { return [] }
        guard segue_mhd_has_tls() != 0 else {
            throw HTTPServerError.badCertificate("this libmicrohttpd was built without TLS; install Debian's")
        }
        let texts = try [tls.certificatePath, tls.keyPath].map { path in
            do {
                return try String(contentsOfFile: path, encoding: .utf8)
            } catch {
                throw HTTPServerError.badCertificate("cannot read \(path): \(error.localizedDescription)")
            }
        }
        for (path, text) in zip([tls.certificatePath, tls.keyPath], texts) where !text.contains("-----BEGIN ") {
            throw HTTPServerError.badCertificate("\(path) is not a PEM file")
        }
        return texts.compactMap { strdup($0) }
    }
}

/// What libmicrohttpd calls. The closure is always the `ServerCore`, which outlives the daemon.
private enum Callbacks {
    static let handle: MHD_AccessHandlerCallback = { closure, connection, _, method, version, data, size, _ in
        guard let connection, let method, let size, let own = ServerConnection.of(connection) else { return .NO }
        return own.handle(method: method, version: version, data: data, byteCount: size)
    }

    static let complete: MHD_RequestCompletedCallback = { _, connection, _, code in
        guard let connection, let own = ServerConnection.of(connection) else { return }
        own.complete(isOK: code == .REQUEST_TERMINATED_COMPLETED_OK)
    }

    static let connection: MHD_NotifyConnectionCallback = { closure, connection, context, code in
        guard let connection, let context, let core = ServerCore.of(closure) else { return }
        if code == .CONNECTION_NOTIFY_STARTED {
            let own = ServerConnection(core: core, handle: connection)
            core.add(own)
            context.pointee = Unmanaged.passRetained(own).toOpaque()
        } else if let pointer = context.pointee {
            let own = Unmanaged<ServerConnection>.fromOpaque(pointer).takeRetainedValue()
            context.pointee = nil
            core.remove(own)
        }
    }

    static let target:
        @convention(c) (UnsafeMutableRawPointer?, UnsafePointer<CChar>?, OpaquePointer?) -> UnsafeMutableRawPointer? = {
            _, text, connection in
            guard let text, let connection else { return nil }
            ServerConnection.of(connection)?.begin(target: text)
            segue_mhd_forget_query(text)
            return nil
        }

    static let log: segue_mhd_log = { closure, line in
        guard let core = ServerCore.of(closure), let line else { return }
        core.log(line: String(cString: line))
    }
}
