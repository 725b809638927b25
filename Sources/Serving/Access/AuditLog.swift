import Foundation
import Glibc
import HTTPServer
import ServiceKit

/// Writes who changed what: one line of JSON a change, appended to a file that only its owner may read. Never a secret: a line
/// holds names, ids and paths, no bodies, queries or headers.
final class AuditLog: Sendable {
    private let descriptor: Int32
    private let path: String
    private let clock: any WallClock
    private let logger: Logger

    /// Opens the file, making it and its folders when they are not there.
    ///
    /// - Throws: `ServingError` when it cannot be written to.
    init(path: String, clock: any WallClock, logger: Logger) throws {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw ServingError.badOption("the audit log \(path) cannot be written: \(String(cString: strerror(errno)))")
        }
        self.descriptor = descriptor
        self.path = path
        self.clock = clock
        self.logger = logger
    }

    deinit { _ = close(descriptor) }

    /// Appends a line. What cannot be written is told to the daemon's log: the change has been made and must be answered.
    ///
    /// - Parameters:
    ///   - principal: who did it; nil on an open server.
    ///   - subject: id of what was made or removed, where the path does not tell.
    func write(
        _ action: String, by principal: String?, from address: String, status: HTTPStatus, subject: String? = nil
    ) {
        var line = JSONWriter(capacity: 256)
        line.beginObject()
        line.member("time", clock.now)
        line.member("client", principal ?? "anybody")
        line.member("address", address)
        line.member("action", action)
        if let subject { line.member("subject", subject) }
        line.member("status", status.rawValue)
        line.endObject()
        let bytes = line.bytes + [UInt8(ascii: "\n")]
        // In one call, so that lines of several threads and processes do not mix.
        let written = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        guard written == bytes.count else {
            logger.error(
                "a change is not in the audit log",
                ["file": path, "action": action, "error": written < 0 ? String(cString: strerror(errno)) : "short"])
            return
        }
    }
}

/// Writes the changes of routes that do not do so themselves.
struct AuditTrail: Middleware {
    let log: AuditLog
    /// What is a log of its own, or tells more than its path.
    private static let exceptions: Set<String> = [
        "/events", "/1/submit-listens", "/recommend/next", "/recommend/batch", "/token", "/clients",
        "/users/{id}/token",
    ]

    func adapted(to method: HTTPMethod, pattern: String) -> (any Middleware)? {
        switch method {
        case .get, .head, .options: nil
        default: Self.exceptions.contains(pattern) ? nil : self
        }
    }

    func respond(to request: HTTPRequest, next: HTTPHandler) throws -> HTTPResponse {
        let response = try next(request)
        if response.status.rawValue < 400 {
            log.write(
                "\(request.method.name) \(request.path)", by: request.principal, from: request.remoteAddress,
                status: response.status)
        }
        return response
    }
}
