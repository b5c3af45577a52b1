#include <string.h>

#include "attribute.h"
#include "objects.h"

/* By the rules of section 5.7 each attribute gets its length or CK_UNAVAILABLE_INFORMATION, and the last error is the
 * answer. */
static CK_RV fill(const p11_object *object, CK_ATTRIBUTE *attribute)
{
    p11_value value;
    CK_RV rv = p11_attribute(object, attribute->type, &value);
    if (rv != CKR_OK) {
        attribute->ulValueLen = (CK_ULONG)CK_UNAVAILABLE_INFORMATION;
        return rv;
    }
    if (attribute->pValue == NULL) {
        attribute->ulValueLen = (CK_ULONG)value.length;
        return CKR_OK;
    }
    if (attribute->ulValueLen < value.length) {
        attribute->ulValueLen = (CK_ULONG)CK_UNAVAILABLE_INFORMATION;
        return CKR_BUFFER_TOO_SMALL;
    }
    memcpy(attribute->pValue, value.data, value.length);
    attribute->ulValueLen = (CK_ULONG)value.length;
    return CKR_OK;
}

typedef struct reading {
    CK_ATTRIBUTE *attributes;
    CK_ULONG count;
    CK_RV worst;
} reading;

static void read_from(void *context, const p11_object *object)
{
    reading *r = context;
    for (CK_ULONG i = 0; i < r->count; i++) {
        CK_RV rv = fill(object, &r->attributes[i]);
        r->worst = rv != CKR_OK ? rv : r->worst;
    }
}

static CK_RV get_attributes(p11_module *module, const p11_session *session, CK_OBJECT_HANDLE handle,
                            CK_ATTRIBUTE_PTR attributes, CK_ULONG count)
{
    reading r = { .attributes = attributes, .count = count, .worst = CKR_OK };
    if (attributes == NULL || count == 0)
        return CKR_ARGUMENTS_BAD;
    return p11_object_use(module, session->slot, handle, read_from, &r) ? r.worst : CKR_OBJECT_HANDLE_INVALID;
}

/* PKCS#11 v2.40, section 5.7. */
CK_RV C_GetAttributeValue(CK_SESSION_HANDLE hSession, CK_OBJECT_HANDLE hObject, CK_ATTRIBUTE_PTR pTemplate, CK_ULONG ulCount)
{
    p11_module *module;
    p11_session *session;
    CK_RV rv = p11_session_enter(hSession, &module, &session);
    if (rv != CKR_OK)
        return rv;
    rv = get_attributes(module, session, hObject, pTemplate, ulCount);
    return p11_session_leave(module, session, "C_GetAttributeValue", rv);
}

static void measure(void *context, const p11_object *object)
{
    CK_ULONG *size = context;
    p11_value value;
    bool known = p11_attribute(object, CKA_VALUE, &value) == CKR_OK
        || p11_attribute(object, CKA_PUBLIC_KEY_INFO, &value) == CKR_OK;
    *size = known ? (CK_ULONG)value.length : (CK_ULONG)CK_UNAVAILABLE_INFORMATION;
}

/* PKCS#11 v2.40, section 5.7. */
CK_RV C_GetObjectSize(CK_SESSION_HANDLE hSession, CK_OBJECT_HANDLE hObject, CK_ULONG_PTR pulSize)
{
    p11_module *module;
    p11_session *session;
    CK_RV rv = p11_session_enter(hSession, &module, &session);
    if (rv != CKR_OK)
        return rv;
    if (pulSize == NULL)
        rv = CKR_ARGUMENTS_BAD;
    else if (!p11_object_use(module, session->slot, hObject, measure, pulSize))
        rv = CKR_OBJECT_HANDLE_INVALID;
    return p11_session_leave(module, session, "C_GetObjectSize", rv);
}
