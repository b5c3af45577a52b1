/* What C_Sign and C_Verify have alike: from a mechanism and data to a digest. */
#ifndef CODESIGNING_PKCS11_OPERATION_H
#define CODESIGNING_PKCS11_OPERATION_H

#include "module.h"

/* Begins, on a key of this class. A NULL mechanism ends an operation under way (section 5.11). */
CK_RV p11_operation_begin(p11_module *module, const p11_session *session, p11_operation *operation,
                          const CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key, CK_OBJECT_CLASS class);

/* CKR_OK when the operation may go on in this manner; ends it otherwise, or says that there is none. */
CK_RV p11_operation_continue(p11_operation *operation, p11_manner manner);

CK_RV p11_operation_update(p11_operation *operation, const unsigned char *part, CK_ULONG length);

/* The digest of all that was given, of cs_hash_length(operation->hash) bytes. */
CK_RV p11_operation_digest(p11_operation *operation, unsigned char *digest);

#endif
