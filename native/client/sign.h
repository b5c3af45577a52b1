/* Signatures. */
#ifndef CODESIGNING_CLIENT_SIGN_H
#define CODESIGNING_CLIENT_SIGN_H

#include "handle.h"
#include "sign_request.h"
#include "values/result.h"

/* Signs a digest. RSA: as many bytes as the modulus has. ECDSA: r and s of fixed length one after the other. Retries,
 * logs in again once on 401, and on denial asks for approval where that is configured. `signature` holds
 * CS_MAX_SIGNATURE_LENGTH bytes. Every failure is logged in one line. */
cs_result cs_sign(cs_client *client, const cs_sign_request *request, unsigned char *signature, size_t *length,
                  cs_error *error);

#endif
