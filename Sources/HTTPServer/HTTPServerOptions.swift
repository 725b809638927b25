/// What an `HTTPServer` may be told. Every field has a default that is safe on a laptop and on the open network.
public struct HTTPServerOptions: Sendable {
    /// Address or name to listen on.
    public var host = "127.0.0.1"
    /// Port to listen on; 0 lets the system choose.
    public var port = 8080
    /// Event threads; 0 means one a core.
    public var threadCount = 0
    /// Threads for blocking routes.
    public var workerCount = 8
    /// Requests that may wait for a worker before the next is answered 503.
    public var workerQueueLimit = 1024
    /// Connections open at once; further ones wait in the system's backlog.
    public var connectionLimit = 4096
    /// Connections open at once from one address; 0 for no limit of its own.
    public var connectionLimitPerAddress = 0
    /// Bytes of the target.
    public var targetByteLimit = 4 * 1024
    /// Bytes of target and header fields together.
    public var headerByteLimit = 8 * 1024
    /// Bytes of a body, where the route has no limit of its own.
    public var bodyByteLimit = 1024 * 1024
    /// How long a connection may take until its next request's header is whole: the keep-alive time, and what a client
    /// that trickles a header is cut by.
    public var idleTimeout = Duration.seconds(60)
    /// How long a request's body may take.
    public var bodyTimeout = Duration.seconds(30)
    /// How long the peer may take to read an answer.
    public var answerTimeout = Duration.seconds(60)
    /// How long `stop` waits for requests that are under way.
    public var drainTimeout = Duration.seconds(15)
    /// Certificate and key for TLS; nil serves plain HTTP.
    public var tls: HTTPServerTLS?

    /// The defaults.
    public init() {}
}

/// Where the TLS certificate and its key are.
public struct HTTPServerTLS: Sendable {
    /// PEM file of the certificate chain, the server's own first.
    public var certificatePath: String
    /// PEM file of the private key.
    public var keyPath: String

    /// Names the two files.
    public init(certificatePath: String, keyPath: String) {
        self.certificatePath = certificatePath
        self.keyPath = keyPath
    }
}
