/* Session objects: what an application makes for itself, kept in this process until the session that made it ends. */
#ifndef CODESIGNING_PKCS11_MADE_H
#define CODESIGNING_PKCS11_MADE_H

#include "module.h"

/* What template.c does under the lock of made.c. A template is checked, whole, and of one class. */

/* From what C_CreateObject was given. */
CK_RV p11_template_new(const CK_ATTRIBUTE *given, CK_ULONG count, p11_template **made);

/* From an object and what C_CopyObject was given beside it. */
CK_RV p11_template_copy(const p11_object *source, const CK_ATTRIBUTE *given, CK_ULONG count, p11_template **made);

/* As C_SetAttributeValue does: all of it or nothing, and no more than `room` bytes in all. */
CK_RV p11_template_change(p11_template **template, const CK_ATTRIBUTE *given, CK_ULONG count, size_t room);

void p11_template_free(p11_template *template);

/* The bytes that it takes. */
size_t p11_template_size(const p11_template *template);

/* Of an attribute that is true or false. */
bool p11_template_is(const p11_template *template, CK_ATTRIBUTE_TYPE type);

#endif
