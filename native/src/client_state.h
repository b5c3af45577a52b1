/* The inside of a client, shared by the files that make it up. */
#ifndef CODESIGNING_CLIENT_STATE_H
#define CODESIGNING_CLIENT_STATE_H

#include "codesigning/client.h"
#include "codesigning/json.h"
#include "platform.h"
#include "transport.h"

typedef struct cs_cached_chain {
    char *signer_id;
    cs_chain *chain;
    uint64_t loaded_at;
} cs_cached_chain;

/* A wait for approval that ended without one. Tools try a signature that failed once more, by another call: they are not to
 * ask or wait for the same thing again at once. */
enum { max_ended_waits = 16, max_wait_subject = 256, max_request_id = 128 };

typedef struct cs_ended_wait {
    char subject[max_wait_subject]; /* signer and scope; empty where the place is free */
    char id[max_request_id];
    char status[32];
    uint64_t remembered_until;
} cs_ended_wait;

struct cs_client {
    cs_config config;
    cs_metadata metadata;
    cs_transport *transport;

    unsigned list_patience_ms; /* how long a list or a chain may take; set before threads */
    cs_mutex *login_lock;     /* held over the network: one login at a time. Taken with cs_lock_over_network. */
    cs_mutex *catalogue_lock; /* likewise for lists and chains */

    cs_mutex *lock; /* over everything below; never held over the network */
    char *token;
    uint64_t token_renew_at;
    unsigned token_number; /* counts logins, so that one 401 drops only the token that it was for */
    char *pin_client_id;
    char *pin_client_secret;
    cs_catalogue *catalogue;
    uint64_t catalogue_loaded_at;
    cs_cached_chain *chains;
    size_t chain_count;
    cs_ended_wait ended_waits[max_ended_waits]; /* the oldest is overwritten */
    size_t next_ended_wait;
};

typedef struct cs_call {
    const char *method;
    const char *path;
    const cs_buffer *body;       /* or NULL */
    const char *idempotency_key; /* or NULL */
    const char *what;            /* for messages: "sign with release" */
    uint64_t deadline;           /* on cs_monotonic_ms, for all attempts together */
    unsigned attempt_timeout_ms; /* 0: half a minute */
    bool anonymous;              /* no token: the login itself */
} cs_call;

/* Takes a lock that others may hold over the network, without holding up a fork meanwhile. */
void cs_lock_over_network(cs_mutex *mutex);

/* The moment a call must be over: the configured time-out from now, and no more than `most_ms`. */
uint64_t cs_deadline(const cs_client *client, unsigned most_ms);

/* Sends, retries what may be retried, renews the token once, and turns problems into results. `body` receives the
 * answer, also that of a problem. */
cs_result cs_call_server(cs_client *client, const cs_call *call, cs_buffer *body, cs_error *error);

/* The answer parsed; NULL, with `error` filled, when it is not an object. */
cs_json *cs_parse_answer(const cs_buffer *body, const char *what, cs_error *error);

/* A copy of a token that is valid now, logging in where needed, and its number. */
cs_result cs_token_get(cs_client *client, uint64_t deadline, char **token, unsigned *number, cs_error *error);

/* The server refused this token. Whether another may be had. */
bool cs_token_drop(cs_client *client, unsigned number);

/* Asks for approval of what the problem names, or finds the request that is pending for it, and waits for the decision
 * as long as is configured. CS_OK only when it was approved. */
cs_result cs_ask_for_approval(cs_client *client, const cs_sign_request *request, const cs_buffer *problem, cs_error *error);

/* 32 hexadecimal digits and a NUL. */
bool cs_new_idempotency_key(char key[33]);

/* Frees what the caches hold. With client->lock held, or nobody else there. */
void cs_catalogue_forget(cs_client *client);

#endif
