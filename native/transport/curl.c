#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "curl_library.h"
#include "platform/platform.h"
#include "transport.h"
#include "values/secret.h"

enum { max_idle = 64, max_sockets = 4, connect_timeout_ms = 10000 };

/* An easy and a multi handle. The multi handle keeps the connection, and lets us mark its waits with cs_blocking_begin. Used
 * by one thread at a time. */
typedef struct connection {
    struct connection *next;      /* all connections, for a forked child to close */
    struct connection *next_idle;
    CURL *easy;
    CURLM *multi;
    int sockets[max_sockets]; /* -1 for none */
    char reason[CURL_ERROR_SIZE];
} connection;

struct cs_transport {
    const cs_config *config;
    const cs_curl_library *curl;
    cs_mutex *lock; /* over what follows */
    connection *all;
    connection *idle;
    unsigned idle_count;
};

cs_transport *cs_transport_open(const cs_config *config)
{
    cs_transport *transport = calloc(1, sizeof *transport);
    if (transport == NULL)
        return NULL;
    transport->config = config;
    transport->lock = cs_mutex_create();
    if (transport->lock == NULL) {
        free(transport);
        return NULL;
    }
    return transport;
}

/* --- SIGPIPE ---------------------------------------------------------------------------------------------------- */

/* OpenSSL writes with write(2). The host's signal disposition is not ours to change, so the signal is blocked for this
 * thread, and one that we caused is removed. */
typedef struct pipe_guard {
    sigset_t before;
    bool was_pending;
} pipe_guard;

static void only_sigpipe(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGPIPE);
}

static void guard_pipe(pipe_guard *guard)
{
    sigset_t set;
    sigpending(&set);
    guard->was_pending = sigismember(&set, SIGPIPE) == 1;
    only_sigpipe(&set);
    pthread_sigmask(SIG_BLOCK, &set, &guard->before);
}

static void unguard_pipe(const pipe_guard *guard)
{
    static const struct timespec at_once = { 0, 0 };
    sigset_t set;
    only_sigpipe(&set);
    if (!guard->was_pending)
        while (sigtimedwait(&set, NULL, &at_once) == SIGPIPE)
            ;
    pthread_sigmask(SIG_SETMASK, &guard->before, NULL);
}

/* --- sockets ---------------------------------------------------------------------------------------------------- */

static curl_socket_t open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
    connection *c = context;
    (void)purpose;
    for (int i = 0; i < max_sockets; i++) {
        if (c->sockets[i] < 0) {
            c->sockets[i] = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
            return c->sockets[i] < 0 ? CURL_SOCKET_BAD : c->sockets[i];
        }
    }
    return CURL_SOCKET_BAD;
}

static int close_socket(void *context, curl_socket_t socket)
{
    connection *c = context;
    for (int i = 0; i < max_sockets; i++)
        if (c->sockets[i] == socket)
            c->sockets[i] = -1;
    return close(socket);
}

void cs_transport_abandon(cs_transport *transport)
{
    for (connection *c = transport->all; c != NULL; c = c->next)
        for (int i = 0; i < max_sockets; i++)
            if (c->sockets[i] >= 0)
                close(c->sockets[i]);
}

/* --- the pool --------------------------------------------------------------------------------------------------- */

static void destroy(cs_transport *transport, connection *c)
{
    if (c->easy != NULL)
        transport->curl->easy_cleanup(c->easy);
    if (c->multi != NULL)
        transport->curl->multi_cleanup(c->multi);
    free(c);
}

void cs_transport_close(cs_transport *transport)
{
    if (transport == NULL || cs_process_is_ending())
        return;
    pipe_guard guard;
    guard_pipe(&guard);
    while (transport->all != NULL) {
        connection *c = transport->all;
        transport->all = c->next;
        destroy(transport, c);
    }
    unguard_pipe(&guard);
    cs_mutex_destroy(transport->lock);
    free(transport);
}

static size_t receive(char *bytes, size_t size, size_t count, void *context)
{
    cs_buffer *body = context;
    return cs_buffer_append(body, bytes, size * count) ? size * count : 0;
}

