// zlib 1.2.13+. Imported by the ServiceKit module only.
#pragma once

#include <zlib.h>

// deflateInit2 and inflateInit2 are macros, and macros with arguments do not import.

static inline int segue_deflate_init_gzip(z_stream *stream, int level) {
    // 15 bits of window, + 16 for a gzip wrapper; 8 is zlib's default memory level.
    return deflateInit2(stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
}

static inline int segue_inflate_init(z_stream *stream) {
    // The largest window, + 32 for a gzip or zlib header, whichever is there.
    return inflateInit2(stream, 15 + 32);
}
