import Domain
import HTTPServer
import Learning
import ServiceKit

/// `GET /stats`: what the daemon holds and what the model is like, for a person and for the operations page.
enum StatsRoute {
    static func add(to router: inout Router, _ context: ServingContext) {
        router.add(.get, "/stats") { _ in
            let snapshot = context.current.value
            return HTTPResponse.json { writer in
                writer.beginObject()
                writer.member("uptime_ms", context.clock.now - context.startedAt)
                writer.key("model")
                if let model = snapshot.model { write(model, to: &writer) } else { writer.null() }
                writer.key("catalogue")
                writer.beginObject()
                writer.member("songs", snapshot.catalogue.count)
                writer.member("read_at", snapshot.parts.catalogueReadAt)
                writer.endObject()
                writer.endObject()
            }
        }
    }

    private static func write(_ model: ServingModel, to writer: inout JSONWriter) {
        let manifest = model.manifest
        writer.beginObject()
        writer.member("version", manifest.version)
        writer.member("created_at", manifest.createdAt)
        writer.member("loaded_at", model.loadedAt)
        writer.member("factors", manifest.factors)
        writer.member("users", manifest.users)
        writer.member("items", manifest.items)
        writer.member("lists", model.index.listCount)
        writer.member("events", manifest.events)
        writer.member("window_from", manifest.windowFrom)
        writer.member("window_through", manifest.windowThrough)
        writer.member("lake_version", manifest.lakeVersion)
        writer.member("cached_users", model.users.count)
        writer.key("metrics")
        writer.beginObject()
        for (name, value) in manifest.metrics.sorted(by: { $0.key < $1.key }) {
            writer.key(escaping: name)
            writer.number(value)
        }
        writer.endObject()
        writer.endObject()
    }
}
