// libcurl. Imported by the ObjectStore module only.
//
// curl_easy_setopt and curl_easy_getinfo are variadic and do not import into Swift: one typed function for each kind of
// argument stands in for them.
#pragma once

#include <curl/curl.h>

typedef size_t (*segue_curl_callback)(char *data, size_t size, size_t count, void *context);

static inline CURLcode segue_curl_set_long(CURL *handle, CURLoption option, long value) {
  return curl_easy_setopt(handle, option, value);
}

static inline CURLcode segue_curl_set_size(CURL *handle, CURLoption option, curl_off_t value) {
  return curl_easy_setopt(handle, option, value);
}

/// For options whose text libcurl copies.
static inline CURLcode segue_curl_set_text(CURL *handle, CURLoption option, const char *value) {
  return curl_easy_setopt(handle, option, value);
}

/// For options whose memory must stay until the transfer has ended.
static inline CURLcode segue_curl_set_pointer(CURL *handle, CURLoption option, const void *value) {
  return curl_easy_setopt(handle, option, value);
}

static inline CURLcode segue_curl_set_callback(CURL *handle, CURLoption option, segue_curl_callback value) {
  return curl_easy_setopt(handle, option, value);
}

static inline CURLcode segue_curl_get_long(CURL *handle, CURLINFO info, long *value) {
  return curl_easy_getinfo(handle, info, value);
}

static inline CURLcode segue_curl_global_init(void) { return curl_global_init(CURL_GLOBAL_DEFAULT); }
