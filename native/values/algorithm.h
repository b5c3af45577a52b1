/* The key and signing algorithms of the contract. */
#ifndef CODESIGNING_VALUES_ALGORITHM_H
#define CODESIGNING_VALUES_ALGORITHM_H

#include <stdbool.h>
#include <stddef.h>

typedef enum cs_key_algorithm {
    CS_KEY_UNKNOWN,
    CS_KEY_RSA_2048,
    CS_KEY_RSA_3072,
    CS_KEY_RSA_4096,
    CS_KEY_EC_P256,
    CS_KEY_EC_P384,
    CS_KEY_EC_P521,
} cs_key_algorithm;

typedef enum cs_hash {
    CS_HASH_NONE,
    CS_HASH_SHA1, /* for digests made here; never signed */
    CS_HASH_SHA256,
    CS_HASH_SHA384,
    CS_HASH_SHA512,
} cs_hash;

typedef enum cs_scheme {
    CS_SCHEME_RSA_PKCS1,
    CS_SCHEME_RSA_PSS, /* MGF1 with the same hash, salt as long as the digest */
    CS_SCHEME_ECDSA,
} cs_scheme;

#define CS_MAX_DIGEST_LENGTH 64
#define CS_MAX_SIGNATURE_LENGTH 512

/* CS_KEY_UNKNOWN for a name that is not in the contract. */
cs_key_algorithm cs_key_algorithm_from_name(const char *name);
bool cs_key_algorithm_is_rsa(cs_key_algorithm key);

/* Modulus or field size in bits; 0 for CS_KEY_UNKNOWN. */
unsigned cs_key_algorithm_bits(cs_key_algorithm key);

/* Bytes of a signature: the modulus, or r and s of fixed length one after the other. */
size_t cs_signature_length(cs_key_algorithm key);

size_t cs_hash_length(cs_hash hash);

/* The wire name, such as ECDSA_SHA256; NULL when the combination is not in the contract. */
const char *cs_signing_algorithm_name(cs_scheme scheme, cs_hash hash);

/* Reads a DER DigestInfo of SHA-256, SHA-384 or SHA-512 strictly: exactly the encoding of RFC 8017, section 9.2,
 * nothing before, between or after. `digest` then points into `data`. CS_HASH_NONE for anything else. */
cs_hash cs_digest_info_read(const unsigned char *data, size_t length, const unsigned char **digest);

#endif
