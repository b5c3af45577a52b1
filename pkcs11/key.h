/* What an operation has to know of its key. */
#ifndef CODESIGNING_PKCS11_KEY_H
#define CODESIGNING_PKCS11_KEY_H

#include "object.h"

enum { P11_MAX_KEY_INFO = 600 };

/* A copy, since a session object may be destroyed during an operation with it. */
typedef struct p11_key {
    CK_OBJECT_CLASS class;
    cs_key_algorithm algorithm;
    bool may_verify;
    const p11_signer *signer; /* NULL for a session object */
    unsigned char info[P11_MAX_KEY_INFO]; /* DER SubjectPublicKeyInfo */
    size_t info_length;
} p11_key;

/* False when the object is no key. */
bool p11_key_read(const p11_object *object, p11_key *key);

#endif
