#include <string.h>
#include <wchar.h>

#include "algorithm.h"
#include "answer.h"
#include "client/catalogue.h"
#include "functions.h"
#include "handles.h"
#include "platform/windows/wide.h"

/* --- algorithms ------------------------------------------------------------------------------------------------- */

static const wchar_t *const algorithms[] = {
    NCRYPT_RSA_ALGORITHM,
    NCRYPT_ECDSA_P256_ALGORITHM,
    NCRYPT_ECDSA_P384_ALGORITHM,
    NCRYPT_ECDSA_P521_ALGORITHM,
};

enum { algorithm_count = sizeof algorithms / sizeof *algorithms };

SECURITY_STATUS WINAPI ksp_is_alg_supported(NCRYPT_PROV_HANDLE handle, LPCWSTR algorithm, DWORD flags)
{
    if (!ksp_is_name(algorithm))
        return NTE_INVALID_PARAMETER;
    if ((flags & ~(DWORD)NCRYPT_SILENT_FLAG) != 0)
        return NTE_BAD_FLAGS;
    ksp_provider *provider = ksp_provider_find(handle);
    if (provider == NULL)
        return NTE_INVALID_HANDLE;
    ksp_object_release(&provider->object);
    for (size_t i = 0; i < algorithm_count; i++)
        if (wcscmp(algorithm, algorithms[i]) == 0)
            return ERROR_SUCCESS;
    return NTE_NOT_SUPPORTED;
}

/* One buffer: the list, then the names that it points to. */
static NCryptAlgorithmName *list_algorithms(void)
{
    size_t text = 0;
    for (size_t i = 0; i < algorithm_count; i++)
        text += wcslen(algorithms[i]) + 1;
    NCryptAlgorithmName *list = ksp_buffer_new(algorithm_count * sizeof *list + text * sizeof(wchar_t), KSP_BUFFER);
    if (list == NULL)
        return NULL;
    wchar_t *at = (wchar_t *)(list + algorithm_count);
    for (size_t i = 0; i < algorithm_count; i++) {
        list[i].pszName = wcscpy(at, algorithms[i]);
        list[i].dwClass = NCRYPT_SIGNATURE_INTERFACE;
        list[i].dwAlgOperations = NCRYPT_SIGNATURE_OPERATION;
        at += wcslen(at) + 1;
    }
    return list;
}

SECURITY_STATUS WINAPI ksp_enum_algorithms(NCRYPT_PROV_HANDLE handle, DWORD operations, DWORD *count,
                                           NCryptAlgorithmName **list, DWORD flags)
{
    if (count == NULL || list == NULL)
        return NTE_INVALID_PARAMETER;
    *count = 0;
    *list = NULL;
    if ((flags & ~(DWORD)NCRYPT_SILENT_FLAG) != 0)
        return NTE_BAD_FLAGS;
    ksp_provider *provider = ksp_provider_find(handle);
    if (provider == NULL)
        return NTE_INVALID_HANDLE;
    ksp_object_release(&provider->object);
    if (operations != 0 && (operations & NCRYPT_SIGNATURE_OPERATION) == 0)
        return NTE_NOT_SUPPORTED;
    *list = list_algorithms();
    if (*list == NULL)
        return NTE_NO_MEMORY;
    *count = algorithm_count;
    return ERROR_SUCCESS;
}

/* --- keys ------------------------------------------------------------------------------------------------------- */

enum { name_room = 65, algorithm_room = 16 };

typedef struct listed_key {
    wchar_t name[name_room];
    cs_key_algorithm algorithm;
} listed_key;

/* The list as of the first call, so that signers that come and go meanwhile are neither missed nor listed twice. */
typedef struct key_list {
    LONG count;
    LONG next; /* interlocked: callers may share a state among threads */
    listed_key keys[];
} key_list;

typedef struct named_key {
    NCryptKeyName named;
    wchar_t name[name_room];
    wchar_t algorithm[algorithm_room];
} named_key;

