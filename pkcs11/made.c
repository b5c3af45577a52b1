#include <stdlib.h>
#include <string.h>

#include "made.h"

enum { max_objects = 10000, max_bytes = 32 * 1024 * 1024 };

/* Above every handle that token.c gives, within 32 bits. */
static const CK_OBJECT_HANDLE first_handle = 0x40000000, last_handle = 0x7fffffff;

typedef struct made {
    CK_OBJECT_HANDLE handle;
    CK_SESSION_HANDLE owner;
    CK_SLOT_ID slot;
    p11_template *values;
} made;

struct p11_made_objects {
    cs_mutex *lock; /* over what follows; never held over the network */
    made *objects;
    size_t count;
    size_t bytes;
    CK_OBJECT_HANDLE last;
};

p11_made_objects *p11_made_new(void)
{
    p11_made_objects *all = calloc(1, sizeof *all);
    if (all != NULL && (all->lock = cs_mutex_create()) == NULL) {
        free(all);
        all = NULL;
    }
    return all;
}

void p11_made_free(p11_made_objects *all)
{
    if (all == NULL)
        return;
    for (size_t i = 0; i < all->count; i++)
        p11_template_free(all->objects[i].values);
    free(all->objects);
    cs_mutex_destroy(all->lock);
    free(all);
}

/* --- the table, with the lock held ------------------------------------------------------------------------------ */

static made *find(p11_made_objects *all, CK_SLOT_ID slot, CK_OBJECT_HANDLE handle)
{
    for (size_t i = 0; i < all->count; i++)
        if (all->objects[i].handle == handle && all->objects[i].slot == slot)
            return &all->objects[i];
    return NULL;
}

static void remove_one(p11_made_objects *all, made *object)
{
    all->bytes -= p11_template_size(object->values);
    p11_template_free(object->values);
    *object = all->objects[--all->count];
}

static bool is_used(const p11_made_objects *all, CK_OBJECT_HANDLE handle)
{
    for (size_t i = 0; i < all->count; i++)
        if (all->objects[i].handle == handle)
            return true;
    return false;
}

static CK_OBJECT_HANDLE next_handle(p11_made_objects *all)
{
    do
        all->last = all->last < first_handle || all->last == last_handle ? first_handle : all->last + 1;
    while (is_used(all, all->last));
    return all->last;
}

/* Takes over `values` where it succeeds. */
static CK_RV insert(p11_made_objects *all, const p11_session *session, p11_template *values, CK_OBJECT_HANDLE *handle)
{
    size_t size = p11_template_size(values);
    if (all->count == max_objects || size > max_bytes - all->bytes)
        return CKR_DEVICE_MEMORY;
    made *longer = realloc(all->objects, (all->count + 1) * sizeof *longer);
    if (longer == NULL)
        return CKR_HOST_MEMORY;
    all->objects = longer;
    *handle = next_handle(all);
    all->objects[all->count++] = (made){ *handle, session->handle, session->slot, values };
    all->bytes += size;
    return CKR_OK;
}

/* --- what others call ------------------------------------------------------------------------------------------- */

bool p11_made_use(p11_module *module, CK_SLOT_ID slot, CK_OBJECT_HANDLE handle, p11_user *use, void *context)
{
    p11_made_objects *all = p11_made_of(module);
    cs_mutex_lock(all->lock);
    made *object = find(all, slot, handle);
    if (object != NULL)
        use(context, &(p11_object){ .made = object->values });
    cs_mutex_unlock(all->lock);
    return object != NULL;
}

bool p11_made_each(p11_module *module, CK_SLOT_ID slot, p11_visitor *visit, void *context)
{
    p11_made_objects *all = p11_made_of(module);
    bool more = true;
    cs_mutex_lock(all->lock);
    for (size_t i = 0; i < all->count && more; i++)
        if (all->objects[i].slot == slot)
            more = visit(context, all->objects[i].handle, &(p11_object){ .made = all->objects[i].values });
    cs_mutex_unlock(all->lock);
    return more;
}

void p11_made_end_session(p11_module *module, CK_SESSION_HANDLE owner)
{
    p11_made_objects *all = p11_made_of(module);
    cs_mutex_lock(all->lock);
    for (size_t i = all->count; i-- > 0;)
        if (all->objects[i].owner == owner)
            remove_one(all, &all->objects[i]);
    cs_mutex_unlock(all->lock);
}

