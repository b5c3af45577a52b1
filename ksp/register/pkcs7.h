/* The certificates-only message of RFC 2315 and RFC 5652 that a .p7b file holds. */
#ifndef CODESIGNING_KSP_REGISTER_PKCS7_H
#define CODESIGNING_KSP_REGISTER_PKCS7_H

#include "values/buffer.h"
#include "values/chain.h"
#include "values/chain.h"

/* Appends the DER of the message. False when out of memory. */
bool certificates_as_pkcs7(const cs_chain *chain, cs_buffer *message);

#endif
