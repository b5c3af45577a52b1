/* A signer as this process has come to know it. */
#ifndef CODESIGNING_PKCS11_SIGNER_H
#define CODESIGNING_PKCS11_SIGNER_H

#include "cryptoki.h"
#include "label.h"
#include "values/chain.h"

/* Entries are only ever added, so that pointers, slots and handles stay valid until C_Finalize; a signer whose name or
 * certificates change gets a new entry. */
typedef struct p11_signer {
    char id[129];
    char name[65];
    CK_SLOT_ID slot;
    cs_key_algorithm key;   /* as the catalogue has it; the certificate's wins once it is loaded */
    cs_chain *chain;        /* NULL until it was needed; never changes after that */
    p11_label *labels;      /* of the CA certificates in it */
    size_t index;           /* its handles are index * P11_HANDLES + 1 and following */
    bool present;           /* in the last list */
    bool superseded;        /* a later entry has the newer name or certificates */
} p11_signer;

enum { P11_HANDLES = 32 };
_Static_assert(2 + CS_MAX_CHAIN_LENGTH <= P11_HANDLES, "two keys and the longest chain have a handle each");

#endif
