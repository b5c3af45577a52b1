/* The attributes of a session object: checked, complete, and of one class. */
#ifndef CODESIGNING_PKCS11_TEMPLATE_H
#define CODESIGNING_PKCS11_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>

#include "cryptoki.h"

typedef struct p11_template p11_template;

/* The value of an attribute. */
typedef struct p11_value {
    const void *data;
    size_t length;
    unsigned char scratch[160]; /* for values that are made rather than pointed to */
} p11_value;

/* From what C_CreateObject was given. */
CK_RV p11_template_new(const CK_ATTRIBUTE *given, CK_ULONG count, p11_template **template);

/* Reads an attribute of some object; an error where it has none of that type. */
typedef CK_RV p11_reader(const void *object, CK_ATTRIBUTE_TYPE type, p11_value *value);

/* From an object and what C_CopyObject was given besides it. */
CK_RV p11_template_copy(p11_reader *read, const void *object, const CK_ATTRIBUTE *given, CK_ULONG count,
                        p11_template **template);

/* As C_SetAttributeValue does: all of it or nothing, and at most `room` bytes in all. */
CK_RV p11_template_change(p11_template **template, const CK_ATTRIBUTE *given, CK_ULONG count, size_t room);

CK_RV p11_template_read(const p11_template *template, CK_ATTRIBUTE_TYPE type, p11_value *out);

/* Whether a boolean attribute is CK_TRUE. */
bool p11_template_is(const p11_template *template, CK_ATTRIBUTE_TYPE type);

/* Its size in bytes. */
size_t p11_template_size(const p11_template *template);

void p11_template_free(p11_template *template);

#endif
