/* A list of signers, as the server gave it. */
#ifndef CODESIGNING_CLIENT_SIGNER_LIST_H
#define CODESIGNING_CLIENT_SIGNER_LIST_H

#include "values/algorithm.h"
#include "values/json.h"

typedef struct cs_signer {
    char *id;   /* opaque, with a prefix; at most CS_MAX_SIGNER_ID bytes */
    char *name; /* [a-z0-9][a-z0-9-]{0,31}; at most CS_MAX_SIGNER_NAME bytes */
    cs_key_algorithm key;
    bool active;
} cs_signer;

#define CS_MAX_SIGNER_ID 128
#define CS_MAX_SIGNER_NAME 64

/* Never changed once it was loaded, in the order of the names; counted by references. */
typedef struct cs_catalogue {
    size_t references; /* under the client's lock: cs_catalogue_get and cs_catalogue_release */
    size_t count;
    cs_signer *signers;
} cs_catalogue;

/* With one reference; NULL when out of memory. */
cs_catalogue *cs_signer_list_new(void);
void cs_signer_list_free(cs_catalogue *catalogue);

/* Adds the signer that a JSON object of the API describes. */
cs_result cs_signer_list_add(cs_catalogue *catalogue, const cs_json_value *item, cs_error *error);

void cs_signer_list_sort(cs_catalogue *catalogue);

/* By id or name; NULL when it is not in the list. */
const cs_signer *cs_catalogue_find(const cs_catalogue *catalogue, const char *id_or_name);

#endif
