#include <stdlib.h>
#include <string.h>

#include "attribute.h"
#include "objects.h"

typedef struct search {
    p11_session *session;
    const CK_ATTRIBUTE *wanted;
    CK_ULONG count;
    size_t capacity;
    bool failed;
} search;

static bool matches(const p11_object *object, const CK_ATTRIBUTE *wanted)
{
    p11_value value;
    return p11_attribute(object, wanted->type, &value) == CKR_OK && value.length == wanted->ulValueLen
        && (value.length == 0 || memcmp(value.data, wanted->pValue, value.length) == 0);
}

static bool collect(void *context, CK_OBJECT_HANDLE handle, const p11_object *object)
{
    search *s = context;
    for (CK_ULONG i = 0; i < s->count; i++)
        if (!matches(object, &s->wanted[i]))
            return true;
    if (s->session->found_count == s->capacity) {
        size_t capacity = s->capacity != 0 ? 2 * s->capacity : 16;
        CK_OBJECT_HANDLE *longer = realloc(s->session->found, capacity * sizeof *longer);
        if (longer == NULL) {
            s->failed = true;
            return false;
        }
        s->session->found = longer;
        s->capacity = capacity;
    }
    s->session->found[s->session->found_count++] = handle;
    return true;
}

static void end_search(p11_session *session)
{
    free(session->found);
    session->found = NULL;
    session->found_count = session->found_taken = 0;
    session->searching = false;
}

static CK_RV begin_search(p11_module *module, p11_session *session, const CK_ATTRIBUTE *template, CK_ULONG count)
{
    if (template == NULL && count != 0)
        return CKR_ARGUMENTS_BAD;
    for (CK_ULONG i = 0; i < count; i++)
        if (template[i].pValue == NULL && template[i].ulValueLen != 0)
            return CKR_ARGUMENTS_BAD;
    if (session->searching)
        return CKR_OPERATION_ACTIVE;
    CK_RV rv = p11_slot_load(module->tokens, session->slot);
    if (rv != CKR_OK)
        return rv;
    search s = { .session = session, .wanted = template, .count = count };
    session->searching = true;
    p11_object_each(module, session->slot, collect, &s);
    if (s.failed)
        end_search(session);
    return s.failed ? CKR_HOST_MEMORY : CKR_OK;
}

/* PKCS#11 v2.40, section 5.7. */
CK_RV C_FindObjectsInit(CK_SESSION_HANDLE hSession, CK_ATTRIBUTE_PTR pTemplate, CK_ULONG ulCount)
{
    p11_module *module;
    p11_session *session;
    CK_RV rv = p11_session_enter(hSession, &module, &session);
    if (rv != CKR_OK)
        return rv;
    rv = begin_search(module, session, pTemplate, ulCount);
    return p11_session_leave(module, session, "C_FindObjectsInit", rv);
}

/* PKCS#11 v2.40, section 5.7. */
CK_RV C_FindObjects(CK_SESSION_HANDLE hSession, CK_OBJECT_HANDLE_PTR phObject, CK_ULONG ulMaxObjectCount,
                    CK_ULONG_PTR pulObjectCount)
{
    p11_module *module;
    p11_session *session;
    CK_RV rv = p11_session_enter(hSession, &module, &session);
    if (rv != CKR_OK)
        return rv;
    if (pulObjectCount == NULL || (phObject == NULL && ulMaxObjectCount != 0))
        return p11_session_leave(module, session, "C_FindObjects", CKR_ARGUMENTS_BAD);
    if (!session->searching)
        return p11_session_leave(module, session, "C_FindObjects", CKR_OPERATION_NOT_INITIALIZED);
    CK_ULONG count = 0;
    while (count < ulMaxObjectCount && session->found_taken < session->found_count)
        phObject[count++] = session->found[session->found_taken++];
    *pulObjectCount = count;
    return p11_session_leave(module, session, "C_FindObjects", CKR_OK);
}

/* PKCS#11 v2.40, section 5.7. */
CK_RV C_FindObjectsFinal(CK_SESSION_HANDLE hSession)
{
    p11_module *module;
    p11_session *session;
    CK_RV rv = p11_session_enter(hSession, &module, &session);
    if (rv != CKR_OK)
        return rv;
    rv = session->searching ? CKR_OK : CKR_OPERATION_NOT_INITIALIZED;
    end_search(session);
    return p11_session_leave(module, session, "C_FindObjectsFinal", rv);
}
