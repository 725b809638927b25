import Domain
import HTTPServer
import Storage

/// `GET /users?cursor=&limit=`: listeners in order of id, a page at a time, with the model version that knows them.
enum UsersRoute {
    static func add(to router: inout Router, _ context: ServingContext) {
        router.add(.get, "/users", .blocking) { request in
            let query = try request.query()
            let limit = try context.limit(query)
            let users = try context.documents.users(after: try PageCursor.decode(query), limit: limit + 1)
            let page = users.prefix(limit)
            return HTTPResponse.json(capacity: 64 + page.count * 96) { writer in
                writer.beginObject()
                writer.key("users")
                writer.beginArray()
                for user in page { write(user, to: &writer) }
                writer.endArray()
                writer.member("next_cursor", users.count > limit ? page.last.map { PageCursor.encode($0.userID) } : nil)
                writer.endObject()
            }
        }
    }

    private static func write(_ user: User, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("id", user.userID)
        writer.member("username", user.username)
        writer.member("model_version", user.vector?.modelVersion)
        writer.member("last_updated", user.lastUpdated)
        writer.endObject()
    }
}
