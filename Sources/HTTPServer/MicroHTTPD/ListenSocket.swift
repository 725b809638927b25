import Glibc

/// Opens the socket a server listens on. Done here and not by libmicrohttpd, whose only word for a taken port is NULL.
enum ListenSocket {
    private static let backlog: Int32 = 1024

    /// - Returns: a listening, non-blocking socket and the port it got.
    /// - Throws: `HTTPServerError` that names address, port and what the system said.
    static func open(host: String, port: Int) throws -> (descriptor: Int32, port: Int) {
        guard (0...65535).contains(port) else { throw HTTPServerError.badOption("port \(port) is not 0 to 65535") }
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_PASSIVE
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, String(port), &hints, &list)
        guard code == 0, let list else {
            throw HTTPServerError.cannotListen(
                "cannot find the address \(host): \(String(cString: gai_strerror(code)))")
        }
        defer { freeaddrinfo(list) }
        var reason = "no address"
        for entry in sequence(first: list, next: { $0.pointee.ai_next }) {
            switch open(entry.pointee) {
            case .success(let descriptor): return (descriptor, try boundPort(descriptor))
            case .failure(let failure): reason = failure.reason
            }
        }
        throw HTTPServerError.cannotListen("cannot listen on \(host) port \(port): \(reason)")
    }

    private struct Failure: Error { var reason: String }

    private static func open(_ address: addrinfo) -> Result<Int32, Failure> {
        let descriptor = socket(
            address.ai_family, address.ai_socktype | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue),
            address.ai_protocol)
        guard descriptor >= 0 else { return .failure(Failure(reason: String(cString: strerror(errno)))) }
        var yes: Int32 = 1
        let size = socklen_t(MemoryLayout<Int32>.size)
        if setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, size) == 0,
            bind(descriptor, address.ai_addr, address.ai_addrlen) == 0, listen(descriptor, backlog) == 0
        {
            return .success(descriptor)
        }
        let failure = Failure(reason: String(cString: strerror(errno)))
        _ = close(descriptor)
        return .failure(failure)
    }

    private static func boundPort(_ descriptor: Int32) throws -> Int {
        var storage = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let code = withUnsafeMutableBytes(of: &storage) { bytes in
            bytes.withMemoryRebound(to: sockaddr.self) { getsockname(descriptor, $0.baseAddress, &size) }
        }
        guard code == 0 else {
            let reason = String(cString: strerror(errno))
            _ = close(descriptor)
            throw HTTPServerError.cannotListen("cannot read the port that was bound: \(reason)")
        }
        return withUnsafeBytes(of: &storage) { bytes in
            // The port lies at the same place, in network order, in IPv4 and IPv6 addresses.
            Int(UInt16(bigEndian: bytes.load(fromByteOffset: 2, as: UInt16.self)))
        }
    }

    /// The address in text, without the port; `unknown` for a family that has none.
    static func text(of address: UnsafeMutablePointer<sockaddr>?) -> String {
        guard let address else { return "unknown" }
        let isIPv6 = Int32(address.pointee.sa_family) == AF_INET6
        guard isIPv6 || Int32(address.pointee.sa_family) == AF_INET else { return "unknown" }
        let size = isIPv6 ? MemoryLayout<sockaddr_in6>.size : MemoryLayout<sockaddr_in>.size
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(NI_MAXHOST)) { buffer in
            guard
                getnameinfo(
                    address, socklen_t(size), buffer.baseAddress, socklen_t(buffer.count), nil, 0, NI_NUMERICHOST) == 0,
                let start = buffer.baseAddress
            else { return "unknown" }
            return String(cString: start)
        }
    }
}
