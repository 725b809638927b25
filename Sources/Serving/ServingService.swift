import Domain
package import HTTPServer
public import ServiceKit
public import Storage

/// The serving daemon: the REST API and the web page over the current model.
///
/// Threads: the HTTP server's event threads and workers, and one that keeps the model and the catalogue current.
public final class ServingService: Service {
    /// `serve`.
    public let name = "serve"
    private let options: ServingOptions
    private let context: ServingContext
    private let refresher: SnapshotRefresher
    private let router: Router
    private let server: HTTPServer
    private let logger: Logger
    private let metrics: MetricsRegistry

    /// Puts the parts together; nothing listens or reads before `run`.
    ///
    /// - Parameters:
    ///   - documents: songs, users, and which model is current.
    ///   - models: the folder of index files.
    ///   - lake: where what listeners heard is read from; needed where heard songs are to be avoided, and to
    ///     tell scrobblers what they submitted.
    ///   - eventLog: takes the events of `POST /events`.
    ///   - activateModel: what the operations page goes back to a former model with; nil refuses it.
    /// - Throws: `ServingError` for options that make no sense.
    public init(
        options: ServingOptions = ServingOptions(), documents: any DocumentStore, models: any ModelStore,
        lake: (any EventLake)? = nil, eventLog: any EventLog, activateModel: ModelActivation? = nil,
        clock: any WallClock = SystemWallClock(),
        metrics: MetricsRegistry = .shared,
        logger: Logger = Logger(label: "serve")
    ) throws {
        try Self.check(options, hasLake: lake != nil)
        self.options = options
        self.logger = logger
        self.metrics = metrics
        let current = CurrentSnapshot()
        let loader = UserVectorLoader(documents: documents, metrics: metrics, logger: logger)
        let ratings = RatingBook()
        let speed = SpeedLayer(
            options: options, documents: documents, current: current, loader: loader, ratings: ratings, clock: clock,
            metrics: metrics, logger: logger)
        let intake = EventIntake(log: eventLog, timeout: options.eventTimeout, metrics: metrics)
        let access = try AccessControl(
            options: options.access, host: options.http.host, documents: documents, clock: clock, logger: logger)
        context = ServingContext(
            options: options, documents: documents, lake: lake, current: current,
            recommender: Recommender(
                options: options, loader: loader, speed: speed, ratings: ratings, clock: clock, metrics: metrics),
            ratings: ratings, intake: intake,
            listens: ListenIntake(intake, speed: speed, reach: options.duplicateReach, metrics: metrics),
            speed: speed,
            forgetting: ListenerForgetting(
                documents: documents, lake: lake, log: eventLog, speed: speed, current: current, options: options,
                clock: clock, logger: logger),
            archive: ListenArchive(lake: lake), access: access, listenerTokens: ListenerTokens(access),
            clock: clock, metrics: metrics, startedAt: clock.now)
        refresher = SnapshotRefresher(
            options: options, documents: documents, models: models, lake: lake, clock: clock, current: current,
            ratings: ratings, speed: speed, metrics: SnapshotMetrics(metrics), logger: logger)
        router = Self.router(
            context, OperationsOverview(log: eventLog, lake: lake), activateModel: activateModel, logger)
        server = HTTPServer(
            options: options.http, router: router,
            observers: [
                RequestMetrics(registry: metrics, router: router),
                AccessLog(options.accessLog, logger: Logger(label: "access")),
            ],
            log: { line in logger.debug("http: \(line)") })
    }

    /// The port it listens on; nil while it does not.
    public var port: Int? { server.port }

    /// Answers a request without a socket: for tests.
    package func respond(to request: HTTPRequest) -> HTTPResponse { router.respond(to: request) }

    /// Reads catalogue and model once, on the calling thread: for tests.
    package func refresh() throws {
        try refresher.refreshRatings(until: StopSignal())
        try refresher.refreshCatalogue(until: StopSignal())
        try refresher.refreshHistory(until: StopSignal())
        try refresher.refreshModel(until: StopSignal())
    }

    /// Takes one turn at the requests to forget listeners, on the calling thread: for tests.
    package func forget() throws { try context.forgetting.carryOut(until: StopSignal()) }

    /// Reads the changes of recent listens once, on the calling thread: for tests.
    ///
    /// - Returns: where to go on.
    package func follow(from cursor: Int64?) throws -> Int64 { try context.speed.follow(from: cursor) }

    /// Serves until `stop`; then answers what is under way and makes the last events durable.
    ///
    /// - Throws: `HTTPServerError` when the address cannot be listened on, and the log's error when its last events
    ///   cannot be made durable.
    public func run(until stop: StopSignal) throws {
        let refreshing = StopSignal()
        let thread = try WorkerThread(name: "serve-refresh") { [refresher] in refresher.run(until: refreshing) }
        let following = try WorkerThread(name: "serve-follow") { [speed = context.speed] in speed.run(until: refreshing)
        }
        let forgetting = try WorkerThread(name: "serve-forget") { [forgetting = context.forgetting] in
            forgetting.run(until: refreshing)
        }
        defer {
            refreshing.stop()
            context.forgetting.wake()
            _ = forgetting.join(upTo: nil)
            _ = thread.join(upTo: nil)
            _ = following.join(upTo: nil)
        }
        try server.start()
        warnOfAccess()
        registerGauges()
        logger.notice(
            "listening", ["url": "http\(options.http.tls == nil ? "" : "s")://\(options.http.host):\(server.port ?? 0)"]
        )
        stop.wait()
        server.stop()
        try context.intake.close()
    }

    private func warnOfAccess() {
        let access = context.access
        if access.isOpen {
            if !AccessOptions().isOpen(host: options.http.host) {
                logger.warning("anybody who reaches this address may use the API (serve.access is open)")
            }
            return
        }
        if options.access.adminKey == nil {
            logger.warning(
                "requests need a token, and without an admin key nobody can make a client: set SEGUE_ADMIN_KEY, "
                    + "serve.admin_key_file, or serve.access to open")
        }
        if options.http.tls == nil, !AccessOptions().isOpen(host: options.http.host) {
            logger.warning("tokens travel in clear: set serve.tls_certificate, or put a proxy with TLS in front")
        }
    }

    private func registerGauges() {
        metrics.gauge("http_connections", "Connections open now.") { [weak server] in
            Double(server?.connectionCount ?? 0)
        }
        metrics.gauge("http_requests_active", "Requests under way.") { [weak server] in
            Double(server?.activeRequestCount ?? 0)
        }
        metrics.gauge("http_requests_waiting", "Requests that wait for a worker.") { [weak server] in
            Double(server?.waitingRequestCount ?? 0)
        }
        metrics.gauge("segue_sessions_users", "Listeners whose recent listens are in memory.") {
            [speed = context.speed] in
            Double(speed.userCount)
        }
        metrics.gauge("segue_user_vector_cache_users", "Listeners in memory.") { [current = context.current] in
            Double(current.value.model?.users.count ?? 0)
        }
    }
}
