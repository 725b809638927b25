import Foundation
import HTTPServer
public import ServiceKit
public import Serving

extension AccessOptions.Mode: SettingValue {}
extension AccessOptions.Mode: SettingChoice {}

extension Settings {
    enum Serve {
        private static let standard = ServingOptions()

        static let host = ConfigurationKey(
            "serve", "host", default: standard.http.host, "Address to listen on; 0.0.0.0 for every interface.")
        static let port = ConfigurationKey(
            "serve", "port", default: standard.http.port, in: 0...65_535, "Port to listen on; 0 picks a free one.")
        static let threads = ConfigurationKey(
            "serve", "threads", default: standard.http.threadCount, in: 0...1024,
            "Threads that answer; 0 for one a processor.")
        static let connections = ConfigurationKey(
            "serve", "connections", default: standard.http.connectionLimit, in: 1...1_000_000, "Connections at once.")
        static let idleTimeout = ConfigurationKey(
            "serve", "idle_timeout", default: standard.http.idleTimeout, in: .seconds(1)...Duration.seconds(3600),
            "A connection without a request is closed after this.")
        static let userWeight = ConfigurationKey(
            "serve", "user_weight", default: 0.7, in: 0...1, "Share of the listener's taste in the session vector.")
        static let songWeight = ConfigurationKey(
            "serve", "song_weight", default: 0.3, in: 0...1, "Share of the current song in the session vector.")
        static let heardDays = ConfigurationKey(
            "serve", "avoid_heard_days", default: 0, in: 0...3650,
            "Songs heard in the last so many days come only when there are no others; 0: heard songs come again.")
        static let historyDays = ConfigurationKey(
            "serve", "history_days", default: standard.historyDays, in: 0...3650,
            "Days of listening held in memory, for fatigue_days and reasons; 0 reads nothing of the lake.")
        static let defaultLimit = ConfigurationKey(
            "serve", "default_limit", default: standard.defaultLimit, in: 1...10_000,
            "Songs in an answer when the request does not say.")
        static let maximumLimit = ConfigurationKey(
            "serve", "maximum_limit", default: standard.maximumLimit, in: 1...10_000, "Most songs in an answer.")
        static let userVectors = ConfigurationKey(
            "serve", "user_vectors", default: standard.userVectorLimit, in: 1...100_000_000,
            "Listeners kept in memory; the rest is asked from the store.")
        static let recentUsers = ConfigurationKey(
            "serve", "recent_users", default: standard.recentUserLimit, in: 0...10_000_000,
            "Listeners whose listens of the last minutes move their recommendations; 0: none.")
        static let recentRest = ConfigurationKey(
            "serve", "recent_rest", default: standard.recentRest, in: .zero...Duration.seconds(30 * 86_400),
            "How long a song just heard comes only when there are no others.")
        static let modelInterval = ConfigurationKey(
            "serve", "model_interval", default: standard.modelPollInterval,
            in: .milliseconds(100)...Duration.seconds(3600),
            "How often to look for a new model.")
        static let catalogueInterval = ConfigurationKey(
            "serve", "catalogue_interval", default: standard.catalogueInterval,
            in: .seconds(1)...Duration.seconds(86_400),
            "How often songs and play counts are read again.")
        static let certificate = ConfigurationKey(
            "serve", "tls_certificate", default: "", "Certificate chain (PEM) for HTTPS; empty for plain HTTP.")
        static let key = ConfigurationKey("serve", "tls_key", default: "", "Private key (PEM) of the certificate.")
        static let access = ConfigurationKey(
            "serve", "access", default: standard.access.mode,
            "open to anybody, or by tokens (docs/clients.md); auto: open on the loopback, tokens elsewhere.")
        static let adminKeyFile = ConfigurationKey(
            "serve", "admin_key_file", default: "",
            "File of the key that makes clients, 16 characters or more; or the variable SEGUE_ADMIN_KEY.")
        static let tokenLifetime = ConfigurationKey(
            "serve", "token_lifetime", default: standard.access.tokenLifetime,
            in: .seconds(1)...Duration.seconds(86_400), "How long a client's token is good for.")
        static let requestsPerMinute = ConfigurationKey(
            "serve", "requests_per_minute", default: standard.access.requestsPerMinute, in: 0...10_000_000,
            "Limit of clients that are made without one, and of a scrobbler; 0 for none.")
        static let auditLog = ConfigurationKey(
            "serve", "audit_log", default: "data/audit.jsonl",
            "Who changed what, a line of JSON a change; empty for none.")

        static var keys: [any ConfigurationDeclaration] {
            [
                host, port, threads, connections, idleTimeout, userWeight, songWeight, heardDays, historyDays,
                defaultLimit,
                maximumLimit, userVectors, recentUsers, recentRest, modelInterval, catalogueInterval, certificate, key,
                access, adminKeyFile, tokenLifetime, requestsPerMinute, auditLog,
            ]
        }
    }
}

extension ServingOptions {
    /// What the configuration says.
    ///
    /// - Throws: when the file of the admin key cannot be read.
    init(_ configuration: Configuration) throws {
        self.init()
        typealias Keys = Settings.Serve
        http.host = configuration[Keys.host]
        http.port = configuration[Keys.port]
        http.threadCount = configuration[Keys.threads]
        http.connectionLimit = configuration[Keys.connections]
        http.idleTimeout = configuration[Keys.idleTimeout]
        userWeight = Float(configuration[Keys.userWeight])
        songWeight = Float(configuration[Keys.songWeight])
        let days = configuration[Keys.heardDays]
        heardSongs = days == 0 ? .recommend : .avoid(days: days)
        historyDays = configuration[Keys.historyDays]
        defaultLimit = configuration[Keys.defaultLimit]
        maximumLimit = configuration[Keys.maximumLimit]
        userVectorLimit = configuration[Keys.userVectors]
        recentUserLimit = configuration[Keys.recentUsers]
        recentRest = configuration[Keys.recentRest]
        recentListenLimit = max(1, configuration[Settings.Ingest.recentListens])
        modelPollInterval = configuration[Keys.modelInterval]
        catalogueInterval = configuration[Keys.catalogueInterval]
        let (certificate, key) = (configuration[Keys.certificate], configuration[Keys.key])
        if !certificate.isEmpty || !key.isEmpty {
            http.tls = HTTPServerTLS(certificatePath: certificate, keyPath: key)
        }
        access.mode = configuration[Keys.access]
        access.tokenLifetime = configuration[Keys.tokenLifetime]
        access.requestsPerMinute = configuration[Keys.requestsPerMinute]
        let auditLog = configuration[Keys.auditLog]
        access.auditLogPath = auditLog.isEmpty ? nil : auditLog
        access.adminKey = try Self.adminKey(file: configuration[Keys.adminKeyFile])
    }

    /// The variable comes first, as it does for every key. It is no key itself: `segue config` shows all of those.
    private static func adminKey(file: String) throws -> String? {
        if let key = Configuration.processEnvironment["SEGUE_ADMIN_KEY"], !key.isEmpty { return key }
        guard !file.isEmpty else { return nil }
        do {
            return try String(contentsOfFile: file, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
        } catch {
            throw ServiceKitError.invalid(
                "serve.admin_key_file: \(file) cannot be read: \(error.localizedDescription)")
        }
    }
}
