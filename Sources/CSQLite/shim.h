// SQLite 3.40+. Imported by the SQLite module only.
#pragma once

#include <sqlite3.h>

// SQLITE_TRANSIENT is a cast of -1 to a function pointer, which Swift does not import.

/// `sqlite3_bind_text64` of UTF-8 that SQLite copies.
static inline int segue_sqlite3_bind_text_copy(
    sqlite3_stmt *statement, int index, const char *text, sqlite3_uint64 byte_count
) {
    return sqlite3_bind_text64(statement, index, text, byte_count, SQLITE_TRANSIENT, SQLITE_UTF8);
}

/// `sqlite3_bind_blob64` of bytes that SQLite copies.
static inline int segue_sqlite3_bind_blob_copy(
    sqlite3_stmt *statement, int index, const void *bytes, sqlite3_uint64 byte_count
) {
    return sqlite3_bind_blob64(statement, index, bytes, byte_count, SQLITE_TRANSIENT);
}
