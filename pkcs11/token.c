#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "module.h"

struct p11_tokens {
    cs_mutex *lock; /* over the array, and over `present`, `superseded` and `chain` of its entries */
    p11_signer **signers;
    size_t count;
    bool listed; /* a list has been had at least once */
};

p11_tokens *p11_tokens_new(void)
{
    p11_tokens *tokens = calloc(1, sizeof *tokens);
    if (tokens != NULL && (tokens->lock = cs_mutex_create()) == NULL) {
        free(tokens);
        tokens = NULL;
    }
    return tokens;
}

void p11_tokens_free(p11_tokens *tokens)
{
    if (tokens == NULL)
        return;
    for (size_t i = 0; i < tokens->count; i++) {
        cs_chain_release(tokens->signers[i]->chain);
        free(tokens->signers[i]);
    }
    free(tokens->signers);
    cs_mutex_destroy(tokens->lock);
    free(tokens);
}

/* --- entries, with the lock held -------------------------------------------------------------------------------- */

static p11_signer *find_live(const p11_tokens *tokens, const char *id)
{
    for (size_t i = 0; i < tokens->count; i++)
        if (!tokens->signers[i]->superseded && strcmp(tokens->signers[i]->id, id) == 0)
            return tokens->signers[i];
    return NULL;
}

static bool is_taken(const p11_tokens *tokens, CK_SLOT_ID slot)
{
    for (size_t i = 0; i < tokens->count; i++)
        if (tokens->signers[i]->slot == slot)
            return true;
    return false;
}

/* From the signer's id alone, so that it stays as others come and go. 31 bits, because tools read slot ids into an int
 * and CK_ULONG has 32 bits on Windows. Two ids that meet give the later one the next number. */
static CK_SLOT_ID choose_slot(const p11_tokens *tokens, const char *id)
{
    unsigned char hash[CS_MAX_DIGEST_LENGTH];
    if (!cs_digest_compute(CS_HASH_SHA256, id, strlen(id), hash))
        return 0;
    CK_SLOT_ID slot = (CK_SLOT_ID)(hash[0] & 0x7f) << 24 | (CK_SLOT_ID)hash[1] << 16 | (CK_SLOT_ID)hash[2] << 8 | hash[3];
    while (slot <= P11_LOGIN_SLOT || is_taken(tokens, slot))
        slot = (slot + 1) & 0x7fffffff;
    return slot;
}

static p11_signer *add(p11_tokens *tokens, const char *id, const char *name, CK_SLOT_ID slot, cs_key_algorithm key)
{
    p11_signer *signer = calloc(1, sizeof *signer);
    p11_signer **longer = realloc(tokens->signers, (tokens->count + 1) * sizeof *longer);
    if (longer != NULL)
        tokens->signers = longer;
    if (signer == NULL || longer == NULL || slot == 0) {
        free(signer);
        return NULL;
    }
    snprintf(signer->id, sizeof signer->id, "%s", id);
    snprintf(signer->name, sizeof signer->name, "%s", name);
    signer->slot = slot;
    signer->key = key;
    signer->index = tokens->count;
    signer->present = true;
    tokens->signers[tokens->count++] = signer;
    return signer;
}

static bool take_list(p11_tokens *tokens, const cs_catalogue *catalogue, bool one_slot)
{
    bool complete = true;
    for (size_t i = 0; i < tokens->count; i++)
        tokens->signers[i]->present = cs_catalogue_find(catalogue, tokens->signers[i]->id) != NULL;
    for (size_t i = 0; i < catalogue->count; i++) {
        const cs_signer *listed = &catalogue->signers[i];
        if (find_live(tokens, listed->id) != NULL)
            continue;
        CK_SLOT_ID slot = one_slot ? P11_LOGIN_SLOT : choose_slot(tokens, listed->id);
        complete = add(tokens, listed->id, listed->name, slot, listed->key) != NULL && complete;
    }
    tokens->listed = true;
    return complete;
}

/* --- what others call ------------------------------------------------------------------------------------------- */

