import HTTPServer

/// `DELETE /users/{id}`: forgets a listener.
///
/// Taste, name and recent listens are gone when the answer comes, 202 while the lake is being rewritten without the listener's
/// listens, 204 where there is no lake at hand. A listener nobody knows is answered alike. Listens that arrive while the request is
/// carried out go too; whoever listens later is a new listener.
enum UserRoute {
    static func add(to router: inout Router, _ context: ServingContext) {
        router.add(.delete, "/users/{id}", .blocking) { request in
            let userID = request.capture("id")
            try context.check(identifier: userID, "id")
            return HTTPResponse(status: try context.forgetting.forget(userID) ? .accepted : .noContent)
        }
    }
}
