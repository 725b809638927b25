import CWebAssets
import HTTPServer

/// The web page at `/` and the API's description at `/openapi.json`: files that are part of the program.
enum WebRoute {
    /// Only this server's own files run and show; pictures and songs may come from where the catalogue says.
    private static let policy = [
        "default-src 'self'", "img-src 'self' data: https: http:", "media-src 'self' https: http:", "base-uri 'none'",
        "form-action 'none'", "frame-ancestors 'none'",
    ].joined(separator: "; ")

    static func add(to router: inout Router) {
        let files: [(path: String, contentType: String, asset: web_asset)] = [
            ("/", "text/html; charset=utf-8", web_index_html()), ("/app.css", "text/css; charset=utf-8", web_app_css()),
            ("/app.js", "text/javascript; charset=utf-8", web_app_js()), ("/icon.svg", "image/svg+xml", web_icon_svg()),
            ("/openapi.json", "application/json", web_openapi_json()),
        ]
        for file in files {
            let bytes = UnsafeBufferPointer(start: file.asset.start, count: file.asset.byte_count)
            let asset = StaticAsset(Array(bytes), contentType: file.contentType)
            router.add(.get, file.path) { request in
                var response = asset.response(to: request)
                response.headers.add("Content-Security-Policy", policy)
                response.headers.add("X-Content-Type-Options", "nosniff")
                response.headers.add("Referrer-Policy", "no-referrer")
                return response
            }
        }
    }
}
