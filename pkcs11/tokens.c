#include "tokens.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/catalogue.h"
#include "client/signer_chain.h"
#include "returns.h"

p11_tokens *p11_tokens_new(cs_client *client)
{
    p11_tokens *tokens = calloc(1, sizeof *tokens);
    if (tokens == NULL || (tokens->lock = cs_mutex_create()) == NULL) {
        free(tokens);
        return NULL;
    }
    tokens->client = client;
    return tokens;
}

void p11_tokens_free(p11_tokens *tokens)
{
    if (tokens == NULL)
        return;
    for (size_t i = 0; i < tokens->count; i++) {
        cs_chain_release(tokens->signers[i]->chain);
        free(tokens->signers[i]->labels);
        free(tokens->signers[i]);
    }
    free(tokens->signers);
    free(tokens->by_name);
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

/* From the signer's id alone, so that it does not change as others come and go. 31 bits, because tools read slot ids into an
 * int, and CK_ULONG has 32 bits on Windows. When two ids collide, the later one gets the next number. */
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
    p11_signer **ordered = realloc(tokens->by_name, (tokens->count + 1) * sizeof *ordered);
    if (longer != NULL)
        tokens->signers = longer;
    if (ordered != NULL)
        tokens->by_name = ordered;
    if (signer == NULL || longer == NULL || ordered == NULL || slot == 0) {
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

static int compare_names(const void *left, const void *right)
{
    const p11_signer *a = *(p11_signer *const *)left, *b = *(p11_signer *const *)right;
    int names = strcmp(a->name, b->name);
    return names != 0 ? names : strcmp(a->id, b->id);
}

/* After every change of which signers are present; `add` has made room. */
static void arrange(p11_tokens *tokens)
{
    tokens->present_count = 0;
    for (size_t i = 0; i < tokens->count; i++)
        if (tokens->signers[i]->present && !tokens->signers[i]->superseded)
            tokens->by_name[tokens->present_count++] = tokens->signers[i];
    if (tokens->present_count > 1)
        qsort(tokens->by_name, tokens->present_count, sizeof *tokens->by_name, compare_names);
}

/* The old entry stays for its pointers, but its handles are no longer valid. */
static p11_signer *replace(p11_tokens *tokens, p11_signer *old, const char *name, cs_key_algorithm key)
{
    p11_signer *newer = add(tokens, old->id, name, old->slot, key);
    if (newer != NULL)
        old->superseded = true;
    return newer;
}

static bool take_list(p11_tokens *tokens, const cs_catalogue *catalogue, bool one_slot)
{
    bool complete = true;
    for (size_t i = 0; i < tokens->count; i++)
        tokens->signers[i]->present = cs_catalogue_find(catalogue, tokens->signers[i]->id) != NULL;
    for (size_t i = 0; i < catalogue->count; i++) {
        const cs_signer *listed = &catalogue->signers[i];
        p11_signer *known = find_live(tokens, listed->id);
        if (known == NULL) {
            CK_SLOT_ID slot = one_slot ? P11_LOGIN_SLOT : choose_slot(tokens, listed->id);
            complete = add(tokens, listed->id, listed->name, slot, listed->key) != NULL && complete;
        } else if (strcmp(known->name, listed->name) != 0) {
            complete = replace(tokens, known, listed->name, listed->key) != NULL && complete;
        }
    }
    arrange(tokens);
    return complete;
}

/* --- what others call ------------------------------------------------------------------------------------------- */

CK_RV p11_tokens_refresh(p11_tokens *tokens, cs_freshness freshness)
{
    cs_client *client = tokens->client;
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

static bool has_login_slot(p11_tokens *tokens)
{
    cs_client *client = tokens->client;
    return cs_client_config(client)->server_url != NULL && !cs_client_is_configured(client);
}

size_t p11_slots(p11_tokens *tokens, CK_SLOT_ID *slots, size_t capacity)
{
    if (has_login_slot(tokens)) {
        if (capacity > 0)
            slots[0] = P11_LOGIN_SLOT;
        return 1;
    }
    size_t count = 0;
    cs_mutex_lock(tokens->lock);
    for (; count < tokens->present_count; count++)
        if (count < capacity)
            slots[count] = tokens->by_name[count]->slot;
    cs_mutex_unlock(tokens->lock);
    return count;
}

const p11_signer *p11_slot_signer(p11_tokens *tokens, CK_SLOT_ID slot)
{
    const p11_signer *found = NULL;
    if (slot == P11_LOGIN_SLOT)
        return NULL;
    cs_mutex_lock(tokens->lock);
    for (size_t i = 0; i < tokens->present_count && found == NULL; i++)
        if (tokens->by_name[i]->slot == slot)
            found = tokens->by_name[i];
    cs_mutex_unlock(tokens->lock);
    return found;
}

CK_RV p11_slot_check(p11_tokens *tokens, CK_SLOT_ID slot)
{
    if (slot == P11_LOGIN_SLOT)
        return has_login_slot(tokens) ? CKR_OK : CKR_SLOT_ID_INVALID;
    if (has_login_slot(tokens))
        return CKR_SLOT_ID_INVALID;
    if (p11_slot_signer(tokens, slot) != NULL)
        return CKR_OK;
    CK_RV rv = p11_tokens_refresh(tokens, CS_FRESH);
    if (rv != CKR_OK)
        return rv;
    return p11_slot_signer(tokens, slot) != NULL ? CKR_OK : CKR_SLOT_ID_INVALID;
}

static bool same_chain(const cs_chain *left, const cs_chain *right)
{
    size_t length = cs_chain_length(left);
    if (length != cs_chain_length(right))
        return false;
    for (size_t i = 0; i < length; i++)
        if (!cs_certificate_equals(cs_chain_at(left, i), cs_chain_at(right, i)))
            return false;
    return true;
}

/* --- labels, with the lock held --------------------------------------------------------------------------------- */

/* Whether another certificate of the token bears the label; `chain`, the signer's new one, is labelled as far as `done`. */
static bool is_label_taken(const p11_tokens *tokens, const p11_signer *signer, const cs_chain *chain, const p11_label *labels,
                           size_t done, const char *label)
{
    const cs_certificate *mine = cs_chain_at(chain, done + 1);
    for (size_t i = 0; i < done; i++)
        if (strcmp(labels[i].text, label) == 0)
            return true;
    for (size_t i = 0; i < tokens->present_count; i++) {
        const p11_signer *other = tokens->by_name[i];
        bool is_of_token = other != signer && other->slot == signer->slot;
        for (size_t j = 1; is_of_token && j < cs_chain_length(other->chain); j++)
            if (strcmp(other->labels[j - 1].text, label) == 0 && !cs_certificate_equals(cs_chain_at(other->chain, j), mine))
                return true;
    }
    return false;
}

/* The labels of the CA certificates of `chain`, which the signer gets; NULL when out of memory. */
static p11_label *make_labels(const p11_tokens *tokens, const p11_signer *signer, const cs_chain *chain)
{
    p11_label *labels = calloc(CS_MAX_AUTHORITIES, sizeof *labels);
    for (size_t i = 0; labels != NULL && i + 1 < cs_chain_length(chain); i++)
        for (unsigned marks = 0; marks <= P11_LABEL_MARKS; marks++)
            if (p11_label_make(cs_chain_at(chain, i + 1), marks, &labels[i])
                && !is_label_taken(tokens, signer, chain, labels, i, labels[i].text))
                break;
    return labels;
}

static bool take_chain(p11_tokens *tokens, p11_signer *signer, cs_chain *chain)
{
    if (signer->superseded || (signer->chain != NULL && same_chain(signer->chain, chain)))
        return true;
    p11_label *labels = make_labels(tokens, signer, chain);
    p11_signer *entry =
        labels == NULL || signer->chain == NULL ? signer : replace(tokens, signer, signer->name, CS_KEY_UNKNOWN);
    if (labels == NULL || entry == NULL) {
        free(labels);
        return false;
    }
    entry->chain = cs_chain_retain(chain);
    entry->labels = labels;
    entry->key = cs_chain_at(chain, 0)->key.algorithm;
    arrange(tokens);
    return true;
}

static CK_RV load_chain(p11_tokens *tokens, p11_signer *signer)
{
    cs_error error = { 0 };
    cs_chain *chain;
    cs_result result = cs_signer_chain(tokens->client, signer->id, CS_CACHED, &chain, &error);
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
    for (size_t i = 0; i < tokens->present_count && found == NULL; i++)
        if (tokens->by_name[i]->slot == slot && n-- == 0)
            found = tokens->by_name[i];
    cs_mutex_unlock(tokens->lock);
    return found;
}

/* A signer whose certificates cannot be loaded does not hide the others of the login slot. */
CK_RV p11_slot_load(p11_tokens *tokens, CK_SLOT_ID slot)
{
    CK_RV worst = CKR_OK;
    bool any = false;
    if (slot == P11_LOGIN_SLOT && cs_client_can_authenticate(tokens->client))
        worst = p11_tokens_refresh(tokens, CS_CACHED);
    p11_signer *signer;
    for (size_t n = 0; (signer = nth(tokens, slot, n)) != NULL; n++) {
        CK_RV rv = load_chain(tokens, signer);
        any = any || rv == CKR_OK;
        worst = rv != CKR_OK ? rv : worst;
    }
    return any ? CKR_OK : worst;
}

bool p11_slot_has_keys(p11_tokens *tokens, CK_SLOT_ID slot, bool rsa)
{
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

void p11_tokens_forget(p11_tokens *tokens)
{
    cs_mutex_lock(tokens->lock);
    for (size_t i = 0; i < tokens->count; i++)
        tokens->signers[i]->present = false;
    arrange(tokens);
    cs_mutex_unlock(tokens->lock);
}
