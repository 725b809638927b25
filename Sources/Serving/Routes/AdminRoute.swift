import HTTPServer
import Storage

/// Makes a published model the current one; given by who wires the daemons, since serving knows nothing of training.
///
/// Throws `StorageError`: `.notFound` for a version nobody knows, `.invalid` for one that cannot serve any more.
public typealias ModelActivation = @Sendable (_ version: String) throws -> Void

/// What the operations page reads and does: `GET /admin/api/overview`, and
/// `POST /admin/api/models/{version}/activate`, which goes back (or forth) to a published model.
enum AdminRoute {
    static func add(
        to router: inout Router, _ context: ServingContext, _ overview: OperationsOverview,
        activateModel: ModelActivation?
    ) {
        router.add(.get, "/admin/api/overview", .blocking) { _ in
            var response = HTTPResponse(contentType: "application/json", body: try overview.json(context))
            response.headers.add("Cache-Control", "no-store")
            return response
        }
        router.add(.post, "/admin/api/models/{version}/activate", .blocking) { request in
            let version = request.capture("version")
            try context.check(identifier: version, "version")
            guard let activateModel else {
                throw HTTPError(.notImplemented, "this daemon cannot change the model; use 'segue models rollback'")
            }
            do {
                try activateModel(version)
            } catch let error as StorageError where error.code == .notFound {
                throw HTTPError.notFound(error.reason)
            } catch let error as StorageError where error.code == .invalid || error.code == .corrupt {
                throw HTTPError(.conflict, error.reason)
            }
            return HTTPResponse.json { writer in
                writer.beginObject()
                writer.member("version", version)
                writer.member("is_current", true)
                writer.endObject()
            }
        }
    }
}
