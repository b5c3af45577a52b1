#include "catalogue.h"

#include <stdio.h>

#include "authenticated_call.h"
#include "platform/platform.h"
#include "settings/log.h"
#include "state.h"
#include "values/secret.h"

enum { page_size = 100 };

/* With client->lock held, or when no other thread has the catalogue. */
static void drop(cs_catalogue *catalogue)
{
    if (catalogue != NULL && --catalogue->references == 0)
        cs_signer_list_free(catalogue);
}

void cs_catalogue_release(cs_client *client, cs_catalogue *catalogue)
{
    cs_mutex_lock(client->lock);
    drop(catalogue);
    cs_mutex_unlock(client->lock);
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
    cs_result result = cs_call_get(client, &path, "list signers", deadline, &answer, error);
    cs_json *document = result == CS_OK ? cs_parse_answer(&answer, "list signers", error) : NULL;
    if (result == CS_OK && document == NULL)
        result = CS_PROTOCOL;
    const cs_json_value *item = cs_json_first(cs_json_get(cs_json_root(document), "items"));
    for (; item != NULL && result == CS_OK; item = cs_json_next(item))
        result = cs_signer_list_add(catalogue, item, error);
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
    cs_result result = cs_call_get(client, &path, name, deadline, &answer, error);
    if (result == CS_OK) {
        cs_json *document = cs_parse_answer(&answer, name, error);
        result = document != NULL ? cs_signer_list_add(catalogue, cs_json_root(document), error) : CS_PROTOCOL;
        cs_json_free(document);
    } else if (result == CS_NOT_FOUND) {
        cs_log(CS_LOG_WARN, "%s", error->message);
        result = CS_OK;
    }
    cs_buffer_release(&path);
    cs_buffer_release(&answer);
    return result;
}

static cs_result load(cs_client *client, cs_catalogue **loaded, cs_error *error)
{
    cs_catalogue *catalogue = cs_signer_list_new();
    if (catalogue == NULL)
        return cs_fail(error, CS_NO_MEMORY, "out of memory");
    uint64_t deadline = cs_deadline(client, client->list_timeout_ms);
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
        cs_signer_list_free(catalogue);
        return result;
    }
    cs_signer_list_sort(catalogue);
    *loaded = catalogue;
    return CS_OK;
}

/* What the cache holds, retained; NULL when it is older than `age`. */
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
            cs_log(CS_LOG_WARN, "%s has no signer for this identity: an administrator of a signer must make it an operator",
                   client->config.server_url);
        *catalogue = loaded;
        return CS_OK;
    }
    *catalogue = cs_is_transient(result) ? cached(client, UINT64_MAX) : NULL;
    cs_log(*catalogue != NULL ? CS_LOG_WARN : CS_LOG_ERROR, "%s%s", error->message,
           *catalogue != NULL ? " (using the earlier list of signers)" : "");
    return *catalogue != NULL ? CS_OK : result;
}

cs_result cs_catalogue_get(cs_client *client, cs_freshness freshness, cs_catalogue **catalogue, cs_error *error)
{
    uint64_t age = cs_longest_age_ms(freshness);
    cs_result result = CS_OK;
    *catalogue = cached(client, age);
    if (*catalogue != NULL)
        return CS_OK;
    cs_mutex_lock_waiting(client->catalogue_lock);
    *catalogue = cached(client, age);
    if (*catalogue == NULL)
        result = refresh(client, catalogue, error);
    cs_mutex_unlock(client->catalogue_lock);
    return result;
}

void cs_catalogue_forget(cs_client *client)
{
    drop(client->catalogue);
    client->catalogue = NULL;
}
