// The compiler reads the files themselves (`#embed`, C23), which takes milliseconds; SwiftPM's own way, a Swift array
// literal of every byte, takes seconds for each build of the module.
#include "CWebAssets.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

#define ASSET(name)                                                                                                   \
    struct web_asset web_##name(void) {                                                                               \
        return (struct web_asset){name##_bytes, sizeof name##_bytes};                                                 \
    }

static const unsigned char index_html_bytes[] = {
#embed "index.html"
};
static const unsigned char app_css_bytes[] = {
#embed "app.css"
};
static const unsigned char app_js_bytes[] = {
#embed "app.js"
};
static const unsigned char icon_svg_bytes[] = {
#embed "icon.svg"
};
static const unsigned char openapi_json_bytes[] = {
#embed "openapi.json"
};

ASSET(index_html)
ASSET(app_css)
ASSET(app_js)
ASSET(icon_svg)
ASSET(openapi_json)
