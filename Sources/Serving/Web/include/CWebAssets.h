// The web app's files as bytes of the program. Imported by the Serving module only.
#pragma once

#include <stddef.h>

struct web_asset {
    // Where it is served.
    const char *path;
    const char *content_type;
    const unsigned char *start;
    size_t byte_count;
};

// All files, and how many there are.
const struct web_asset *web_assets(void);
size_t web_asset_count(void);
