// libmicrohttpd 0.9.75+: the HTTP server. Imported by the HTTPServer module only.
#pragma once

#include <microhttpd.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

// Receives one formatted line of libmicrohttpd's own log.
typedef void (*segue_mhd_log)(void *closure, const char *line);

// Everything HTTPServer tells libmicrohttpd at start; MHD_start_daemon is variadic and does not import.
struct segue_mhd_options {
    MHD_socket listen_socket;
    unsigned int thread_count;
    unsigned int connection_limit;
    unsigned int connection_limit_per_address;
    unsigned int idle_timeout_seconds;
    size_t connection_memory_byte_count;
    // PEM texts, NULL for plain HTTP.
    const char *certificate;
    const char *private_key;
    // Closure of all callbacks.
    void *closure;
    MHD_AccessHandlerCallback handler;
    MHD_RequestCompletedCallback completed;
    MHD_NotifyConnectionCallback connection;
    // The request target as the client sent it, before libmicrohttpd cuts it up.
    void *(*target)(void *closure, const char *uri, struct MHD_Connection *connection);
    segue_mhd_log log;
};

// Paths and queries are decoded by HTTPServer, strictly; libmicrohttpd's own decoding is switched off.
static inline size_t segue_mhd_keep_escapes(void *closure, struct MHD_Connection *connection, char *text) {
    (void)closure;
    (void)connection;
    size_t length = 0;
    while (text[length] != '\0') length++;
    return length;
}

static inline void segue_mhd_forward_log(void *closure, const char *format, va_list arguments) {
    char line[512];
    const struct segue_mhd_options *options = (const struct segue_mhd_options *)closure;
    vsnprintf(line, sizeof line, format, arguments);
    options->log(options->closure, line);
}

// Starts an epoll thread pool over a socket that already listens. `options` must outlive the daemon.
static inline struct MHD_Daemon *segue_mhd_start(const struct segue_mhd_options *options) {
    unsigned int flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
    struct MHD_OptionItem tls[] = {
        {MHD_OPTION_END, 0, NULL},
        {MHD_OPTION_END, 0, NULL},
        {MHD_OPTION_END, 0, NULL},
    };
    if (options->certificate != NULL) {
        flags |= MHD_USE_TLS;
        tls[0] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)options->certificate};
        tls[1] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)options->private_key};
    }
    // The logger comes first: libmicrohttpd says what is wrong with the options that follow it.
    // A pool of one thread is refused; zero means the daemon's own thread.
    return MHD_start_daemon(
        flags, 0, NULL, NULL, options->handler, options->closure,
        MHD_OPTION_EXTERNAL_LOGGER, &segue_mhd_forward_log, (void *)options,
        MHD_OPTION_LISTEN_SOCKET, options->listen_socket,
        MHD_OPTION_THREAD_POOL_SIZE, options->thread_count > 1 ? options->thread_count : 0u,
        MHD_OPTION_CONNECTION_LIMIT, options->connection_limit,
        MHD_OPTION_PER_IP_CONNECTION_LIMIT, options->connection_limit_per_address,
        MHD_OPTION_CONNECTION_TIMEOUT, options->idle_timeout_seconds,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, options->connection_memory_byte_count,
        MHD_OPTION_NOTIFY_COMPLETED, options->completed, options->closure,
        MHD_OPTION_NOTIFY_CONNECTION, options->connection, options->closure,
        MHD_OPTION_URI_LOG_CALLBACK, options->target, options->closure,
        MHD_OPTION_UNESCAPE_CALLBACK, &segue_mhd_keep_escapes, NULL,
        MHD_OPTION_ARRAY, tls,
        MHD_OPTION_END);
}

// MHD_get_connection_info is variadic too. These three return NULL or -1 when libmicrohttpd does not know.
static inline void *segue_mhd_socket_context(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info == NULL ? NULL : info->socket_context;
}

static inline MHD_socket segue_mhd_socket(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    return info == NULL ? -1 : info->connect_fd;
}

static inline struct sockaddr *segue_mhd_client_address(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    return info == NULL ? NULL : info->client_addr;
}

static inline int segue_mhd_has_tls(void) { return MHD_is_feature_supported(MHD_FEATURE_TLS) == MHD_YES; }

// Ends both directions of a socket that is still open elsewhere: who reads from it sees the end, who connects is refused.
static inline int segue_socket_cut(int descriptor) { return shutdown(descriptor, SHUT_RDWR); }

// Empties the query of a target that HTTPServer has copied, so that libmicrohttpd does not cut it up as well. It would keep
// a record for each parameter in the connection's memory and, when a client sends more of them than fit, answers with an
// error that its own parser then forgets (0.9.75): the client waits for ever. The text is libmicrohttpd's read buffer, which
// is const for the callback only by declaration.
static inline void segue_mhd_forget_query(const char *uri) {
    char *query = strchr((char *)uri, '?');
    if (query != NULL) query[1] = '\0';
}
