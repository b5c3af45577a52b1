/* Attributes of objects. */
#ifndef CODESIGNING_PKCS11_ATTRIBUTE_H
#define CODESIGNING_PKCS11_ATTRIBUTE_H

#include "object.h"

/* CKR_OK, CKR_ATTRIBUTE_SENSITIVE or CKR_ATTRIBUTE_TYPE_INVALID. A CK_ULONG that is not known is
 * CK_UNAVAILABLE_INFORMATION. */
CK_RV p11_attribute(const p11_object *object, CK_ATTRIBUTE_TYPE type, p11_value *value);

#endif
