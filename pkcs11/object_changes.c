#include "attribute.h"
#include "objects.h"
#include "signer_objects.h"

/* Whether the session may have such an object. Nothing is written to the token. */
static CK_RV admit(p11_module *module, const p11_session *session, const p11_template *template)
{
    if (p11_template_is(template, CKA_TOKEN))
        return (session->flags & CKF_RW_SESSION) != 0 ? CKR_TOKEN_WRITE_PROTECTED : CKR_SESSION_READ_ONLY;
    return p11_template_is(template, CKA_PRIVATE) && !p11_is_logged_in(module->sessions, session->slot)
        ? CKR_USER_NOT_LOGGED_IN
        : CKR_OK;
}

/* Takes over the template. */
static CK_RV keep(p11_module *module, const p11_session *session, p11_template *template, CK_OBJECT_HANDLE *handle)
{
    CK_RV rv = admit(module, session, template);
    if (rv == CKR_OK)
        rv = p11_session_object_add(module->session_objects, session->handle, session->slot, template, handle);
    if (rv != CKR_OK)
        p11_template_free(template);
    return rv;
}

static CK_RV create(p11_module *module, const p11_session *session, const CK_ATTRIBUTE *given, CK_ULONG count,
                    CK_OBJECT_HANDLE *handle)
{
    p11_template *template;
    if (handle == NULL || (given == NULL && count != 0))
        return CKR_ARGUMENTS_BAD;
    CK_RV rv = p11_template_new(given, count, &template);
    return rv == CKR_OK ? keep(module, session, template, handle) : rv;
}

/* PKCS#11 v2.40, section 5.7. Certificates, data and public keys that live as long as their session; private and secret keys
 * are refused. */
CK_RV C_CreateObject(CK_SESSION_HANDLE hSession, CK_ATTRIBUTE_PTR pTemplate, CK_ULONG ulCount, CK_OBJECT_HANDLE_PTR phObject)
{
    p11_module *module;
    p11_session *session;
    CK_RV rv = p11_session_enter(hSession, &module, &session);
    if (rv != CKR_OK)
        return rv;
    return p11_session_leave(module, session, "C_CreateObject", create(module, session, pTemplate, ulCount, phObject));
}

typedef struct copying {
    const CK_ATTRIBUTE *given;
    CK_ULONG count;
    p11_template *copy;
    CK_RV rv;
} copying;

static CK_RV read_attribute(const void *object, CK_ATTRIBUTE_TYPE type, p11_value *value)
{
    return p11_attribute(object, type, value);
}

static void copy_from(void *context, const p11_object *object)
{
    copying *c = context;
    c->rv = p11_template_copy(read_attribute, object, c->given, c->count, &c->copy);
}

static CK_RV copy(p11_module *module, const p11_session *session, CK_OBJECT_HANDLE object, const CK_ATTRIBUTE *given,
                  CK_ULONG count, CK_OBJECT_HANDLE *handle)
{
    copying c = { .given = given, .count = count };
    if (handle == NULL || (given == NULL && count != 0))
        return CKR_ARGUMENTS_BAD;
    if (!p11_object_use(module, session->slot, object, copy_from, &c))
        return CKR_OBJECT_HANDLE_INVALID;
    return c.rv == CKR_OK ? keep(module, session, c.copy, handle) : c.rv;
}

/* PKCS#11 v2.40, section 5.7. */
CK_RV C_CopyObject(CK_SESSION_HANDLE hSession, CK_OBJECT_HANDLE hObject, CK_ATTRIBUTE_PTR pTemplate, CK_ULONG ulCount,
                   CK_OBJECT_HANDLE_PTR phNewObject)
{
    p11_module *module;
    p11_session *session;
    CK_RV rv = p11_session_enter(hSession, &module, &session);
    if (rv != CKR_OK)
        return rv;
    rv = copy(module, session, hObject, pTemplate, ulCount, phNewObject);
    return p11_session_leave(module, session, "C_CopyObject", rv);
}

/* The answer to a change of an object that is no session object: a signer's, or none. */
static CK_RV refuse_change(p11_module *module, const p11_session *session, CK_OBJECT_HANDLE handle)
{
    p11_object object;
    if (!p11_signer_object_find(module->tokens, session->slot, handle, &object))
        return CKR_OBJECT_HANDLE_INVALID;
    return (session->flags & CKF_RW_SESSION) != 0 ? CKR_ACTION_PROHIBITED : CKR_SESSION_READ_ONLY;
}

static CK_RV destroy(p11_module *module, const p11_session *session, CK_OBJECT_HANDLE handle)
{
    CK_RV rv = p11_session_object_destroy(module->session_objects, session->slot, handle);
    return rv == CKR_OBJECT_HANDLE_INVALID ? refuse_change(module, session, handle) : rv;
}

/* PKCS#11 v2.40, section 5.7. */
CK_RV C_DestroyObject(CK_SESSION_HANDLE hSession, CK_OBJECT_HANDLE hObject)
{
    p11_module *module;
    p11_session *session;
    CK_RV rv = p11_session_enter(hSession, &module, &session);
    if (rv != CKR_OK)
        return rv;
    return p11_session_leave(module, session, "C_DestroyObject", destroy(module, session, hObject));
}

static CK_RV change(p11_module *module, const p11_session *session, CK_OBJECT_HANDLE handle, const CK_ATTRIBUTE *given,
                    CK_ULONG count)
{
    if (given == NULL || count == 0)
        return CKR_ARGUMENTS_BAD;
    CK_RV rv = p11_session_object_change(module->session_objects, session->slot, handle, given, count);
    return rv == CKR_OBJECT_HANDLE_INVALID ? refuse_change(module, session, handle) : rv;
}

/* PKCS#11 v2.40, section 5.7. */
CK_RV C_SetAttributeValue(CK_SESSION_HANDLE hSession, CK_OBJECT_HANDLE hObject, CK_ATTRIBUTE_PTR pTemplate, CK_ULONG ulCount)
{
    p11_module *module;
    p11_session *session;
    CK_RV rv = p11_session_enter(hSession, &module, &session);
    if (rv != CKR_OK)
        return rv;
    rv = change(module, session, hObject, pTemplate, ulCount);
    return p11_session_leave(module, session, "C_SetAttributeValue", rv);
}
