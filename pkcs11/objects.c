#include "objects.h"

#include "signer_objects.h"

bool p11_object_use(p11_module *module, CK_SLOT_ID slot, CK_OBJECT_HANDLE handle, p11_user *use, void *context)
{
    p11_object object;
    if (!p11_signer_object_find(module->tokens, slot, handle, &object))
        return p11_session_object_use(module->session_objects, slot, handle, use, context);
    use(context, &object);
    return true;
}

typedef struct wanted_key {
    p11_key *key;
    bool found;
} wanted_key;

static void read_key(void *context, const p11_object *object)
{
    wanted_key *wanted = context;
    wanted->found = p11_key_read(object, wanted->key);
}

bool p11_key_find(p11_module *module, CK_SLOT_ID slot, CK_OBJECT_HANDLE handle, p11_key *key)
{
    wanted_key wanted = { .key = key };
    return p11_object_use(module, slot, handle, read_key, &wanted) && wanted.found;
}

void p11_object_each(p11_module *module, CK_SLOT_ID slot, p11_visitor *visit, void *context)
{
    if (p11_signer_object_each(module->tokens, slot, visit, context))
        p11_session_object_each(module->session_objects, slot, visit, context);
}
