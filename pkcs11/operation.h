/* A signature or a verification under way: from a mechanism and data to a digest. */
#ifndef CODESIGNING_PKCS11_OPERATION_H
#define CODESIGNING_PKCS11_OPERATION_H

#include "key.h"
#include "mechanism.h"
#include "platform/platform.h"

/* Whether an operation is a single-part one, such as by C_Sign, or a multiple-part one, by C_SignUpdate and C_SignFinal. A
 * call of the other kind fails with CKR_OPERATION_ACTIVE and ends the operation (PKCS#11 v2.40, sections 5.10 to 5.12). */
typedef enum p11_parts { P11_UNDECIDED, P11_SINGLE_PART, P11_MULTIPLE_PART } p11_parts;

typedef struct p11_operation {
    const p11_mechanism *mechanism; /* NULL: none */
    p11_key key;
    cs_hash hash;            /* of the mechanism or of its parameters; CS_HASH_NONE until the data tells */
    cs_digest *digest;       /* mechanisms that hash */
    unsigned char data[128]; /* mechanisms that do not */
    size_t length;
    p11_parts parts;
} p11_operation;

/* Begins, on a key of this class; `key` is NULL for a handle that is none. A NULL mechanism ends an operation under way
 * (section 5.11). */
CK_RV p11_operation_begin(p11_operation *operation, const CK_MECHANISM *mechanism, const p11_key *key,
                          CK_OBJECT_CLASS class);

/* CKR_OK when the operation may go on by a call of this kind; otherwise ends it, or says that there is none. */
CK_RV p11_operation_continue(p11_operation *operation, p11_parts parts);

CK_RV p11_operation_update(p11_operation *operation, const unsigned char *part, CK_ULONG length);

/* The digest of all that was given, of cs_hash_length(operation->hash) bytes. */
CK_RV p11_operation_digest(p11_operation *operation, unsigned char *digest);

void p11_operation_end(p11_operation *operation);

#endif
