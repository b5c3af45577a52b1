/* The objects of signers: two keys and the certificates. */
#ifndef CODESIGNING_PKCS11_SIGNER_OBJECTS_H
#define CODESIGNING_PKCS11_SIGNER_OBJECTS_H

#include "object.h"
#include "tokens.h"

/* False when the slot has no such object (any more). */
bool p11_signer_object_find(p11_tokens *tokens, CK_SLOT_ID slot, CK_OBJECT_HANDLE handle, p11_object *object);

/* Calls `visit` for each object of the slot. False when it wanted no more. */
bool p11_signer_object_each(p11_tokens *tokens, CK_SLOT_ID slot, p11_visitor *visit, void *context);

#endif
