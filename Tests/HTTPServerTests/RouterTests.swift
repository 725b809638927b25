import HTTPServer
import Testing

@Suite struct RouterTests {
    private var router: Router {
        var router = Router()
        router.add(.get, "/") { _ in .text("root") }
        router.add(.get, "/songs") { _ in .text("songs") }
        router.add(.get, "/songs/{id}") { .text("song \($0.capture("id"))") }
        router.add(.put, "/songs/{id}") { .text("put \($0.capture("id"))") }
        router.add(.get, "/songs/latest") { _ in .text("latest") }
        router.add(.get, "/songs/{id}/similar") { .text("similar \($0.capture("id"))") }
        router.add(.get, "/users/{user}/songs/{song}") { .text($0.capture("user") + "/" + $0.capture("song")) }
        router.add(.get, "/broken") { _ in throw Unexpected() }
        return router
    }

    private struct Unexpected: Error {}

    private func get(_ target: String, _ method: HTTPMethod = .get) -> HTTPResponse {
        router.respond(to: HTTPRequest(method: method, target: target))
    }

    private func text(_ response: HTTPResponse) -> String { String(decoding: response.body, as: UTF8.self) }

    @Test(arguments: [
        ("/", "root"), ("/?a=b", "root"), ("/songs", "songs"), ("/songs/7", "song 7"), ("/songs/latest", "latest"),
        ("/songs/latest/similar", "similar latest"), ("/songs/a%20b", "song a b"), ("/songs/a%2Fb", "song a/b"),
        ("/songs/B%C3%A0i", "song Bài"), ("/users/u%31/songs/s", "u1/s"), ("/%73ongs", "songs"), ("/songs/+", "song +"),
        ("http://host.example/songs/7?x", "song 7"), ("http://host.example", "root"), ("/songs/..", "song .."),
    ])
    func aPathReachesItsRoute(target: String, expected: String) {
        let response = get(target)
        #expect(response.status == .ok)
        #expect(text(response) == expected)
    }

    @Test(arguments: ["/nothing", "/songs/", "//songs", "/songs/7/", "/songs//similar", "/SONGS", "/../etc/passwd"])
    func aPathThatIsNotThereIsA404(target: String) {
        let response = get(target)
        #expect(response.status == .notFound)
        #expect(response.contentType == "application/problem+json")
    }

    @Test(arguments: ["/songs/%", "/songs/%2", "/songs/%zz", "/songs/%ff", "/songs/%00", "/songs/%0a", "songs", "*"])
    func aPathThatIsNotWellFormedIsA400(target: String) {
        #expect(get(target).status == .badRequest)
    }

    @Test func aMethodThatIsNotThereIsA405WithTheOnesThatAre() {
        let response = get("/songs/7", .delete)
        #expect(response.status == .methodNotAllowed)
        #expect(response.headers["Allow"] == "GET, HEAD, PUT, OPTIONS")
    }

    @Test func optionsTellsTheMethods() {
        #expect(get("/songs/7", .options).headers["allow"] == "GET, HEAD, PUT, OPTIONS")
        #expect(get("/songs/7", .options).status == .noContent)
        #expect(get("*", .options).status == .noContent)
        #expect(get("/nothing", .options).status == .notFound)
    }

    @Test func headIsGetWithoutTheBody() {
        let response = get("/songs", .head)
        #expect(response.status == .ok)
        #expect(response.body.isEmpty)
        #expect(response.headers["Content-Length"] == "5")
    }

    @Test func anUnknownErrorTellsTheClientNothing() {
        let response = get("/broken")
        #expect(response.status == .internalServerError)
        #expect(!text(response).contains("Unexpected"))
    }

    @Test func anErrorIsTranslated() {
        var router = Router { $0 is Unexpected ? .unavailable("later", retryAfterSeconds: 3) : nil }
        router.add(.get, "/") { _ in throw Unexpected() }
        let response = router.respond(to: HTTPRequest(target: "/"))
        #expect(response.status == .serviceUnavailable)
        #expect(response.headers["Retry-After"] == "3")
    }

    @Test func aProblemDocumentHasTheFieldsOfTheStandard() throws {
        let response = get("/no\"thing?secret=1")
        let document = try JSONValue(parsing: response.body)
        #expect(document["type"] == .string("about:blank"))
        #expect(document["title"] == .string("Not Found"))
        #expect(document["status"] == .integer(404))
        #expect(document["instance"] == .string("/no\"thing"))
    }

    private struct Tag: Middleware {
        let name: String
        func respond(to request: HTTPRequest, next: HTTPHandler) throws -> HTTPResponse {
            var response = try next(request)
            response.headers.add("Via", name)
            return response
        }
    }

    @Test func middlewareStandsAroundInOrder() {
        var router = Router(middleware: [Tag(name: "outer")])
        router.add(.get, "/", middleware: [Tag(name: "inner")]) { _ in .text("x") }
        var seen: [String] = []
        router.respond(to: HTTPRequest(target: "/")).headers.forEach { seen.append("\($0) \($1)") }
        #expect(seen == ["Via inner", "Via outer"])
    }
}
