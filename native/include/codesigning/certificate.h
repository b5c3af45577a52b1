/* Just enough of X.509 to fill the attributes of a token's objects and to export public keys. Nothing here decides
 * whether a certificate is to be trusted. */
#ifndef CODESIGNING_CERTIFICATE_H
#define CODESIGNING_CERTIFICATE_H

#include "codesigning/algorithm.h"
#include "codesigning/result.h"

typedef struct cs_span {
    const unsigned char *data;
    size_t length;
} cs_span;

/* A parsed certificate. The spans point into `der`, which it owns. */
typedef struct cs_certificate {
    unsigned char *der;
    size_t der_length;
    cs_span serial;     /* DER INTEGER with tag and length */
    cs_span issuer;     /* DER Name */
    cs_span subject;    /* DER Name */
    cs_span public_key; /* DER SubjectPublicKeyInfo */
    char not_before[9]; /* YYYYMMDD */
    char not_after[9];
    char name[65];      /* the subject's for people, UTF-8: see cs_subject_name */
    cs_key_algorithm key; /* CS_KEY_UNKNOWN for keys outside the contract, as a root may have */
    cs_span modulus;      /* RSA: unsigned big-endian, no leading zero */
    cs_span exponent;
    cs_span curve;        /* EC: DER OBJECT IDENTIFIER with tag and length */
    cs_span point;        /* EC: uncompressed point 04 x y */
} cs_certificate;

/* Parses one DER certificate; takes a copy. */
cs_result cs_certificate_parse(cs_certificate *certificate, const unsigned char *der, size_t length, cs_error *error);
void cs_certificate_release(cs_certificate *certificate);

/* What people call the owner of a Name: its common name, else its organizational unit, organization, or whatever text it
 * has; of several the last, which is the most specific. Cut at a character's end to fit `capacity`; empty when the Name
 * has no text at all. Every string type is read; what is no text in it becomes U+FFFD, so that no name ends early. */
void cs_subject_name(cs_span name, char *out, size_t capacity);

/* Certificates of a signer, leaf first, shared by counting. */
typedef struct cs_chain cs_chain;

/* The server takes as many above a leaf (CertificateChain.MostCertificates). */
#define CS_MAX_AUTHORITIES 16
#define CS_MAX_CHAIN_LENGTH (1 + CS_MAX_AUTHORITIES)

/* Reads PEM text: 1 to CS_MAX_CHAIN_LENGTH certificates. NULL, with `error` filled, otherwise. */
cs_chain *cs_chain_parse(const char *pem, size_t length, cs_error *error);
cs_chain *cs_chain_retain(cs_chain *chain);
void cs_chain_release(cs_chain *chain);
size_t cs_chain_length(const cs_chain *chain);
const cs_certificate *cs_chain_at(const cs_chain *chain, size_t index);

#endif
