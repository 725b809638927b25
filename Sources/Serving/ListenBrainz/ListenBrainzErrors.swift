import HTTPServer
import Storage

/// Lets errors of a route be what ListenBrainz's clients read: `{"code": 400, "error": "…"}`.
struct ListenBrainzErrors: Middleware {
    func respond(to request: HTTPRequest, next: HTTPHandler) throws -> HTTPResponse {
        do {
            return try next(request)
        } catch let error as HTTPError {
            return Self.response(error)
        } catch let error as StorageError where error.code == .unavailable || error.code == .full {
            return Self.response(
                .unavailable("the store or the log cannot be used now; try again", retryAfterSeconds: 2))
        }
    }

    /// The answer of an error.
    static func response(_ error: HTTPError) -> HTTPResponse {
        var response = HTTPResponse.json(status: error.status, capacity: 256) { writer in
            writer.beginObject()
            writer.member("code", error.status.rawValue)
            writer.member("error", error.reason)
            writer.endObject()
        }
        for (name, value) in error.headers { response.headers.add(name, value) }
        response.headers.add("Cache-Control", "no-store")
        return response
    }
}
