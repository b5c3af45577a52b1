/* What to sign, and with which key. */
#ifndef CODESIGNING_CLIENT_SIGN_REQUEST_H
#define CODESIGNING_CLIENT_SIGN_REQUEST_H

#include "values/algorithm.h"

typedef struct cs_sign_request {
    const char *signer_id;
    const char *signer_name;   /* for messages */
    cs_key_algorithm key;
    cs_scheme scheme;
    cs_hash hash;
    const unsigned char *digest; /* of the hash's length */
} cs_sign_request;

#endif