CK_RV p11_tokens_refresh(p11_module *module, cs_freshness freshness)
{
    cs_client *client = p11_client(module);
    p11_tokens *tokens = p11_tokens_of(module);
    cs_error error = { 0 };
    cs_catalogue *catalogue;
    if (cs_client_config(client)->server_url == NULL || !cs_client_can_authenticate(client))
        return CKR_OK;
    cs_result result = cs_catalogue_get(client, freshness, &catalogue, &error);
    if (result != CS_OK)
        return p11_rv(result) == CKR_USER_NOT_LOGGED_IN ? CKR_DEVICE_ERROR : p11_rv(result);
    cs_mutex_lock(tokens->lock);
    bool complete = take_list(tokens, catalogue, !cs_client_is_configured(client));
    cs_mutex_unlock(tokens->lock);
    cs_catalogue_release(client, catalogue);
    return complete ? CKR_OK : CKR_HOST_MEMORY;
}

static bool has_login_slot(p11_module *module)
{
    cs_client *client = p11_client(module);
    return cs_client_config(client)->server_url != NULL && !cs_client_is_configured(client);
}

size_t p11_slots(p11_module *module, CK_SLOT_ID *slots, size_t capacity)
{
    p11_tokens *tokens = p11_tokens_of(module);
    if (has_login_slot(module)) {
        if (capacity > 0)
            slots[0] = P11_LOGIN_SLOT;
        return 1;
    }
    size_t count = 0;
    cs_mutex_lock(tokens->lock);
    for (size_t i = 0; i < tokens->count; i++) {
        if (!tokens->signers[i]->present || tokens->signers[i]->superseded)
            continue;
        if (count < capacity)
            slots[count] = tokens->signers[i]->slot;
        count++;
    }
    cs_mutex_unlock(tokens->lock);
    return count;
}

const p11_signer *p11_slot_signer(p11_module *module, CK_SLOT_ID slot)
{
    p11_tokens *tokens = p11_tokens_of(module);
    const p11_signer *found = NULL;
    if (slot == P11_LOGIN_SLOT)
        return NULL;
    cs_mutex_lock(tokens->lock);
    for (size_t i = 0; i < tokens->count && found == NULL; i++)
        if (tokens->signers[i]->slot == slot && tokens->signers[i]->present && !tokens->signers[i]->superseded)
            found = tokens->signers[i];
    cs_mutex_unlock(tokens->lock);
    return found;
}

CK_RV p11_slot_check(p11_module *module, CK_SLOT_ID slot)
{
    if (slot == P11_LOGIN_SLOT)
        return has_login_slot(module) ? CKR_OK : CKR_SLOT_ID_INVALID;
    if (has_login_slot(module))
        return CKR_SLOT_ID_INVALID;
    if (p11_slot_signer(module, slot) != NULL)
        return CKR_OK;
    CK_RV rv = p11_tokens_refresh(module, CS_FRESH);
    if (rv != CKR_OK)
        return rv;
    return p11_slot_signer(module, slot) != NULL ? CKR_OK : CKR_SLOT_ID_INVALID;
}

static bool same_leaf(const cs_chain *left, const cs_chain *right)
{
    const cs_certificate *a = cs_chain_at(left, 0);
    const cs_certificate *b = cs_chain_at(right, 0);
    return a->der_length == b->der_length && memcmp(a->der, b->der, a->der_length) == 0;
}

static bool take_chain(p11_tokens *tokens, p11_signer *signer, cs_chain *chain)
{
    if (signer->chain == NULL) {
        signer->chain = cs_chain_retain(chain);
        signer->key = cs_chain_at(chain, 0)->key;
    } else if (!signer->superseded && !same_leaf(signer->chain, chain)) {
        p11_signer *newer = add(tokens, signer->id, signer->name, signer->slot, cs_chain_at(chain, 0)->key);
        if (newer == NULL)
            return false;
        newer->chain = cs_chain_retain(chain);
        signer->superseded = true;
    }
    return true;
}

static CK_RV load_chain(p11_module *module, p11_signer *signer)
{
    p11_tokens *tokens = p11_tokens_of(module);
    cs_error error = { 0 };
    cs_chain *chain;
    cs_result result = cs_signer_chain(p11_client(module), signer->id, CS_CACHED, &chain, &error);
    if (result != CS_OK)
        return result == CS_UNAUTHENTICATED || result == CS_NOT_FOUND ? CKR_DEVICE_ERROR : p11_rv(result);
    cs_mutex_lock(tokens->lock);
    bool taken = take_chain(tokens, signer, chain);
    cs_mutex_unlock(tokens->lock);
    cs_chain_release(chain);
    return taken ? CKR_OK : CKR_HOST_MEMORY;
}

