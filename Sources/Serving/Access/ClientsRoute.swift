import HTTPServer
import ServiceKit
import Sodium
import Storage

/// `POST /clients`, `GET /clients`, `DELETE /clients/{id}`, and `POST` and `DELETE /users/{id}/token`: who may use the API. All of
/// them need the admin key or a token of scope `admin`, also on an open server.
///
/// A secret and a listener's token are told once, in the answer that makes them; the store has only what checks them.
enum ClientsRoute {
    private static let bodyByteLimit = 8 * 1024
    private static let nameLimit = 200
    private static let mostRequestsPerMinute = 10_000_000

    static func add(to router: inout Router, _ context: ServingContext) {
        addClients(to: &router, context)
        addListenerTokens(to: &router, context)
    }

    private static func addClients(to router: inout Router, _ context: ServingContext) {
        let control = context.access
        router.add(.post, "/clients", .blocking, bodyByteLimit: bodyByteLimit) { request in
            let administrator = try control.administrator(request)
            let secret = try SecureRandom.text(byteCount: 32)
            let client = try client(try request.json(), secret: secret, context)
            try control.documents.saveClient(client)
            control.audit?.write(
                "POST /clients", by: administrator.name, from: request.remoteAddress, status: .created,
                subject: client.id)
            var response = HTTPResponse.json(status: .created, capacity: 512) { writer in
                write(client, secret: secret, to: &writer)
            }
            response.headers.add("Cache-Control", "no-store")
            return response
        }
        router.add(.get, "/clients", .blocking) { request in
            _ = try control.administrator(request)
            let clients = try control.documents.clients()
            return HTTPResponse.json(capacity: 64 + clients.count * 200) { writer in
                writer.beginObject()
                writer.key("clients")
                writer.beginArray()
                for client in clients { write(client, secret: nil, to: &writer) }
                writer.endArray()
                writer.endObject()
            }
        }
        router.add(.delete, "/clients/{id}", .blocking) { request in
            let administrator = try control.administrator(request)
            let id = request.capture("id")
            guard try control.documents.removeClient(id: id) else {
                throw HTTPError.notFound("there is no client \(id)")
            }
            control.clients.forget(id: id)
            control.audit?.write(
                "DELETE /clients", by: administrator.name, from: request.remoteAddress, status: .noContent, subject: id)
            return HTTPResponse(status: .noContent)
        }
    }

    private static func addListenerTokens(to router: inout Router, _ context: ServingContext) {
        let control = context.access
        router.add(.post, "/users/{id}/token", .blocking, bodyByteLimit: bodyByteLimit) { request in
            let administrator = try control.administrator(request)
            let userID = request.capture("id")
            try context.check(identifier: userID, "id")
            let token = try SecureRandom.text(byteCount: 32)
            try control.documents.saveListenerToken(
                ListenerToken(
                    digest: ListenerTokens.digest(of: token), userID: userID, createdAt: context.clock.now))
            control.audit?.write(
                "POST /users/token", by: administrator.name, from: request.remoteAddress, status: .created,
                subject: userID)
            var response = HTTPResponse.json(status: .created, capacity: 256) { writer in
                writer.beginObject()
                writer.member("user_id", userID)
                writer.member("token", token)
                writer.endObject()
            }
            response.headers.add("Cache-Control", "no-store")
            return response
        }
        router.add(.delete, "/users/{id}/token", .blocking) { request in
            let administrator = try control.administrator(request)
            let userID = request.capture("id")
            try context.check(identifier: userID, "id")
            _ = try control.documents.removeListenerTokens(userID: userID)
            control.audit?.write(
                "DELETE /users/token", by: administrator.name, from: request.remoteAddress, status: .noContent,
                subject: userID)
            return HTTPResponse(status: .noContent)
        }
    }

    private static func client(_ json: JSONValue, secret: String, _ context: ServingContext) throws -> APIClient {
        try json.requireObject()
        let name = try json.requiredString("name")
        guard name.unicodeScalars.count <= nameLimit, !name.unicodeScalars.contains(where: \.isControl) else {
            throw HTTPError.badRequest(
                "name must have at most \(nameLimit) characters and no control character", parameter: "name")
        }
        let words = json["scopes"] == nil ? [Scope.read.rawValue] : try json.strings("scopes", limit: 16)
        let scopes = Set(
            try words.map { word in
                guard let scope = Scope(rawValue: word) else {
                    throw HTTPError.badRequest("scopes must be of read, write, admin", parameter: "scopes")
                }
                return scope
            })
        guard !scopes.isEmpty else { throw HTTPError.badRequest("scopes is empty", parameter: "scopes") }
        let limit = try json.integer(
            "requests_per_minute", in: 0...mostRequestsPerMinute, default: context.options.access.requestsPerMinute)
        return APIClient(
            id: try SecureRandom.text(byteCount: 12), name: name, secretHash: try PasswordHash(of: secret).text,
            scopes: Scope.allCases.filter(scopes.contains).map(\.rawValue), requestsPerMinute: limit,
            createdAt: context.clock.now)
    }

    private static func write(_ client: APIClient, secret: String?, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("client_id", client.id)
        if let secret { writer.member("client_secret", secret) }
        writer.member("name", client.name)
        writer.key("scopes")
        writer.beginArray()
        for scope in client.scopes { writer.string(scope) }
        writer.endArray()
        writer.member("requests_per_minute", client.requestsPerMinute)
        writer.member("created_at", client.createdAt)
        writer.endObject()
    }
}
