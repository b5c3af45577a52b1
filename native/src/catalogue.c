#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client_state.h"

enum { minute_ms = 60000, second_ms = 1000, page_size = 100, max_signers = 10000 };

/* --- the list --------------------------------------------------------------------------------------------------- */

static void free_catalogue(cs_catalogue *catalogue)
{
    for (size_t i = 0; i < catalogue->count; i++) {
        cs_secret_free(catalogue->signers[i].id);
        cs_secret_free(catalogue->signers[i].name);
    }
    free(catalogue->signers);
    free(catalogue);
}

/* With client->lock held, or while nobody else has the catalogue. */
static void drop(cs_catalogue *catalogue)
{
    if (catalogue != NULL && --catalogue->references == 0)
        free_catalogue(catalogue);
}

void cs_catalogue_release(cs_client *client, cs_catalogue *catalogue)
{
    cs_mutex_lock(client->lock);
    drop(catalogue);
    cs_mutex_unlock(client->lock);
}

const cs_signer *cs_catalogue_find(const cs_catalogue *catalogue, const char *id_or_name)
{
    for (size_t i = 0; i < catalogue->count; i++) {
        const cs_signer *signer = &catalogue->signers[i];
        if (strcmp(signer->id, id_or_name) == 0 || strcmp(signer->name, id_or_name) == 0)
            return signer;
    }
    return NULL;
}

static cs_result add_signer(cs_catalogue *catalogue, const cs_json_value *item, cs_error *error)
{
    const char *id = cs_json_string(cs_json_get(item, "id"));
    const char *name = cs_json_string(cs_json_get(item, "name"));
    const char *key = cs_json_string(cs_json_get(item, "keyAlgorithm"));
    const char *status = cs_json_string(cs_json_get(item, "status"));
    if (id == NULL || id[0] == '\0' || name == NULL || name[0] == '\0' || strlen(id) > 128 || strlen(name) > 64)
        return cs_fail(error, CS_PROTOCOL, "list signers: one without id or name; check serverUrl");
    if (catalogue->count == max_signers)
        return cs_fail(error, CS_PROTOCOL, "list signers: more than %d; name the ones you need in `signers`", max_signers);
    cs_signer *signers = realloc(catalogue->signers, (catalogue->count + 1) * sizeof *signers);
    if (signers == NULL)
        return cs_fail(error, CS_NO_MEMORY, "out of memory");
    catalogue->signers = signers;
    cs_signer *signer = &signers[catalogue->count++];
    signer->id = cs_duplicate(id);
    signer->name = cs_duplicate(name);
    signer->key = cs_key_algorithm_from_name(key);
    signer->active = status != NULL && strcmp(status, "active") == 0;
    return signer->id != NULL && signer->name != NULL ? CS_OK : cs_fail(error, CS_NO_MEMORY, "out of memory");
}

static cs_result get(cs_client *client, const cs_buffer *path, const char *what, uint64_t deadline, cs_buffer *answer,
                     cs_error *error)
{
    if (path->failed)
        return cs_fail(error, CS_NO_MEMORY, "out of memory");
    const cs_call call = { .method = "GET", .path = path->data, .what = what, .deadline = deadline };
    return cs_call_server(client, &call, answer, error);
}

/* Adds one page. `cursor` is replaced by the next one, NULL after the last page. */
static cs_result add_page(cs_client *client, cs_catalogue *catalogue, char **cursor, uint64_t deadline, cs_error *error)
{
    char limit[16];
    cs_buffer path = { 0 };
    cs_buffer answer = { 0 };
    snprintf(limit, sizeof limit, "%d", page_size);
    cs_buffer_append_text(&path, "/api/v1/pki/signers?limit=");
    cs_buffer_append_text(&path, limit);
    if (*cursor != NULL) {
        cs_buffer_append_text(&path, "&cursor=");
        cs_buffer_append_escaped_path(&path, *cursor);
    }
    cs_result result = get(client, &path, "list signers", deadline, &answer, error);
    cs_json *document = result == CS_OK ? cs_parse_answer(&answer, "list signers", error) : NULL;
    if (result == CS_OK && document == NULL)
        result = CS_PROTOCOL;
    const cs_json_value *item = cs_json_first(cs_json_get(cs_json_root(document), "items"));
    for (; item != NULL && result == CS_OK; item = cs_json_next(item))
        result = add_signer(catalogue, item, error);
    const char *next = cs_json_string(cs_json_get(cs_json_root(document), "next"));
    cs_secret_free(*cursor);
    *cursor = result == CS_OK ? cs_duplicate(next) : NULL;
    cs_json_free(document);
    cs_buffer_release(&path);
    cs_buffer_release(&answer);
    return result;
}

static cs_result add_named(cs_client *client, cs_catalogue *catalogue, const char *name, uint64_t deadline, cs_error *error)
{
    cs_buffer path = { 0 };
    cs_buffer answer = { 0 };
    cs_buffer_append_text(&path, "/api/v1/pki/signers/");
    cs_buffer_append_escaped_path(&path, name);
    cs_result result = get(client, &path, name, deadline, &answer, error);
    if (result == CS_OK) {
        cs_json *document = cs_parse_answer(&answer, name, error);
        result = document != NULL ? add_signer(catalogue, cs_json_root(document), error) : CS_PROTOCOL;
        cs_json_free(document);
    } else if (result == CS_NOT_FOUND) {
        cs_log(CS_LOG_WARN, "%s", error->message);
        result = CS_OK;
    }
    cs_buffer_release(&path);
    cs_buffer_release(&answer);
    return result;
}

