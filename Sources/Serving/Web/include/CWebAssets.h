// The web page's files as bytes of the program. Imported by the Serving module only.
#pragma once

#include <stddef.h>

struct web_asset {
    const unsigned char *start;
    size_t byte_count;
};

struct web_asset web_index_html(void);
struct web_asset web_app_css(void);
struct web_asset web_app_js(void);
struct web_asset web_icon_svg(void);
struct web_asset web_openapi_json(void);