/* The n-th live signer of the slot; NULL past the last. Entries are never moved, so the pointer stays good. */
static p11_signer *nth(p11_tokens *tokens, CK_SLOT_ID slot, size_t n)
{
    p11_signer *found = NULL;
    cs_mutex_lock(tokens->lock);
    for (size_t i = 0; i < tokens->count && found == NULL; i++) {
        p11_signer *signer = tokens->signers[i];
        if (signer->slot == slot && signer->present && !signer->superseded && n-- == 0)
            found = signer;
    }
    cs_mutex_unlock(tokens->lock);
    return found;
}

/* One signer whose certificates cannot be had does not hide the others of the login slot. */
CK_RV p11_slot_load(p11_module *module, CK_SLOT_ID slot)
{
    p11_tokens *tokens = p11_tokens_of(module);
    CK_RV worst = CKR_OK;
    bool any = false;
    if (slot == P11_LOGIN_SLOT && cs_client_can_authenticate(p11_client(module)))
        worst = p11_tokens_refresh(module, CS_CACHED);
    p11_signer *signer;
    for (size_t n = 0; (signer = nth(tokens, slot, n)) != NULL; n++) {
        CK_RV rv = load_chain(module, signer);
        any = any || rv == CKR_OK;
        worst = rv != CKR_OK ? rv : worst;
    }
    return any ? CKR_OK : worst;
}

bool p11_slot_has_keys(p11_module *module, CK_SLOT_ID slot, bool rsa)
{
    p11_tokens *tokens = p11_tokens_of(module);
    bool found = slot == P11_LOGIN_SLOT;
    cs_mutex_lock(tokens->lock);
    for (size_t i = 0; i < tokens->count && !found; i++) {
        const p11_signer *signer = tokens->signers[i];
        found = signer->slot == slot && !signer->superseded && signer->key != CS_KEY_UNKNOWN
            && cs_key_algorithm_is_rsa(signer->key) == rsa;
    }
    cs_mutex_unlock(tokens->lock);
    return found;
}

void p11_tokens_forget(p11_module *module)
{
    p11_tokens *tokens = p11_tokens_of(module);
    cs_mutex_lock(tokens->lock);
    for (size_t i = 0; i < tokens->count; i++)
        tokens->signers[i]->present = false;
    cs_mutex_unlock(tokens->lock);
}

/* --- objects ---------------------------------------------------------------------------------------------------- */

/* With the lock held. Number 0 is the private key, 1 the public key, 2 and on the chain from the leaf. */
static bool describe(const p11_signer *signer, size_t number, p11_object *object)
{
    size_t certificates = cs_chain_length(signer->chain);
    if (certificates == 0 || signer->superseded || !signer->present || number >= certificates + 2)
        return false;
    size_t position = number < 2 ? 0 : number - 2;
    *object = (p11_object){
        .signer = signer,
        .certificate = cs_chain_at(signer->chain, position),
        .position = position,
        .class = number == 0 ? CKO_PRIVATE_KEY : number == 1 ? CKO_PUBLIC_KEY : CKO_CERTIFICATE,
    };
    return number >= 2 || object->certificate->key != CS_KEY_UNKNOWN;
}

bool p11_object_find(p11_module *module, CK_SLOT_ID slot, CK_OBJECT_HANDLE handle, p11_object *object)
{
    p11_tokens *tokens = p11_tokens_of(module);
    if (handle == CK_INVALID_HANDLE)
        return false;
    size_t index = (handle - 1) / P11_HANDLES;
    cs_mutex_lock(tokens->lock);
    bool found = index < tokens->count && tokens->signers[index]->slot == slot
        && describe(tokens->signers[index], (handle - 1) % P11_HANDLES, object);
    cs_mutex_unlock(tokens->lock);
    return found;
}

void p11_object_each(p11_module *module, CK_SLOT_ID slot, p11_visitor *visit, void *context)
{
    p11_tokens *tokens = p11_tokens_of(module);
    bool more = true;
    cs_mutex_lock(tokens->lock);
    for (size_t i = 0; i < tokens->count && more; i++) {
        p11_object object;
        for (size_t number = 0; number < P11_HANDLES && more && tokens->signers[i]->slot == slot; number++)
            if (describe(tokens->signers[i], number, &object))
                more = visit(context, i * P11_HANDLES + number + 1, &object);
    }
    cs_mutex_unlock(tokens->lock);
}
