/* A signer's certificates, leaf first; counted by references and never changed. */
#ifndef CODESIGNING_VALUES_CHAIN_H
#define CODESIGNING_VALUES_CHAIN_H

#include "certificate.h"

typedef struct cs_chain cs_chain;

/* The server's own limit above a leaf (CertificateChain.MostCertificates). */
#define CS_MAX_AUTHORITIES 16
#define CS_MAX_CHAIN_LENGTH (1 + CS_MAX_AUTHORITIES)

/* Reads PEM text: 1 to CS_MAX_CHAIN_LENGTH certificates. NULL, with `error` filled, otherwise. */
cs_chain *cs_chain_parse(const char *pem, size_t length, cs_error *error);
cs_chain *cs_chain_retain(cs_chain *chain);
void cs_chain_release(cs_chain *chain);
size_t cs_chain_length(const cs_chain *chain);
const cs_certificate *cs_chain_at(const cs_chain *chain, size_t index);

#endif
