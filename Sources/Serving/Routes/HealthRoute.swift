import HTTPServer

/// `GET /health`: the process answers. `GET /ready`: it has something to recommend, a model or a catalogue; 503 until then.
enum HealthRoute {
    static func add(to router: inout Router, _ context: ServingContext) {
        router.add(.get, "/health") { _ in
            HTTPResponse.json { writer in
                writer.beginObject()
                writer.member("status", "ok")
                writer.endObject()
            }
        }
        router.add(.get, "/ready") { _ in
            let snapshot = context.current.value
            guard snapshot.isReady else {
                throw HTTPError.unavailable(
                    "neither a model nor a catalogue is loaded yet; the daemon's log says why", retryAfterSeconds: 1)
            }
            return HTTPResponse.json { writer in
                writer.beginObject()
                writer.member("status", "ready")
                writer.member("model_version", snapshot.model?.version)
                writer.member("songs", snapshot.catalogue.count)
                writer.endObject()
            }
        }
    }
}
