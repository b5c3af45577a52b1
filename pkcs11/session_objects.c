#include "session_objects.h"

#include <stdlib.h>

#include "platform/platform.h"

enum { max_objects = 10000, max_bytes = 32 * 1024 * 1024 };

/* Above every handle of a signer's object, within 32 bits. */
static const CK_OBJECT_HANDLE first_handle = 0x40000000, last_handle = 0x7fffffff;

typedef struct entry {
    CK_OBJECT_HANDLE handle;
    CK_SESSION_HANDLE owner;
    CK_SLOT_ID slot;
    p11_template *template;
} entry;

struct p11_session_objects {
    cs_mutex *lock; /* over what follows; never held over the network */
    entry *objects;
    size_t count;
    size_t bytes;
    CK_OBJECT_HANDLE last;
};

p11_session_objects *p11_session_objects_new(void)
{
    p11_session_objects *all = calloc(1, sizeof *all);
    if (all != NULL && (all->lock = cs_mutex_create()) == NULL) {
        free(all);
        all = NULL;
    }
    return all;
}

void p11_session_objects_free(p11_session_objects *all)
{
    if (all == NULL)
        return;
    for (size_t i = 0; i < all->count; i++)
        p11_template_free(all->objects[i].template);
    free(all->objects);
    cs_mutex_destroy(all->lock);
    free(all);
}

/* --- the table, with the lock held ------------------------------------------------------------------------------ */

static entry *find(p11_session_objects *all, CK_SLOT_ID slot, CK_OBJECT_HANDLE handle)
{
    for (size_t i = 0; i < all->count; i++)
        if (all->objects[i].handle == handle && all->objects[i].slot == slot)
            return &all->objects[i];
    return NULL;
}

static void remove_one(p11_session_objects *all, entry *object)
{
    all->bytes -= p11_template_size(object->template);
    p11_template_free(object->template);
    *object = all->objects[--all->count];
}

static bool is_used(const p11_session_objects *all, CK_OBJECT_HANDLE handle)
{
    for (size_t i = 0; i < all->count; i++)
        if (all->objects[i].handle == handle)
            return true;
    return false;
}

static CK_OBJECT_HANDLE next_handle(p11_session_objects *all)
{
    do
        all->last = all->last < first_handle || all->last == last_handle ? first_handle : all->last + 1;
    while (is_used(all, all->last));
    return all->last;
}

/* Takes over the template where it succeeds. */
static CK_RV insert(p11_session_objects *all, CK_SESSION_HANDLE owner, CK_SLOT_ID slot, p11_template *template,
                    CK_OBJECT_HANDLE *handle)
{
    size_t size = p11_template_size(template);
    if (all->count == max_objects || size > max_bytes - all->bytes)
        return CKR_DEVICE_MEMORY;
    entry *longer = realloc(all->objects, (all->count + 1) * sizeof *longer);
    if (longer == NULL)
        return CKR_HOST_MEMORY;
    all->objects = longer;
    *handle = next_handle(all);
    all->objects[all->count++] = (entry){ *handle, owner, slot, template };
    all->bytes += size;
    return CKR_OK;
}

/* --- what others call ------------------------------------------------------------------------------------------- */

CK_RV p11_session_object_add(p11_session_objects *all, CK_SESSION_HANDLE owner, CK_SLOT_ID slot, p11_template *template,
                             CK_OBJECT_HANDLE *handle)
{
    cs_mutex_lock(all->lock);
    CK_RV rv = insert(all, owner, slot, template, handle);
    cs_mutex_unlock(all->lock);
    return rv;
}

bool p11_session_object_use(p11_session_objects *all, CK_SLOT_ID slot, CK_OBJECT_HANDLE handle, p11_user *use, void *context)
{
    cs_mutex_lock(all->lock);
    entry *object = find(all, slot, handle);
    if (object != NULL)
        use(context, &(p11_object){ .template = object->template });
    cs_mutex_unlock(all->lock);
    return object != NULL;
}

bool p11_session_object_each(p11_session_objects *all, CK_SLOT_ID slot, p11_visitor *visit, void *context)
{
    bool more = true;
    cs_mutex_lock(all->lock);
    for (size_t i = 0; i < all->count && more; i++)
        if (all->objects[i].slot == slot)
            more = visit(context, all->objects[i].handle, &(p11_object){ .template = all->objects[i].template });
    cs_mutex_unlock(all->lock);
    return more;
}

CK_RV p11_session_object_destroy(p11_session_objects *all, CK_SLOT_ID slot, CK_OBJECT_HANDLE handle)
{
    cs_mutex_lock(all->lock);
    entry *object = find(all, slot, handle);
    bool allowed = object != NULL && p11_template_is(object->template, CKA_DESTROYABLE);
    if (allowed)
        remove_one(all, object);
    cs_mutex_unlock(all->lock);
    return object == NULL ? CKR_OBJECT_HANDLE_INVALID : allowed ? CKR_OK : CKR_ACTION_PROHIBITED;
}

CK_RV p11_session_object_change(p11_session_objects *all, CK_SLOT_ID slot, CK_OBJECT_HANDLE handle, const CK_ATTRIBUTE *given,
                                CK_ULONG count)
{
    CK_RV rv = CKR_OBJECT_HANDLE_INVALID;
    cs_mutex_lock(all->lock);
    entry *object = find(all, slot, handle);
    if (object != NULL) {
        all->bytes -= p11_template_size(object->template);
        rv = p11_template_change(&object->template, given, count, max_bytes - all->bytes);
        all->bytes += p11_template_size(object->template);
    }
    cs_mutex_unlock(all->lock);
    return rv;
}

void p11_session_objects_end_session(p11_session_objects *all, CK_SESSION_HANDLE owner)
{
    cs_mutex_lock(all->lock);
    for (size_t i = all->count; i-- > 0;)
        if (all->objects[i].owner == owner)
            remove_one(all, &all->objects[i]);
    cs_mutex_unlock(all->lock);
}

void p11_session_objects_end_login(p11_session_objects *all, CK_SLOT_ID slot)
{
    cs_mutex_lock(all->lock);
    for (size_t i = all->count; i-- > 0;)
        if (all->objects[i].slot == slot && p11_template_is(all->objects[i].template, CKA_PRIVATE))
            remove_one(all, &all->objects[i]);
    cs_mutex_unlock(all->lock);
}
