// libmongoc and libbson 1.23+: the MongoDB client. Imported by the Mongo module only.
#pragma once

#include <mongoc/mongoc.h>

/// The message of an error; a char array in a struct imports as a tuple of 504 elements.
static inline const char *segue_bson_error_message(const bson_error_t *error) {
    return error->message;
}

// `bson_t` is aligned to 128 bytes, more than Swift lays out by itself, so it imports as an opaque type.

/// Bytes of a `bson_t`.
static inline size_t segue_bson_size(void) {
    return sizeof(bson_t);
}

/// Alignment of a `bson_t`.
static inline size_t segue_bson_alignment(void) {
    return _Alignof(bson_t);
}

/// Length of the document in bytes.
static inline size_t segue_bson_length(const bson_t *document) {
    return document->len;
}
