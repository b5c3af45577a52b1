/* The fixed table from the core's results to CKR values. */
#ifndef CODESIGNING_PKCS11_RETURNS_H
#define CODESIGNING_PKCS11_RETURNS_H

#include "cryptoki.h"
#include "values/result.h"

CK_RV p11_rv(cs_result result);

#endif
