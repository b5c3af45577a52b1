/* The mechanisms that the module offers. */
#ifndef CODESIGNING_PKCS11_MECHANISM_H
#define CODESIGNING_PKCS11_MECHANISM_H

#include "cryptoki.h"
#include "values/algorithm.h"

typedef struct p11_mechanism {
    CK_MECHANISM_TYPE type;
    cs_scheme scheme;
    cs_hash hash;      /* CS_HASH_NONE: the data is a digest, or its DigestInfo */
    bool digest_only;  /* C_Digest */
} p11_mechanism;

enum { P11_MECHANISMS = 16 };

/* NULL for one that is not offered. */
const p11_mechanism *p11_mechanism_find(CK_MECHANISM_TYPE type);

/* Writes up to `capacity` types for tokens with keys of these kinds, digests among them, and counts them all. */
size_t p11_mechanisms(bool rsa, bool ec, CK_MECHANISM_TYPE *types, size_t capacity);

bool p11_mechanism_is_rsa(const p11_mechanism *mechanism);
bool p11_mechanism_is_offered(const p11_mechanism *mechanism, bool rsa, bool ec);

#endif
