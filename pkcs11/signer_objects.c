#include "signer_objects.h"

/* With the lock held. Number 0 is the private key, 1 the public key, 2 and up the chain from the leaf. */
static bool describe(const p11_signer *signer, size_t number, p11_object *object)
{
    size_t certificates = cs_chain_length(signer->chain);
    if (certificates == 0 || signer->superseded || !signer->present || number >= certificates + 2)
        return false;
    size_t position = number < 2 ? 0 : number - 2;
    *object = (p11_object){
        .signer = signer,
        .certificate = cs_chain_at(signer->chain, position),
        .label = position == 0 ? signer->name : signer->labels[position - 1].text,
        .position = position,
        .class = number == 0 ? CKO_PRIVATE_KEY : number == 1 ? CKO_PUBLIC_KEY : CKO_CERTIFICATE,
    };
    return number >= 2 || object->certificate->key.algorithm != CS_KEY_UNKNOWN;
}

bool p11_signer_object_find(p11_tokens *tokens, CK_SLOT_ID slot, CK_OBJECT_HANDLE handle, p11_object *object)
{
    if (handle == CK_INVALID_HANDLE)
        return false;
    size_t index = (handle - 1) / P11_HANDLES;
    cs_mutex_lock(tokens->lock);
    bool found = index < tokens->count && tokens->signers[index]->slot == slot
        && describe(tokens->signers[index], (handle - 1) % P11_HANDLES, object);
    cs_mutex_unlock(tokens->lock);
    return found;
}

/* With the lock held. Signers of one token (the login slot's) share CAs. */
static bool is_shown_earlier(const p11_tokens *tokens, size_t signer, const p11_object *object)
{
    for (size_t i = 0; i < signer && object->position > 0; i++) {
        const p11_signer *earlier = tokens->by_name[i];
        for (size_t j = 1; earlier->slot == object->signer->slot && j < cs_chain_length(earlier->chain); j++)
            if (cs_certificate_equals(cs_chain_at(earlier->chain, j), object->certificate))
                return true;
    }
    return false;
}

bool p11_signer_object_each(p11_tokens *tokens, CK_SLOT_ID slot, p11_visitor *visit, void *context)
{
    bool more = true;
    cs_mutex_lock(tokens->lock);
    for (size_t i = 0; i < tokens->present_count && more; i++) {
        const p11_signer *signer = tokens->by_name[i];
        p11_object object;
        for (size_t number = 0; number < P11_HANDLES && more && signer->slot == slot; number++)
            if (describe(signer, number, &object) && !is_shown_earlier(tokens, i, &object))
                more = visit(context, signer->index * P11_HANDLES + number + 1, &object);
    }
    cs_mutex_unlock(tokens->lock);
    return more;
}
