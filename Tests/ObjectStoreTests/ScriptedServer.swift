import Foundation
import Glibc
import Synchronization

/// An HTTP server that answers one request after the other from a script: for faults that a real server does not have on
/// demand. Listens on a port of its own on 127.0.0.1 until it is released.
final class ScriptedServer: Sendable {
    /// What is done with one request.
    enum Reply: Sendable {
        /// Status, headers and body.
        case answer(Int, headers: [String: String] = [:], body: String = "")
        /// The connection is cut after the request was read.
        case hangUp
        /// Fewer bytes than announced, then the connection is cut.
        case truncated(Int, body: String, announced: Int)
    }

    /// A request as it came.
    struct Request: Sendable {
        var line: String
        var headers: [String: String]
        var body: String
    }

    let port: UInt16
    private let listener: Int32
    private let state = Mutex<(replies: [Reply], requests: [Request])>(([], []))

    init(_ replies: [Reply]) throws {
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        let status = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) | listen(listener, 16) | getsockname(listener, $0, &length)
            }
        }
        guard status == 0 else { throw POSIXError(.EIO) }
        port = UInt16(bigEndian: address.sin_port)
        state.withLock { $0.replies = replies }
        Thread { [weak self] in
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0, let self else { return }
                self.serve(connection)
                close(connection)
            }
        }.start()
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    /// The requests so far.
    var requests: [Request] { state.withLock { $0.requests } }

    private func serve(_ connection: Int32) {
        guard let request = read(connection) else { return }
        let reply = state.withLock { state -> Reply in
            state.requests.append(request)
            return state.replies.isEmpty ? .answer(599, body: "no reply left") : state.replies.removeFirst()
        }
        switch reply {
        case .hangUp: return
        case .answer(let status, let headers, let body):
            let lines = headers.map { "\($0.key): \($0.value)\r\n" }.joined()
            send(
                connection,
                "HTTP/1.1 \(status) X\r\n\(lines)Content-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)"
            )
        case .truncated(let status, let body, let announced):
            send(connection, "HTTP/1.1 \(status) X\r\nContent-Length: \(announced)\r\nConnection: close\r\n\r\n\(body)")
        }
    }

    private func send(_ connection: Int32, _ text: String) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    private func read(_ connection: Int32) -> Request? {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let text = String(decoding: bytes, as: UTF8.self)
            if let end = text.firstRange(of: "\r\n\r\n") {
                let lines = text[..<end.lowerBound].split(separator: "\r\n").map(String.init)
                var headers: [String: String] = [:]
                for line in lines.dropFirst() {
                    let parts = line.split(separator: ":", maxSplits: 1)
                    headers[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces)
                }
                let body = text[end.upperBound...]
                if body.utf8.count >= headers["content-length"].flatMap({ Int($0) }) ?? 0 {
                    return Request(line: lines[0], headers: headers, body: String(body))
                }
            }
            let count = recv(connection, &chunk, chunk.count, 0)
            guard count > 0 else { return nil }
            bytes += chunk[..<count]
        }
    }
}
