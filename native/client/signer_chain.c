#include "signer_chain.h"

#include <stdlib.h>
#include <string.h>

#include "authenticated_call.h"
#include "platform/platform.h"
#include "settings/log.h"
#include "state.h"
#include "values/secret.h"

static cs_cached_chain *find_chain(cs_client *client, const char *signer_id)
{
    for (size_t i = 0; i < client->chain_count; i++)
        if (strcmp(client->chains[i].signer_id, signer_id) == 0)
            return &client->chains[i];
    return NULL;
}

static cs_chain *cached_chain(cs_client *client, const char *signer_id, uint64_t age)
{
    cs_mutex_lock(client->lock);
    cs_cached_chain *entry = find_chain(client, signer_id);
    cs_chain *chain = NULL;
    if (entry != NULL && cs_monotonic_ms() - entry->loaded_at <= age)
        chain = cs_chain_retain(entry->chain);
    cs_mutex_unlock(client->lock);
    return chain;
}

/* Out of memory the chain is not kept, and the server is asked again the next time. */
static void keep_chain(cs_client *client, const char *signer_id, cs_chain *chain)
{
    cs_mutex_lock(client->lock);
    cs_cached_chain *entry = find_chain(client, signer_id);
    if (entry == NULL) {
        cs_cached_chain *longer = realloc(client->chains, (client->chain_count + 1) * sizeof *longer);
        char *id = cs_duplicate(signer_id);
        if (longer != NULL)
            client->chains = longer;
        if (longer != NULL && id != NULL) {
            entry = &client->chains[client->chain_count++];
            *entry = (cs_cached_chain){ .signer_id = id };
        } else {
            cs_secret_free(id);
        }
    }
    if (entry != NULL) {
        cs_chain_release(entry->chain);
        entry->chain = cs_chain_retain(chain);
        entry->loaded_at = cs_monotonic_ms();
    }
    cs_mutex_unlock(client->lock);
}

static cs_result load_chain(cs_client *client, const char *signer_id, cs_chain **chain, cs_error *error)
{
    cs_buffer path = { 0 };
    cs_buffer answer = { 0 };
    cs_buffer_append_text(&path, "/api/v1/pki/signers/");
    cs_buffer_append_escaped_path(&path, signer_id);
    cs_buffer_append_text(&path, "/certificate?format=chain");
    cs_result result =
        cs_call_get(client, &path, "get the certificates", cs_deadline(client, client->list_timeout_ms), &answer, error);
    if (result == CS_OK) {
        *chain = cs_chain_parse(answer.data != NULL ? answer.data : "", answer.length, error);
        result = *chain != NULL ? CS_OK : CS_PROTOCOL;
    }
    if (*chain != NULL)
        keep_chain(client, signer_id, *chain);
    cs_buffer_release(&path);
    cs_buffer_release(&answer);
    return result;
}

cs_result cs_signer_chain(cs_client *client, const char *signer_id, cs_freshness freshness, cs_chain **chain,
                          cs_error *error)
{
    uint64_t age = cs_longest_age_ms(freshness);
    *chain = cached_chain(client, signer_id, age);
    if (*chain != NULL)
        return CS_OK;
    cs_mutex_lock_waiting(client->catalogue_lock);
    *chain = cached_chain(client, signer_id, age);
    cs_result result = *chain != NULL ? CS_OK : load_chain(client, signer_id, chain, error);
    cs_mutex_unlock(client->catalogue_lock);
    if (result == CS_OK)
        return CS_OK;
    *chain = cs_is_transient(result) ? cached_chain(client, signer_id, UINT64_MAX) : NULL;
    cs_log(*chain != NULL ? CS_LOG_WARN : CS_LOG_ERROR, "%s", error->message);
    return *chain != NULL ? CS_OK : result;
}

void cs_signer_chain_forget(cs_client *client)
{
    for (size_t i = 0; i < client->chain_count; i++) {
        cs_secret_free(client->chains[i].signer_id);
        cs_chain_release(client->chains[i].chain);
    }
    free(client->chains);
    client->chains = NULL;
    client->chain_count = 0;
}
