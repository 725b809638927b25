// zlib: gzip of HTTP answers. Imported by the HTTPServer module only.
#pragma once

#include <zlib.h>

// deflateInit2 is a macro, and macros with arguments do not import.
static inline int segue_deflate_init_gzip(z_stream *stream, int level) {
    // 15 bits of window, + 16 for a gzip wrapper; 8 is zlib's default memory level.
    return deflateInit2(stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
}
