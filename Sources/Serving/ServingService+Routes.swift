import HTTPServer
import ServiceKit
import Storage

extension ServingService {
    /// All routes, in the order of docs/design.md §3.7.
    static func router(
        _ context: ServingContext, _ overview: OperationsOverview, activateModel: ModelActivation?, _ logger: Logger
    ) -> Router {
        var middleware: [any Middleware] = [SameOrigin(), Compression()]
        let access = context.access
        if !access.isOpen { middleware.append(AccessGate(access, publicPatterns: WebRoute.paths)) }
        if let audit = access.audit { middleware.append(AuditTrail(log: audit)) }
        var router = Router(middleware: middleware) { translate($0, logger) }
        SongsRoute.add(to: &router, context)
        SongRoute.add(to: &router, context)
        SimilarRoute.add(to: &router, context)
        SearchRoute.add(to: &router, context)
        PopularRoute.add(to: &router, context)
        NewestRoute.add(to: &router, context)
        HomeRoute.add(to: &router, context)
        NextRoute.add(to: &router, context)
        NewUserRoute.add(to: &router, context)
        BatchRoute.add(to: &router, context)
        TitleRoute.add(to: &router, context)
        EstimateRoute.add(to: &router, context)
        EventsRoute.add(to: &router, context)
        UsersRoute.add(to: &router, context)
        RatingsRoute.add(to: &router, context)
        UserRoute.add(to: &router, context)
        HistoryRoute.add(to: &router, context)
        ListenBrainzRoutes.add(to: &router, context)
        TokenRoute.add(to: &router, access)
        ClientsRoute.add(to: &router, context)
        HealthRoute.add(to: &router, context)
        StatsRoute.add(to: &router, context)
        MetricsRoute.add(to: &router, context)
        AdminRoute.add(to: &router, context, overview, activateModel: activateModel)
        WebRoute.add(to: &router)
        return router
    }

    /// What a client is told of a store or a log that fails; the log is told all of it.
    private static func translate(_ error: any Error, _ logger: Logger) -> HTTPError? {
        logger.error("a request failed", ["error": "\(error)"])
        guard let error = error as? StorageError else { return nil }
        switch error.code {
        case .unavailable, .full:
            return .unavailable("the store or the log cannot be used now; try again", retryAfterSeconds: 2)
        case .notFound: return .notFound("there is no such thing")
        case .invalid, .fenced, .corrupt: return nil
        }
    }

    /// Throws what makes no sense, naming the option.
    static func check(_ options: ServingOptions, hasLake: Bool) throws {
        func require(_ condition: Bool, _ reason: String) throws {
            guard condition else { throw ServingError.badOption(reason) }
        }
        let weights = [options.userWeight, options.songWeight]
        try require(
            weights.allSatisfy { $0.isFinite && $0 >= 0 } && weights.contains { $0 > 0 },
            "the weights of user and song must not be negative, and not both zero")
        try require(
            1 <= options.defaultLimit && options.defaultLimit <= options.maximumLimit && options.maximumLimit <= 10_000,
            "the default limit must be at least 1 and at most the maximum limit, and that at most 10,000")
        try require((0...100_000).contains(options.maximumExcludeCount), "at most 100,000 ids may be excluded")
        try require(options.userVectorLimit >= 1, "at least one user vector must be kept")
        try require(
            options.modelPollInterval > .zero && options.catalogueInterval > .zero, "intervals must be positive")
        try require(
            options.recentUserLimit >= 0 && options.recentListenLimit >= 1 && options.duplicateReach >= 1,
            "the limits of recent listeners, of their listens and of listens remembered must not be negative")
        try require(
            options.recentPollInterval > .zero && options.recentRest >= .zero, "intervals must be positive")
        try require(options.maximumEventCount >= 1, "at least one event must be allowed")
        try require((0...3650).contains(options.historyDays), "the history holds 0 to 3650 days")
        try check(options.access)
        if case .avoid(let days) = options.heardSongs {
            try require(hasLake, "heard songs can only be avoided with the lake at hand; name its address")
            try require((1...3650).contains(days), "heard songs are avoided for 1 to 3650 days")
        }
    }
    private static func check(_ access: AccessOptions) throws {
        func require(_ condition: Bool, _ reason: String) throws {
            guard condition else { throw ServingError.badOption(reason) }
        }
        try require(
            access.tokenLifetime >= .seconds(1) && access.tokenLifetime <= .seconds(86_400),
            "a token must live between a second and a day")
        try require(access.keyLifetime >= access.tokenLifetime, "a signing key must live at least as long as a token")
        try require(
            (0...10_000_000).contains(access.requestsPerMinute)
                && (1...1_000_000).contains(access.tokenRequestsPerMinute),
            "requests a minute must be 0 to 10,000,000, and for a token 1 to 1,000,000")
    }
}
