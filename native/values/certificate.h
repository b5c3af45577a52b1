/* What the attributes of a token's objects and exported public keys need of X.509. Nothing here decides whether a
 * certificate is trusted. */
#ifndef CODESIGNING_VALUES_CERTIFICATE_H
#define CODESIGNING_VALUES_CERTIFICATE_H

#include "public_key.h"
#include "result.h"

/* A parsed certificate. The spans point into `der`, which it owns. */
typedef struct cs_certificate {
    unsigned char *der;
    size_t der_length;
    cs_span serial;     /* DER INTEGER with tag and length */
    cs_span issuer;     /* DER Name */
    cs_span subject;    /* DER Name */
    char not_before[9]; /* YYYYMMDD */
    char not_after[9];
    char name[65];      /* of the subject, in UTF-8: see cs_subject_name */
    cs_public_key key;  /* outside the contract for some roots */
} cs_certificate;

/* Parses one DER certificate; takes a copy. */
cs_result cs_certificate_parse(cs_certificate *certificate, const unsigned char *der, size_t length, cs_error *error);
void cs_certificate_release(cs_certificate *certificate);

/* Whether the two are the same, byte for byte. */
bool cs_certificate_equals(const cs_certificate *left, const cs_certificate *right);

#endif