static int compare_names(const void *left, const void *right)
{
    const cs_signer *a = left, *b = right;
    return strcmp(a->name, b->name);
}

static cs_result load(cs_client *client, cs_catalogue **loaded, cs_error *error)
{
    cs_catalogue *catalogue = calloc(1, sizeof *catalogue);
    if (catalogue == NULL)
        return cs_fail(error, CS_NO_MEMORY, "out of memory");
    catalogue->references = 1;
    uint64_t deadline = cs_deadline(client, client->list_patience_ms);
    cs_result result = CS_OK;
    char *cursor = NULL;
    if (client->config.signer_count == 0)
        do
            result = add_page(client, catalogue, &cursor, deadline, error);
        while (result == CS_OK && cursor != NULL);
    for (size_t i = 0; i < client->config.signer_count && result == CS_OK; i++)
        result = add_named(client, catalogue, client->config.signers[i], deadline, error);
    cs_secret_free(cursor);
    if (result != CS_OK) {
        free_catalogue(catalogue);
        return result;
    }
    if (catalogue->count > 1)
        qsort(catalogue->signers, catalogue->count, sizeof *catalogue->signers, compare_names);
    *loaded = catalogue;
    return CS_OK;
}

/* What is in the cache, retained, if it is fresh enough or `age` does not matter. */
static cs_catalogue *cached(cs_client *client, uint64_t age)
{
    cs_mutex_lock(client->lock);
    cs_catalogue *catalogue = client->catalogue;
    if (catalogue != NULL && cs_monotonic_ms() - client->catalogue_loaded_at > age)
        catalogue = NULL;
    if (catalogue != NULL)
        catalogue->references++;
    cs_mutex_unlock(client->lock);
    return catalogue;
}

static cs_result refresh(cs_client *client, cs_catalogue **catalogue, cs_error *error)
{
    cs_catalogue *loaded = NULL;
    cs_result result = load(client, &loaded, error);
    if (result == CS_OK) {
        cs_mutex_lock(client->lock);
        bool none_any_more = loaded->count == 0 && (client->catalogue == NULL || client->catalogue->count > 0);
        drop(client->catalogue);
        client->catalogue = loaded;
        client->catalogue_loaded_at = cs_monotonic_ms();
        loaded->references++;
        cs_mutex_unlock(client->lock);
        if (none_any_more)
            cs_log(CS_LOG_WARN, "%s has no signer for this identity: an administrator of one must make it an operator",
                   client->config.server_url);
        *catalogue = loaded;
        return CS_OK;
    }
    bool transient = result == CS_NETWORK || result == CS_UNAVAILABLE || result == CS_SERVER;
    *catalogue = transient ? cached(client, UINT64_MAX) : NULL;
    cs_log(*catalogue != NULL ? CS_LOG_WARN : CS_LOG_ERROR, "%s%s", error->message,
           *catalogue != NULL ? " (going on with the list of signers from before)" : "");
    return *catalogue != NULL ? CS_OK : result;
}

cs_result cs_catalogue_get(cs_client *client, cs_freshness freshness, cs_catalogue **catalogue, cs_error *error)
{
    uint64_t age = freshness == CS_CACHED ? minute_ms : second_ms;
    cs_result result = CS_OK;
    *catalogue = cached(client, age);
    if (*catalogue != NULL)
        return CS_OK;
    cs_lock_over_network(client->catalogue_lock);
    *catalogue = cached(client, age);
    if (*catalogue == NULL)
        result = refresh(client, catalogue, error);
    cs_mutex_unlock(client->catalogue_lock);
    return result;
}

/* --- chains ----------------------------------------------------------------------------------------------------- */

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

/* A chain that cannot be kept for want of memory is only asked for again. */
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
    cs_result result = get(client, &path, "get the certificates", cs_deadline(client, client->list_patience_ms), &answer, error);
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
    uint64_t age = freshness == CS_CACHED ? minute_ms : second_ms;
    *chain = cached_chain(client, signer_id, age);
    if (*chain != NULL)
        return CS_OK;
    cs_lock_over_network(client->catalogue_lock);
    *chain = cached_chain(client, signer_id, age);
    cs_result result = *chain != NULL ? CS_OK : load_chain(client, signer_id, chain, error);
    cs_mutex_unlock(client->catalogue_lock);
    if (result == CS_OK)
        return CS_OK;
    bool transient = result == CS_NETWORK || result == CS_UNAVAILABLE || result == CS_SERVER;
    *chain = transient ? cached_chain(client, signer_id, UINT64_MAX) : NULL;
    cs_log(*chain != NULL ? CS_LOG_WARN : CS_LOG_ERROR, "%s", error->message);
    return *chain != NULL ? CS_OK : result;
}

void cs_catalogue_forget(cs_client *client)
{
    drop(client->catalogue);
    client->catalogue = NULL;
    for (size_t i = 0; i < client->chain_count; i++) {
        cs_secret_free(client->chains[i].signer_id);
        cs_chain_release(client->chains[i].chain);
    }
    free(client->chains);
    client->chains = NULL;
    client->chain_count = 0;
}