static bool is_loopback(const char *url)
{
    const char *host = strstr(url, "://") + 3;
    return strncmp(host, "127.", 4) == 0 || strncmp(host, "[::1]", 5) == 0 || strncmp(host, "localhost", 9) == 0;
}

/* What is the same for every request on this connection. */
static bool prepare(const cs_transport *transport, connection *c)
{
    __typeof__(transport->curl->easy_setopt) set = transport->curl->easy_setopt;
    const cs_config *config = transport->config;
    bool secure = strncmp(config->server_url, "https:", 6) == 0;
    bool done = set(c->easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK
        && set(c->easy, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK && set(c->easy, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK
        && set(c->easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) == CURLE_OK
        && set(c->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) == CURLE_OK
        && set(c->easy, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK && set(c->easy, CURLOPT_TCP_NODELAY, 1L) == CURLE_OK
        && set(c->easy, CURLOPT_TCP_KEEPALIVE, 1L) == CURLE_OK
        && set(c->easy, CURLOPT_CONNECTTIMEOUT_MS, (long)connect_timeout_ms) == CURLE_OK
        && set(c->easy, CURLOPT_ERRORBUFFER, c->reason) == CURLE_OK
        && set(c->easy, CURLOPT_USERAGENT, "codesigning-native/1") == CURLE_OK
        && set(c->easy, CURLOPT_WRITEFUNCTION, receive) == CURLE_OK
        && set(c->easy, CURLOPT_OPENSOCKETFUNCTION, open_socket) == CURLE_OK
        && set(c->easy, CURLOPT_OPENSOCKETDATA, c) == CURLE_OK
        && set(c->easy, CURLOPT_CLOSESOCKETFUNCTION, close_socket) == CURLE_OK
        && set(c->easy, CURLOPT_CLOSESOCKETDATA, c) == CURLE_OK;
#if LIBCURL_VERSION_NUM >= 0x075500
    done = done && set(c->easy, CURLOPT_PROTOCOLS_STR, secure ? "https" : "http") == CURLE_OK;
#else
    done = done && set(c->easy, CURLOPT_PROTOCOLS, (long)(secure ? CURLPROTO_HTTPS : CURLPROTO_HTTP)) == CURLE_OK;
#endif
    if (is_loopback(config->server_url))
        done = done && set(c->easy, CURLOPT_NOPROXY, "*") == CURLE_OK;
    if (config->ca_certificate != NULL)
        done = done && set(c->easy, CURLOPT_CAINFO, config->ca_certificate) == CURLE_OK
            && set(c->easy, CURLOPT_CAPATH, NULL) == CURLE_OK;
    return done;
}

static connection *create(cs_transport *transport)
{
    connection *c = calloc(1, sizeof *c);
    if (c == NULL)
        return NULL;
    for (int i = 0; i < max_sockets; i++)
        c->sockets[i] = -1;
    c->easy = transport->curl->easy_init();
    c->multi = transport->curl->multi_init();
    if (c->easy == NULL || c->multi == NULL || !prepare(transport, c)) {
        destroy(transport, c);
        return NULL;
    }
    return c;
}

static connection *acquire(cs_transport *transport)
{
    cs_mutex_lock(transport->lock);
    connection *c = transport->idle;
    if (c != NULL) {
        transport->idle = c->next_idle;
        transport->idle_count--;
    }
    cs_mutex_unlock(transport->lock);
    if (c != NULL)
        return c;
    c = create(transport);
    if (c != NULL) {
        cs_mutex_lock(transport->lock);
        c->next = transport->all;
        transport->all = c;
        cs_mutex_unlock(transport->lock);
    }
    return c;
}

static void release(cs_transport *transport, connection *c)
{
    bool keep;
    cs_mutex_lock(transport->lock);
    keep = transport->idle_count < max_idle;
    if (keep) {
        c->next_idle = transport->idle;
        transport->idle = c;
        transport->idle_count++;
    } else {
        connection **link = &transport->all;
        while (*link != c)
            link = &(*link)->next;
        *link = c->next;
    }
    cs_mutex_unlock(transport->lock);
    if (!keep)
        destroy(transport, c);
}

/* --- one request ------------------------------------------------------------------------------------------------ */

static void free_headers(const cs_curl_library *curl, struct curl_slist *headers)
{
    for (struct curl_slist *header = headers; header != NULL; header = header->next)
        cs_wipe(header->data, strlen(header->data)); /* one of them is the token */
    curl->slist_free_all(headers);
}

static bool add_header(const cs_curl_library *curl, struct curl_slist **headers, const char *name, const char *value)
{
    cs_buffer line = { .limit = 64 * 1024 };
    cs_buffer_append_text(&line, name);
    cs_buffer_append_text(&line, value);
    struct curl_slist *longer = line.failed ? NULL : curl->slist_append(*headers, line.data);
    if (longer != NULL)
        *headers = longer;
    cs_buffer_release(&line);
    return longer != NULL;
}

static bool add_headers(const cs_curl_library *curl, struct curl_slist **headers, const cs_http_request *request)
{
    return (request->body == NULL || add_header(curl, headers, "Content-Type: ", "application/json"))
        && (request->bearer == NULL || add_header(curl, headers, "Authorization: Bearer ", request->bearer))
        && (request->idempotency_key == NULL || add_header(curl, headers, "Idempotency-Key: ", request->idempotency_key));
}

static bool describe(const cs_transport *transport, connection *c, const cs_http_request *request, const char *url,
                     const struct curl_slist *headers, cs_buffer *body)
{
    __typeof__(transport->curl->easy_setopt) set = transport->curl->easy_setopt;
    bool done = set(c->easy, CURLOPT_URL, url) == CURLE_OK && set(c->easy, CURLOPT_HTTPHEADER, headers) == CURLE_OK
        && set(c->easy, CURLOPT_TIMEOUT_MS, (long)request->timeout_ms) == CURLE_OK
        && set(c->easy, CURLOPT_WRITEDATA, body) == CURLE_OK;
    if (request->body == NULL)
        return done && set(c->easy, CURLOPT_HTTPGET, 1L) == CURLE_OK;
    return done && set(c->easy, CURLOPT_POST, 1L) == CURLE_OK
        && set(c->easy, CURLOPT_POSTFIELDSIZE, (long)request->body_length) == CURLE_OK
        && set(c->easy, CURLOPT_POSTFIELDS, request->body) == CURLE_OK;
}

static cs_result classify(const cs_transport *transport, const connection *c, CURLcode code, const cs_buffer *body,
                          cs_error *error)
{
    const char *why = c->reason[0] != '\0' ? c->reason : transport->curl->easy_strerror(code);
    const char *url = transport->config->server_url;
    switch (code) {
    case CURLE_OK:
        return CS_OK;
    case CURLE_OUT_OF_MEMORY:
        return cs_fail(error, CS_NO_MEMORY, "out of memory");
    case CURLE_PEER_FAILED_VERIFICATION:
        return cs_fail(error, CS_TLS, "%s is not trusted: %s; set caCertificate to the CA's file, or correct serverUrl", url,
                       why);
    case CURLE_SSL_CACERT_BADFILE:
        return cs_fail(error, CS_INVALID_CONFIGURATION, "caCertificate cannot be read: %s", why);
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
        return cs_fail(error, CS_INVALID_CONFIGURATION, "%s cannot be used: %s", url, why);
    case CURLE_COULDNT_RESOLVE_HOST:
        return cs_fail(error, CS_NETWORK, "%s cannot be reached: %s; check the host's name in serverUrl", url, why);
    case CURLE_COULDNT_RESOLVE_PROXY:
        return cs_fail(error, CS_NETWORK, "%s cannot be reached: %s; check the proxy that the environment names", url, why);
    case CURLE_SSL_CONNECT_ERROR:
        return cs_fail(error, CS_NETWORK, "%s cannot be reached: %s; check that the server speaks TLS at this port", url, why);
    case CURLE_WRITE_ERROR:
        return body->failed ? cs_fail(error, CS_PROTOCOL, "%s answered with more than 1 MiB", url)
                            : cs_fail(error, CS_NETWORK, "%s: %s", url, why);
    default:
        return cs_fail(error, CS_NETWORK, "%s cannot be reached: %s; check the network and that the server runs", url, why);
    }
}

/* Runs the transfer to its end. */
static cs_result run(const cs_transport *transport, connection *c, CURLcode *code)
{
    const cs_curl_library *curl = transport->curl;
    int running = 1;
    while (curl->multi_perform(c->multi, &running) == CURLM_OK && running > 0) {
        cs_blocking_begin();
        CURLMcode waited = curl->multi_poll(c->multi, NULL, 0, 1000, NULL);
        if (!cs_blocking_end())
            return CS_CANCELLED;
        if (waited != CURLM_OK)
            break;
    }
    int left;
    CURLMsg *message = curl->multi_info_read(c->multi, &left);
    *code = message != NULL && message->msg == CURLMSG_DONE ? message->data.result : CURLE_RECV_ERROR;
    return CS_OK;
}

static cs_result exchange(const cs_transport *transport, connection *c, cs_http_response *response, cs_error *error)
{
    const cs_curl_library *curl = transport->curl;
    CURLcode code = CURLE_OK;
    c->reason[0] = '\0';
    if (curl->multi_add_handle(c->multi, c->easy) != CURLM_OK)
        return cs_fail(error, CS_NO_MEMORY, "out of memory");
    if (run(transport, c, &code) == CS_CANCELLED)
        return cs_fail(error, CS_CANCELLED, "the process is ending");
    long status = 0;
    curl_off_t retry_after = 0;
    curl->easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
    if (curl->easy_getinfo(c->easy, CURLINFO_RETRY_AFTER, &retry_after) == CURLE_OK && retry_after > 0 && retry_after < 86400)
        response->retry_after_seconds = (int)retry_after;
    curl->multi_remove_handle(c->multi, c->easy);
    response->status = (int)status;
    return classify(transport, c, code, &response->body, error);
}

static cs_result send_on(const cs_transport *transport, connection *c, const cs_http_request *request,
                         cs_http_response *response, cs_error *error)
{
    const cs_curl_library *curl = transport->curl;
    struct curl_slist *headers = NULL;
    cs_buffer url = { .limit = 8192 };
    cs_buffer_append_text(&url, transport->config->server_url);
    cs_buffer_append_text(&url, request->path);
    bool ready = !url.failed && add_headers(curl, &headers, request)
        && describe(transport, c, request, url.data, headers, &response->body);
    cs_result result = ready ? exchange(transport, c, response, error) : cs_fail(error, CS_NO_MEMORY, "out of memory");
    if (result != CS_CANCELLED) {
        curl->easy_setopt(c->easy, CURLOPT_HTTPHEADER, NULL);
        curl->easy_setopt(c->easy, CURLOPT_POSTFIELDS, NULL);
        free_headers(curl, headers);
    }
    cs_buffer_release(&url);
    return result;
}

static const cs_curl_library *load(cs_transport *transport, cs_error *error)
{
    const cs_curl_library *curl = cs_curl_load(error);
    cs_mutex_lock(transport->lock);
    if (transport->curl == NULL)
        transport->curl = curl;
    cs_mutex_unlock(transport->lock);
    return curl;
}

cs_result cs_transport_send(cs_transport *transport, const cs_http_request *request, cs_http_response *response,
                            cs_error *error)
{
    memset(response, 0, sizeof *response);
    response->retry_after_seconds = -1;
    if (cs_process_is_ending())
        return cs_fail(error, CS_CANCELLED, "the process is ending");
    if (load(transport, error) == NULL)
        return error != NULL ? error->result : CS_INVALID_CONFIGURATION;
    connection *c = acquire(transport);
    if (c == NULL)
        return cs_fail(error, CS_NO_MEMORY, "out of memory");
    pipe_guard guard;
    guard_pipe(&guard);
    cs_result result = send_on(transport, c, request, response, error);
    if (result != CS_CANCELLED)
        release(transport, c);
    unguard_pipe(&guard);
    return result;
}
