/* All objects of a token: the signers' and those of sessions. */
#ifndef CODESIGNING_PKCS11_OBJECTS_H
#define CODESIGNING_PKCS11_OBJECTS_H

#include "module.h"

/* Calls `use` with the object. False when the slot has no such object (any more). */
bool p11_object_use(p11_module *module, CK_SLOT_ID slot, CK_OBJECT_HANDLE handle, p11_user *use, void *context);

/* The key of that handle. False when the slot has no such key. */
bool p11_key_find(p11_module *module, CK_SLOT_ID slot, CK_OBJECT_HANDLE handle, p11_key *key);

/* Calls `visit` for each object of the slot until it answers false. */
void p11_object_each(p11_module *module, CK_SLOT_ID slot, p11_visitor *visit, void *context);

#endif
