/* One HTTPS request and its answer, implemented by curl.c (libcurl) and winhttp.c (WinHTTP).
 *
 * Every implementation uses TLS 1.2 or newer and always verifies the server's certificate and name; follows no redirects;
 * keeps connections alive, each used by one thread at a time; sets TCP_NODELAY; touches no network when it is opened; and
 * waits between cs_blocking_begin and cs_blocking_end. */
#ifndef CODESIGNING_TRANSPORT_TRANSPORT_H
#define CODESIGNING_TRANSPORT_TRANSPORT_H

#include "settings/config.h"
#include "values/buffer.h"

typedef struct cs_transport cs_transport;

typedef struct cs_http_request {
    const char *method;          /* "GET" or "POST" */
    const char *path;            /* begins with a slash; may have a query; follows config->server_url */
    const char *body;            /* JSON; NULL for GET */
    size_t body_length;
    const char *bearer;          /* access token, or NULL */
    const char *idempotency_key; /* or NULL */
    unsigned timeout_ms;         /* for the whole exchange */
} cs_http_request;

typedef struct cs_http_response {
    int status;
    cs_buffer body;        /* at most 1 MiB; to be released by the caller */
    int retry_after_seconds; /* -1 when the header is missing or is a date */
} cs_http_response;

/* `config` outlives the transport. NULL when out of memory. */
cs_transport *cs_transport_open(const cs_config *config);
void cs_transport_close(cs_transport *transport);

/* After a fork, in the child: closes the inherited sockets without sending on them, and leaks the rest. */
void cs_transport_abandon(cs_transport *transport);

/* CS_OK whenever an answer with a status came, 200 as well as 500. Otherwise CS_NETWORK (may be retried), CS_TLS,
 * CS_INVALID_CONFIGURATION (a CA file that cannot be read), CS_PROTOCOL, CS_NO_MEMORY or CS_CANCELLED. */
cs_result cs_transport_send(cs_transport *transport, const cs_http_request *request, cs_http_response *response,
                            cs_error *error);

#endif
