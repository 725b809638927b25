import Domain
import HTTPServer
import ServiceKit
import Storage

/// What the routes work with.
struct ServingContext: Sendable {
    let options: ServingOptions
    let documents: any DocumentStore
    /// Where what listeners heard is read from; nil without one.
    let lake: (any EventLake)?
    let current: CurrentSnapshot
    let recommender: Recommender
    let ratings: RatingBook
    let intake: EventIntake
    let listens: ListenIntake
    let speed: SpeedLayer
    let forgetting: ListenerForgetting
    let archive: ListenArchive
    let access: AccessControl
    let listenerTokens: ListenerTokens
    let clock: any WallClock
    let metrics: MetricsRegistry
    let startedAt: Int64

    /// A `limit` of the query, within what is allowed.
    func limit(_ query: HTTPQuery) throws(HTTPError) -> Int {
        try query.integer("limit", in: 1...options.maximumLimit, default: options.defaultLimit)
    }

    /// Throws `HTTPError` 400 unless the text can be an identifier (docs/design.md §3.1).
    func check(identifier: String, _ name: String) throws(HTTPError) {
        guard !identifier.isEmpty, identifier.utf8.count <= 256 else {
            throw .badRequest("\(name) must have 1 to 256 bytes", parameter: name)
        }
        guard !identifier.unicodeScalars.contains(where: { $0.isControl }) else {
            throw .badRequest("\(name) holds a control character", parameter: name)
        }
    }
}

extension Unicode.Scalar {
    /// Whether it is of general category Cc: the two blocks of control characters (Unicode 16.0 §23.1).
    var isControl: Bool { value < 0x20 || (0x7F...0x9F).contains(value) }
}
