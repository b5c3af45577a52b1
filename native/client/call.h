/* One call of the REST API, with its retries. */
#ifndef CODESIGNING_CLIENT_CALL_H
#define CODESIGNING_CLIENT_CALL_H

#include "handle.h"
#include "transport/transport.h"
#include "values/json.h"

typedef struct cs_call {
    const char *method;
    const char *path;
    const cs_buffer *body;       /* or NULL */
    const char *idempotency_key; /* or NULL */
    const char *what;            /* for messages: "sign with release" */
    uint64_t deadline;           /* on cs_monotonic_ms, for all attempts together */
    unsigned attempt_timeout_ms; /* 0: half a minute */
} cs_call;

/* When a call must be over: after the configured time-out, and `most_ms` from now at the latest. */
uint64_t cs_deadline(const cs_client *client, unsigned most_ms);

/* 32 hexadecimal digits and a NUL. */
bool cs_new_idempotency_key(char key[33]);

/* Sends the call once. `token` is NULL for a call without one. */
cs_result cs_call_send(cs_client *client, const cs_call *call, const char *token, cs_http_response *response, cs_error *error);

/* How one attempt is made: with which token, that is. */
typedef cs_result cs_attempt(cs_client *client, const cs_call *call, cs_http_response *response, cs_error *error);

/* Makes attempts until one is answered for good, and turns problem documents into results. `body` receives the answer, also
 * that of a problem. */
cs_result cs_call_repeat(cs_client *client, const cs_call *call, cs_attempt *attempt, cs_buffer *body, cs_error *error);

/* The answer parsed; NULL, with `error` filled, when it is not an object. */
cs_json *cs_parse_answer(const cs_buffer *body, const char *what, cs_error *error);

#endif
