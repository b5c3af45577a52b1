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

void p11_object_each(p11_module *module, CK_SLOT_ID slot, p11_visitor *visit, void *context)
{
    if (p11_signer_object_each(module->tokens, slot, visit, context))
        p11_session_object_each(module->session_objects, slot, visit, context);
}