static key_list *copy_list(const cs_catalogue *catalogue)
{
    key_list *list = ksp_buffer_new(sizeof *list + catalogue->count * sizeof *list->keys, KSP_KEY_LIST);
    for (size_t i = 0; i < catalogue->count && list != NULL; i++) {
        wchar_t *name = cs_wide(catalogue->signers[i].name);
        if (name != NULL && wcslen(name) < name_room && catalogue->signers[i].key != CS_KEY_UNKNOWN) {
            wcscpy(list->keys[list->count].name, name);
            list->keys[list->count++].algorithm = catalogue->signers[i].key;
        }
        cs_wide_free(name);
    }
    return list;
}

static SECURITY_STATUS begin_list(const ksp_provider *provider, key_list **list)
{
    cs_error error = { 0 };
    cs_catalogue *catalogue = NULL;
    if (cs_catalogue_get(provider->client, CS_CACHED, &catalogue, &error) != CS_OK)
        return ksp_failed(&error);
    *list = copy_list(catalogue);
    cs_catalogue_release(provider->client, catalogue);
    return *list != NULL ? ERROR_SUCCESS : NTE_NO_MEMORY;
}

/* The index of the next key that was not given yet; -1 at the end. */
static LONG take_next(key_list *list)
{
    LONG next = list->next;
    while (next < list->count) {
        LONG seen = InterlockedCompareExchange(&list->next, next + 1, next);
        if (seen == next)
            return next;
        next = seen;
    }
    return -1;
}

static SECURITY_STATUS give_next(key_list *list, NCryptKeyName **name)
{
    named_key *given = ksp_buffer_new(sizeof *given, KSP_BUFFER);
    if (given == NULL)
        return NTE_NO_MEMORY;
    LONG next = take_next(list);
    if (next < 0) {
        ksp_object_close((ULONG_PTR)given, KSP_BUFFER);
        return NTE_NO_MORE_ITEMS;
    }
    given->named.pszName = wcscpy(given->name, list->keys[next].name);
    given->named.pszAlgid = wcscpy(given->algorithm, ksp_algorithm_name(list->keys[next].algorithm));
    *name = &given->named;
    return ERROR_SUCCESS;
}

/* The state is the caller's: it is retained while it is read, so that no other thread frees it meanwhile. */
static SECURITY_STATUS continue_list(PVOID state, NCryptKeyName **name)
{
    ksp_object *list = ksp_object_find((ULONG_PTR)state, KSP_KEY_LIST);
    if (list == NULL)
        return NTE_INVALID_PARAMETER;
    SECURITY_STATUS status = give_next(state, name);
    ksp_object_release(list);
    return status;
}

/* The state is one of our buffers, made by the first call and freed by the caller with FreeBuffer. */
SECURITY_STATUS WINAPI ksp_enum_keys(NCRYPT_PROV_HANDLE handle, LPCWSTR scope, NCryptKeyName **name, PVOID *state, DWORD flags)
{
    if (name == NULL || state == NULL || scope != NULL)
        return NTE_INVALID_PARAMETER;
    *name = NULL;
    if ((flags & ~(DWORD)(NCRYPT_SILENT_FLAG | NCRYPT_MACHINE_KEY_FLAG)) != 0)
        return NTE_BAD_FLAGS;
    ksp_provider *provider = ksp_provider_find(handle);
    if (provider == NULL)
        return NTE_INVALID_HANDLE;
    SECURITY_STATUS status = ERROR_SUCCESS;
    if (*state == NULL) {
        key_list *list = NULL;
        status = begin_list(provider, &list);
        *state = list;
    }
    ksp_object_release(&provider->object);
    return status == ERROR_SUCCESS ? continue_list(*state, name) : status;
}

SECURITY_STATUS WINAPI ksp_free_buffer(PVOID buffer)
{
    return ksp_object_close((ULONG_PTR)buffer, KSP_BUFFER) || ksp_object_close((ULONG_PTR)buffer, KSP_KEY_LIST)
        ? ERROR_SUCCESS
        : NTE_INVALID_PARAMETER;
}
