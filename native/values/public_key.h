/* Public keys in the form of X.509: SubjectPublicKeyInfo (RFC 5280, section 4.1.2.7; RFC 3279, RFC 5480). */
#ifndef CODESIGNING_VALUES_PUBLIC_KEY_H
#define CODESIGNING_VALUES_PUBLIC_KEY_H

#include "algorithm.h"
#include "buffer.h"
#include "der.h"

/* The spans point into `info`. */
typedef struct cs_public_key {
    cs_span info;               /* DER SubjectPublicKeyInfo */
    cs_key_algorithm algorithm; /* CS_KEY_UNKNOWN for a key outside the contract */
    cs_span modulus;            /* RSA: unsigned big-endian, no leading zero */
    cs_span exponent;
    cs_span curve;              /* EC: DER OBJECT IDENTIFIER with tag and length */
    cs_span point;              /* EC: uncompressed point 04 x y */
} cs_public_key;

/* False when `info` is no SubjectPublicKeyInfo. */
bool cs_public_key_read(cs_public_key *key, cs_span info);

/* Append the SubjectPublicKeyInfo of these numbers or of this point. Leading zeros of the numbers are dropped. False when out
 * of memory. */
bool cs_public_key_write_rsa(cs_buffer *info, cs_span modulus, cs_span exponent);
bool cs_public_key_write_ec(cs_buffer *info, cs_span curve, cs_span point);

#endif