void p11_made_end_login(p11_module *module, CK_SLOT_ID slot)
{
    p11_made_objects *all = p11_made_of(module);
    cs_mutex_lock(all->lock);
    for (size_t i = all->count; i-- > 0;)
        if (all->objects[i].slot == slot && p11_template_is(all->objects[i].values, CKA_PRIVATE))
            remove_one(all, &all->objects[i]);
    cs_mutex_unlock(all->lock);
}

/* Whether the session may have the object, which the template asks for: nothing is written to the token. */
static CK_RV admit(p11_module *module, const p11_session *session, const p11_template *values)
{
    if (p11_template_is(values, CKA_TOKEN))
        return (session->flags & CKF_RW_SESSION) != 0 ? CKR_TOKEN_WRITE_PROTECTED : CKR_SESSION_READ_ONLY;
    return p11_template_is(values, CKA_PRIVATE) && !p11_is_logged_in(module, session->slot) ? CKR_USER_NOT_LOGGED_IN : CKR_OK;
}

static CK_RV keep(p11_module *module, const p11_session *session, p11_template *values, CK_OBJECT_HANDLE *handle)
{
    p11_made_objects *all = p11_made_of(module);
    CK_RV rv = admit(module, session, values);
    if (rv == CKR_OK) {
        cs_mutex_lock(all->lock);
        rv = insert(all, session, values, handle);
        cs_mutex_unlock(all->lock);
    }
    if (rv != CKR_OK)
        p11_template_free(values);
    return rv;
}

static CK_RV create(p11_module *module, const p11_session *session, const CK_ATTRIBUTE *template, CK_ULONG count,
                    CK_OBJECT_HANDLE *handle)
{
    p11_template *values;
    if (handle == NULL || (template == NULL && count != 0))
        return CKR_ARGUMENTS_BAD;
    CK_RV rv = p11_template_new(template, count, &values);
    return rv == CKR_OK ? keep(module, session, values, handle) : rv;
}

/* PKCS#11 v2.40, section 5.7. Certificates and data that live as long as their session; keys are not brought in. */
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
    const CK_ATTRIBUTE *template;
    CK_ULONG count;
    p11_template *copy;
    CK_RV rv;
} copying;

static void copy_from(void *context, const p11_object *object)
{
    copying *c = context;
    c->rv = p11_template_copy(object, c->template, c->count, &c->copy);
}

static CK_RV copy(p11_module *module, const p11_session *session, CK_OBJECT_HANDLE object, const CK_ATTRIBUTE *template,
                  CK_ULONG count, CK_OBJECT_HANDLE *handle)
{
    copying c = { .template = template, .count = count };
    if (handle == NULL || (template == NULL && count != 0))
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

/* For a change of an object that is not in the table: the signer's, or none. */
static CK_RV refuse_change(p11_module *module, const p11_session *session, CK_OBJECT_HANDLE handle)
{
    p11_object object;
    if (!p11_object_find(module, session->slot, handle, &object))
        return CKR_OBJECT_HANDLE_INVALID;
    return (session->flags & CKF_RW_SESSION) != 0 ? CKR_ACTION_PROHIBITED : CKR_SESSION_READ_ONLY;
}

static CK_RV destroy(p11_module *module, const p11_session *session, CK_OBJECT_HANDLE handle)
{
    p11_made_objects *all = p11_made_of(module);
    cs_mutex_lock(all->lock);
    made *object = find(all, session->slot, handle);
    bool allowed = object != NULL && p11_template_is(object->values, CKA_DESTROYABLE);
    if (allowed)
        remove_one(all, object);
    cs_mutex_unlock(all->lock);
    return object == NULL ? refuse_change(module, session, handle) : allowed ? CKR_OK : CKR_ACTION_PROHIBITED;
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

static CK_RV change(p11_module *module, const p11_session *session, CK_OBJECT_HANDLE handle, const CK_ATTRIBUTE *template,
                    CK_ULONG count)
{
    p11_made_objects *all = p11_made_of(module);
    CK_RV rv = CKR_OK;
    if (template == NULL || count == 0)
        return CKR_ARGUMENTS_BAD;
    cs_mutex_lock(all->lock);
    made *object = find(all, session->slot, handle);
    if (object != NULL) {
        all->bytes -= p11_template_size(object->values);
        rv = p11_template_change(&object->values, template, count, max_bytes - all->bytes);
        all->bytes += p11_template_size(object->values);
    }
    cs_mutex_unlock(all->lock);
    return object != NULL ? rv : refuse_change(module, session, handle);
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
