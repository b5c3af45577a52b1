/* The client of the REST API: login, catalogue, signatures. Thread-safe; opening one touches no network. */
#ifndef CODESIGNING_CLIENT_H
#define CODESIGNING_CLIENT_H

#include "codesigning/certificate.h"
#include "codesigning/config.h"
#include "codesigning/metadata.h"

typedef struct cs_client cs_client;

/* Takes over the contents of `config`, which is empty afterwards. Fails only when out of memory. */
cs_result cs_client_open(cs_client **client, cs_config *config, const cs_metadata *metadata, cs_error *error);

/* Closes connections and wipes secrets. No call may be in flight. NULL is allowed. */
void cs_client_close(cs_client *client);

/* Lets go of a client that was inherited by a fork: frees nothing that would speak on the parent's connections. */
void cs_client_abandon(cs_client *client);

/* Lets lists and certificates take as long as signatures may, instead of ten seconds: for a caller that asks for them only
 * in order to sign, and so has nothing to show meanwhile. Before the client is shared. */
void cs_client_wait_for_lists(cs_client *client);

const cs_config *cs_client_config(const cs_client *client);

/* Whether credentials are configured, so that no PIN is needed. */
bool cs_client_is_configured(const cs_client *client);

/* Whether calls can authenticate now: configured, or logged in by PIN. */
bool cs_client_can_authenticate(const cs_client *client);

/* Logs in with `clientId:clientSecret`, for a client without configured credentials, and keeps them for renewals. */
cs_result cs_client_login(cs_client *client, const char *pin, size_t pin_length, cs_error *error);

/* Forgets what `cs_client_login` brought, and the token made from it. */
void cs_client_logout(cs_client *client);

/* --- signers ------------------------------------------------------------------------------------------------- */

typedef struct cs_signer {
    char *id;   /* opaque, with a prefix */
    char *name; /* [a-z0-9][a-z0-9-]{0,31} */
    cs_key_algorithm key;
    bool active;
} cs_signer;

/* An unchanging list of signers in the order of their names, shared by counting. */
typedef struct cs_catalogue {
    size_t references; /* kept by cs_catalogue_get and cs_catalogue_release alone */
    size_t count;
    cs_signer *signers;
} cs_catalogue;

typedef enum cs_freshness {
    CS_CACHED, /* at most a minute old */
    CS_FRESH,  /* for a miss: asked again unless that was done within the last second */
} cs_freshness;

/* The signers the caller may see, or those that the configuration names. When the server cannot be reached and an
 * older list is there, that is given and a warning logged. Release it. */
cs_result cs_catalogue_get(cs_client *client, cs_freshness freshness, cs_catalogue **catalogue, cs_error *error);
void cs_catalogue_release(cs_client *client, cs_catalogue *catalogue);

/* By id or name; NULL when it is not in the list. */
const cs_signer *cs_catalogue_find(const cs_catalogue *catalogue, const char *id_or_name);

/* The signer's certificates, leaf first, at most a minute old. Release the chain. */
cs_result cs_signer_chain(cs_client *client, const char *signer_id, cs_freshness freshness, cs_chain **chain,
                          cs_error *error);

/* --- signatures ---------------------------------------------------------------------------------------------- */

typedef struct cs_sign_request {
    const char *signer_id;
    const char *signer_name;   /* for messages */
    cs_key_algorithm key;
    cs_scheme scheme;
    cs_hash hash;
    const unsigned char *digest; /* of the hash's length */
} cs_sign_request;

/* Signs a digest. RSA: as many bytes as the modulus has. ECDSA: r and s of fixed length one after the other. Retries,
 * logs in again once on 401, and on denial asks for approval where that is configured. `signature` holds
 * CS_MAX_SIGNATURE_LENGTH bytes. Every failure is logged in one line. */
cs_result cs_sign(cs_client *client, const cs_sign_request *request, unsigned char *signature, size_t *length,
                  cs_error *error);

#endif
