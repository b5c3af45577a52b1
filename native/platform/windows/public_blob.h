/* A public key in the form of CNG. */
#ifndef CODESIGNING_PLATFORM_WINDOWS_PUBLIC_BLOB_H
#define CODESIGNING_PLATFORM_WINDOWS_PUBLIC_BLOB_H

#include "values/public_key.h"

#define CS_MAX_PUBLIC_BLOB 1024

/* Writes BCRYPT_RSAPUBLIC_BLOB or BCRYPT_ECCPUBLIC_BLOB and returns its length; only the length for a `blob` of NULL.
 * `blob` holds CS_MAX_PUBLIC_BLOB bytes. 0 for a key outside the contract. */
size_t cs_public_blob(const cs_public_key *key, unsigned char *blob);

#endif
