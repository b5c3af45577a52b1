/* The state of a client, for the files of this folder. */
#ifndef CODESIGNING_CLIENT_STATE_H
#define CODESIGNING_CLIENT_STATE_H

#include "handle.h"
#include "metadata.h"
#include "platform/platform.h"
#include "settings/config.h"
#include "signer_list.h"
#include "transport/transport.h"
#include "values/chain.h"

typedef struct cs_cached_chain {
    char *signer_id;
    cs_chain *chain;
    uint64_t loaded_at;
} cs_cached_chain;

/* A wait for approval that ended without one. Tools retry a failed signature by another call, which must not ask or wait for
 * the same approval again at once. */
enum { max_ended_waits = 16, max_wait_subject = 256, max_request_id = 128 };

typedef struct cs_ended_wait {
    char subject[max_wait_subject]; /* signer and scope; empty when unused */
    char id[max_request_id];
    char status[32];
    uint64_t remembered_until;
} cs_ended_wait;

struct cs_client {
    cs_config config;
    cs_metadata metadata;
    cs_transport *transport;

    unsigned list_timeout_ms; /* how long a list or a chain may take; set before the client is shared */
    cs_mutex *login_lock;     /* held over the network: one login at a time. Taken with cs_mutex_lock_waiting. */
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

/* The longest age of what is taken from a cache. */
static inline uint64_t cs_longest_age_ms(cs_freshness freshness)
{
    return freshness == CS_CACHED ? 60000 : 1000;
}

/* Whether the cache is used, however old it is, in place of a call that failed in this way. */
static inline bool cs_is_transient(cs_result result)
{
    return result == CS_NETWORK || result == CS_UNAVAILABLE || result == CS_SERVER;
}

#endif
