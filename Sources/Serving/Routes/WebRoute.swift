import CWebAssets
import HTTPServer

/// The web app at `/`, the operations page at `/admin` and the API's description at `/openapi.json`: files that are part of
/// the program.
enum WebRoute {
    /// Only this server's own files run and show; pictures and songs may come from where the catalogue says, and the tune
    /// of a song without a recording is made in the browser (`blob:`).
    private static let policy = [
        "default-src 'self'", "img-src 'self' data: https: http:", "media-src 'self' blob: https: http:",
        "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
    ].joined(separator: "; ")

    private static var files: UnsafeBufferPointer<web_asset> {
        UnsafeBufferPointer(start: web_assets(), count: web_asset_count())
    }

    /// Where the files are served.
    static let paths = Set(files.map { String(cString: $0.path) })

    static func add(to router: inout Router) {
        for file in files {
            let bytes = UnsafeBufferPointer(start: file.start, count: file.byte_count)
            let asset = StaticAsset(Array(bytes), contentType: String(cString: file.content_type))
            router.add(.get, String(cString: file.path)) { request in
                var response = asset.response(to: request)
                response.headers.add("Content-Security-Policy", policy)
                response.headers.add("X-Content-Type-Options", "nosniff")
                response.headers.add("Referrer-Policy", "no-referrer")
                return response
            }
        }
    }
}
