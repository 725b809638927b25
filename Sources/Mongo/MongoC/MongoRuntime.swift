import CMongoC
import ServiceKit

/// libmongoc's process-wide state. It is never cleaned up: that is only allowed when no thread will ever use it again,
/// which a library cannot know.
enum MongoRuntime {
    /// Starts libmongoc, once, before its first use.
    static func start() { _ = started }

    private static let started: Bool = {
        mongoc_init()
        mongoc_log_set_handler(
            { level, domain, message, _ in
                guard let domain, let message else { return }
                MongoRuntime.log(level, String(cString: domain), String(cString: message))
            }, nil)
        return true
    }()

    private static let logger = Logger(label: "mongo")

    private static func log(_ level: mongoc_log_level_t, _ domain: String, _ message: String) {
        let metadata: LogMetadata = ["from": "libmongoc \(domain)"]
        switch level {
        case MONGOC_LOG_LEVEL_ERROR, MONGOC_LOG_LEVEL_CRITICAL: logger.error(message, metadata)
        // The server has ended a transaction that lost a race by itself; libmongoc then warns that it cannot end it again.
        case MONGOC_LOG_LEVEL_WARNING where message.hasPrefix("Error in abortTransaction"):
            logger.debug(message, metadata)
        case MONGOC_LOG_LEVEL_WARNING: logger.warning(message, metadata)
        case MONGOC_LOG_LEVEL_MESSAGE, MONGOC_LOG_LEVEL_INFO: logger.info(message, metadata)
        case MONGOC_LOG_LEVEL_DEBUG: logger.debug(message, metadata)
        // Tracing prints every function entered; libmongoc only does it when it was built for that.
        default: break
        }
    }
}
