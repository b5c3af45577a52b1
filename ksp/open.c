/* Opening and closing providers and keys. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "client.h"
#include "client/catalogue.h"
#include "client/signer_chain.h"
#include "functions.h"
#include "handles.h"
#include "platform/windows/wide.h"
#include "settings/log.h"
#include "values/secret.h"

/* --- providers -------------------------------------------------------------------------------------------------- */

static void destroy_provider(ksp_object *object)
{
    ksp_client_release();
    free(object);
}

SECURITY_STATUS WINAPI ksp_open_provider(NCRYPT_PROV_HANDLE *handle, LPCWSTR name, DWORD flags)
{
    cs_error error = { 0 };
    if (handle == NULL || (name != NULL && !ksp_is_name(name)))
        return NTE_INVALID_PARAMETER;
    *handle = 0;
    if ((flags & ~(DWORD)NCRYPT_SILENT_FLAG) != 0)
        return NTE_BAD_FLAGS;
    ksp_provider *provider = calloc(1, sizeof *provider);
    if (provider == NULL)
        return NTE_NO_MEMORY;
    provider->client = ksp_client_acquire(&error);
    if (provider->client == NULL) {
        free(provider);
        return ksp_failed(&error);
    }
    ksp_object_open(&provider->object, KSP_PROVIDER, destroy_provider);
    *handle = provider->object.handle;
    return ERROR_SUCCESS;
}

SECURITY_STATUS WINAPI ksp_free_provider(NCRYPT_PROV_HANDLE handle)
{
    return ksp_object_close(handle, KSP_PROVIDER) ? ERROR_SUCCESS : NTE_INVALID_HANDLE;
}

/* --- keys ------------------------------------------------------------------------------------------------------- */

static void destroy_key(ksp_object *object)
{
    ksp_key *key = (ksp_key *)object;
    cs_chain_release(key->chain);
    ksp_object_release(&key->provider->object);
    free(key);
}

static bool copy_text(const char *text, char *narrow, size_t capacity, wchar_t *wide)
{
    wchar_t *copy = cs_wide(text);
    bool fits = copy != NULL && strlen(text) < capacity;
    if (fits) {
        memcpy(narrow, text, strlen(text) + 1);
        memcpy(wide, copy, (wcslen(copy) + 1) * sizeof *wide);
    }
    cs_wide_free(copy);
    return fits;
}

static cs_result copy_signer(const cs_catalogue *catalogue, const char *name, ksp_key *key, cs_error *error)
{
    const cs_signer *signer = cs_catalogue_find(catalogue, name);
    if (signer == NULL)
        return cs_fail(error, CS_NOT_FOUND, "open key %s: no such signer, or none that this identity may see", name);
    return copy_text(signer->id, key->id, sizeof key->id, key->wide_id)
            && copy_text(signer->name, key->name, sizeof key->name, key->wide_name)
        ? CS_OK
        : cs_fail(error, CS_PROTOCOL, "open key %s: the answer has an invalid name or id", name);
}

/* A name that is not in the list may be that of a new signer: the list is read once more. */
static cs_result find_signer(cs_client *client, const char *name, ksp_key *key, cs_error *error)
{
    static const cs_freshness order[] = { CS_CACHED, CS_FRESH };
    cs_result result = CS_NOT_FOUND;
    for (size_t i = 0; i < sizeof order / sizeof *order && result == CS_NOT_FOUND; i++) {
        cs_catalogue *catalogue = NULL;
        result = cs_catalogue_get(client, order[i], &catalogue, error);
        if (result == CS_OK) {
            result = copy_signer(catalogue, name, key, error);
            cs_catalogue_release(client, catalogue);
        }
    }
    if (result == CS_NOT_FOUND)
        cs_log(CS_LOG_ERROR, "%s", error->message);
    return result;
}

static cs_result load_key(cs_client *client, const char *name, ksp_key *key, cs_error *error)
{
    cs_result result = find_signer(client, name, key, error);
    if (result == CS_OK)
        result = cs_signer_chain(client, key->id, CS_CACHED, &key->chain, error);
    if (result != CS_OK)
        return result;
    key->algorithm = ksp_key_certificate(key)->key.algorithm;
    return key->algorithm != CS_KEY_UNKNOWN
        ? CS_OK
        : cs_fail(error, CS_UNSUPPORTED_ALGORITHM, "open key %s: its kind of key is not supported", name);
}

/* Takes over the reference to the provider. */
static SECURITY_STATUS open_key(ksp_provider *provider, LPCWSTR name, NCRYPT_KEY_HANDLE *handle)
{
    cs_error error = { 0 };
    char *narrow = cs_narrow(name);
    ksp_key *key = narrow != NULL ? calloc(1, sizeof *key) : NULL;
    cs_result result = key != NULL ? load_key(provider->client, narrow, key, &error)
                                   : cs_fail(&error, CS_NO_MEMORY, "out of memory");
    cs_secret_free(narrow);
    if (result != CS_OK) {
        if (key != NULL)
            cs_chain_release(key->chain);
        free(key);
        ksp_object_release(&provider->object);
        return ksp_failed(&error);
    }
    key->provider = provider;
    ksp_object_open(&key->object, KSP_KEY, destroy_key);
    *handle = key->object.handle;
    return ERROR_SUCCESS;
}

/* The keys are the same for machine and users, and none has a legacy specification: both are accepted and ignored. */
SECURITY_STATUS WINAPI ksp_open_key(NCRYPT_PROV_HANDLE provider_handle, NCRYPT_KEY_HANDLE *handle, LPCWSTR name,
                                    DWORD legacy_key_spec, DWORD flags)
{
    (void)legacy_key_spec;
    if (handle == NULL || !ksp_is_name(name))
        return NTE_INVALID_PARAMETER;
    *handle = 0;
    if ((flags & ~(DWORD)(NCRYPT_SILENT_FLAG | NCRYPT_MACHINE_KEY_FLAG)) != 0)
        return NTE_BAD_FLAGS;
    ksp_provider *provider = ksp_provider_find(provider_handle);
    return provider != NULL ? open_key(provider, name, handle) : NTE_INVALID_HANDLE;
}

SECURITY_STATUS WINAPI ksp_free_key(NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE handle)
{
    ksp_key *key = ksp_key_find(provider, handle);
    if (key == NULL)
        return NTE_INVALID_HANDLE;
    bool closed = ksp_object_close(handle, KSP_KEY);
    ksp_object_release(&key->object);
    return closed ? ERROR_SUCCESS : NTE_INVALID_HANDLE;
}
