/* A stand-in for ncrypt.dll, for tests under Wine, whose own knows no provider but itself. It does what the real one is
 * documented to do and nothing else: it finds the registered provider's DLL by the registry, keeps the provider's handle
 * beside each handle it gives, and passes calls on. It proves that the provider can be used by NCrypt*; it proves nothing
 * about Microsoft's router. */
#include <stdlib.h>
#include <wchar.h>

#include "key_storage.h"

typedef NTSTATUS(WINAPI *get_interface_function)(LPCWSTR, key_storage_functions **, DWORD);

static const DWORD provider_magic = 0x52505453, key_magic = 0x594b5453;

typedef struct handle {
    DWORD magic;
    struct handle *next;
    key_storage_functions *functions;
    NCRYPT_PROV_HANDLE provider;
    NCRYPT_KEY_HANDLE key;
} handle;

static SRWLOCK lock = SRWLOCK_INIT;
static handle *handles;              /* under the lock */
static key_storage_functions *table; /* of the only provider that the tests register */

/* A copy, so that the handle may be freed by another thread meanwhile. */
static BOOL find(NCRYPT_HANDLE value, handle *copy)
{
    BOOL found = FALSE;
    AcquireSRWLockShared(&lock);
    for (handle *at = handles; at != NULL && !found; at = at->next) {
        found = (NCRYPT_HANDLE)at == value;
        if (found)
            *copy = *at;
    }
    ReleaseSRWLockShared(&lock);
    return found;
}

static NCRYPT_HANDLE keep(DWORD magic, key_storage_functions *functions, NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE key)
{
    handle *made = malloc(sizeof *made);
    if (made == NULL)
        abort();
    *made = (handle){ .magic = magic, .functions = functions, .provider = provider, .key = key };
    AcquireSRWLockExclusive(&lock);
    made->next = handles;
    handles = made;
    ReleaseSRWLockExclusive(&lock);
    return (NCRYPT_HANDLE)made;
}

static BOOL take(NCRYPT_HANDLE value, handle *copy)
{
    AcquireSRWLockExclusive(&lock);
    handle **link = &handles;
    while (*link != NULL && (NCRYPT_HANDLE)*link != value)
        link = &(*link)->next;
    handle *found = *link;
    if (found != NULL) {
        *copy = *found;
        *link = found->next;
        free(found);
    }
    ReleaseSRWLockExclusive(&lock);
    return found != NULL;
}

static BOOL find_kind(NCRYPT_HANDLE value, DWORD magic, handle *copy)
{
    return find(value, copy) && copy->magic == magic;
}

static key_storage_functions *load(LPCWSTR name)
{
    wchar_t key[512], image[MAX_PATH];
    DWORD size = sizeof image;
    key_storage_functions *functions = NULL;
    if (_snwprintf(key, 511, L"SYSTEM\\CurrentControlSet\\Control\\Cryptography\\Providers\\%ls\\UM", name) < 0
        || RegGetValueW(HKEY_LOCAL_MACHINE, key, L"Image", RRF_RT_REG_SZ, NULL, image, &size) != ERROR_SUCCESS)
        return NULL;
    HMODULE module = LoadLibraryExW(image, NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
    get_interface_function get =
        module != NULL ? (get_interface_function)(void *)GetProcAddress(module, "GetKeyStorageInterface") : NULL;
    return get != NULL && get(name, &functions, 0) == ERROR_SUCCESS ? functions : NULL;
}

SECURITY_STATUS WINAPI NCryptOpenStorageProvider(NCRYPT_PROV_HANDLE *provider, LPCWSTR name, DWORD flags)
{
    NCRYPT_PROV_HANDLE own = 0;
    if (provider == NULL || name == NULL)
        return NTE_INVALID_PARAMETER;
    AcquireSRWLockExclusive(&lock);
    if (table == NULL)
        table = load(name);
    key_storage_functions *functions = table;
    ReleaseSRWLockExclusive(&lock);
    if (functions == NULL)
        return NTE_PROV_TYPE_NOT_DEF;
    SECURITY_STATUS status = functions->OpenProvider(&own, name, flags);
    if (status == ERROR_SUCCESS)
        *provider = keep(provider_magic, functions, own, 0);
    return status;
}

SECURITY_STATUS WINAPI NCryptFreeObject(NCRYPT_HANDLE value)
{
    handle h;
    if (!take(value, &h))
        return NTE_INVALID_HANDLE;
    return h.magic == key_magic ? h.functions->FreeKey(h.provider, h.key) : h.functions->FreeProvider(h.provider);
}

BOOL WINAPI NCryptIsKeyHandle(NCRYPT_KEY_HANDLE key)
{
    handle h;
    return find_kind(key, key_magic, &h);
}

SECURITY_STATUS WINAPI NCryptFreeBuffer(PVOID buffer)
{
    return table != NULL ? table->FreeBuffer(buffer) : NTE_INVALID_PARAMETER;
}

SECURITY_STATUS WINAPI NCryptOpenKey(NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE *key, LPCWSTR name, DWORD spec, DWORD flags)
{
    handle h;
    NCRYPT_KEY_HANDLE own = 0;
    if (!find_kind(provider, provider_magic, &h))
        return NTE_INVALID_HANDLE;
    SECURITY_STATUS status = h.functions->OpenKey(h.provider, key != NULL ? &own : NULL, name, spec, flags);
    if (key != NULL)
        *key = status == ERROR_SUCCESS ? keep(key_magic, h.functions, h.provider, own) : 0;
    return status;
}

/* Answers the router's own handle, as the real one must: the provider's means nothing to the caller. */
static SECURITY_STATUS get_provider_handle(const handle *h, PBYTE output, DWORD capacity, DWORD *length)
{
    NCRYPT_HANDLE found = 0;
    if (length == NULL)
        return NTE_INVALID_PARAMETER;
    *length = sizeof found;
    if (output == NULL)
        return ERROR_SUCCESS;
    if (capacity < sizeof found)
        return NTE_BUFFER_TOO_SMALL;
    AcquireSRWLockShared(&lock);
    for (handle *at = handles; at != NULL; at = at->next)
        if (at->magic == provider_magic && at->provider == h->provider)
            found = (NCRYPT_HANDLE)at;
    ReleaseSRWLockShared(&lock);
    *(NCRYPT_HANDLE *)output = found;
    return ERROR_SUCCESS;
}

SECURITY_STATUS WINAPI NCryptGetProperty(NCRYPT_HANDLE object, LPCWSTR property, PBYTE output, DWORD capacity, DWORD *length,
                                         DWORD flags)
{
    handle h;
    if (!find(object, &h))
        return NTE_INVALID_HANDLE;
    if (h.magic == provider_magic)
        return h.functions->GetProviderProperty(h.provider, property, output, capacity, length, flags);
    if (property != NULL && wcscmp(property, NCRYPT_PROVIDER_HANDLE_PROPERTY) == 0)
        return get_provider_handle(&h, output, capacity, length);
    return h.functions->GetKeyProperty(h.provider, h.key, property, output, capacity, length, flags);
}

SECURITY_STATUS WINAPI NCryptSetProperty(NCRYPT_HANDLE object, LPCWSTR property, PBYTE input, DWORD length, DWORD flags)
{
    handle h;
    if (!find(object, &h))
        return NTE_INVALID_HANDLE;
    return h.magic == provider_magic ? h.functions->SetProviderProperty(h.provider, property, input, length, flags)
                                     : h.functions->SetKeyProperty(h.provider, h.key, property, input, length, flags);
}

SECURITY_STATUS WINAPI NCryptIsAlgSupported(NCRYPT_PROV_HANDLE provider, LPCWSTR algorithm, DWORD flags)
{
    handle h;
    return find_kind(provider, provider_magic, &h) ? h.functions->IsAlgSupported(h.provider, algorithm, flags)
                                                   : NTE_INVALID_HANDLE;
}

SECURITY_STATUS WINAPI NCryptEnumAlgorithms(NCRYPT_PROV_HANDLE provider, DWORD operations, DWORD *count,
                                            NCryptAlgorithmName **list, DWORD flags)
{
    handle h;
    return find_kind(provider, provider_magic, &h) ? h.functions->EnumAlgorithms(h.provider, operations, count, list, flags)
                                                   : NTE_INVALID_HANDLE;
}

SECURITY_STATUS WINAPI NCryptEnumKeys(NCRYPT_PROV_HANDLE provider, LPCWSTR scope, NCryptKeyName **name, PVOID *state,
                                      DWORD flags)
{
    handle h;
    return find_kind(provider, provider_magic, &h) ? h.functions->EnumKeys(h.provider, scope, name, state, flags)
                                                   : NTE_INVALID_HANDLE;
}

SECURITY_STATUS WINAPI NCryptCreatePersistedKey(NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE *key, LPCWSTR algorithm,
                                                LPCWSTR name, DWORD spec, DWORD flags)
{
    handle h;
    return find_kind(provider, provider_magic, &h)
        ? h.functions->CreatePersistedKey(h.provider, key, algorithm, name, spec, flags)
        : NTE_INVALID_HANDLE;
}

SECURITY_STATUS WINAPI NCryptImportKey(NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE import_key, LPCWSTR type,
                                       NCryptBufferDesc *parameters, NCRYPT_KEY_HANDLE *key, PBYTE data, DWORD length,
                                       DWORD flags)
{
    handle h;
    return find_kind(provider, provider_magic, &h)
        ? h.functions->ImportKey(h.provider, import_key, type, parameters, key, data, length, flags)
        : NTE_INVALID_HANDLE;
}

SECURITY_STATUS WINAPI NCryptFinalizeKey(NCRYPT_KEY_HANDLE key, DWORD flags)
{
    handle h;
    return find_kind(key, key_magic, &h) ? h.functions->FinalizeKey(h.provider, h.key, flags) : NTE_INVALID_HANDLE;
}

SECURITY_STATUS WINAPI NCryptDeleteKey(NCRYPT_KEY_HANDLE key, DWORD flags)
{
    handle h;
    return find_kind(key, key_magic, &h) ? h.functions->DeleteKey(h.provider, h.key, flags) : NTE_INVALID_HANDLE;
}

SECURITY_STATUS WINAPI NCryptDecrypt(NCRYPT_KEY_HANDLE key, PBYTE input, DWORD input_length, VOID *padding, PBYTE output,
                                     DWORD capacity, DWORD *length, DWORD flags)
{
    handle h;
    return find_kind(key, key_magic, &h)
        ? h.functions->Decrypt(h.provider, h.key, input, input_length, padding, output, capacity, length, flags)
        : NTE_INVALID_HANDLE;
}

SECURITY_STATUS WINAPI NCryptExportKey(NCRYPT_KEY_HANDLE key, NCRYPT_KEY_HANDLE export_key, LPCWSTR type,
                                       NCryptBufferDesc *parameters, PBYTE output, DWORD capacity, DWORD *length, DWORD flags)
{
    handle h;
    return find_kind(key, key_magic, &h)
        ? h.functions->ExportKey(h.provider, h.key, export_key, type, parameters, output, capacity, length, flags)
        : NTE_INVALID_HANDLE;
}

SECURITY_STATUS WINAPI NCryptSignHash(NCRYPT_KEY_HANDLE key, VOID *padding, PBYTE hash, DWORD hash_length, PBYTE signature,
                                      DWORD capacity, DWORD *length, DWORD flags)
{
    handle h;
    return find_kind(key, key_magic, &h)
        ? h.functions->SignHash(h.provider, h.key, padding, hash, hash_length, signature, capacity, length, flags)
        : NTE_INVALID_HANDLE;
}

SECURITY_STATUS WINAPI NCryptVerifySignature(NCRYPT_KEY_HANDLE key, VOID *padding, PBYTE hash, DWORD hash_length,
                                             PBYTE signature, DWORD signature_length, DWORD flags)
{
    handle h;
    return find_kind(key, key_magic, &h)
        ? h.functions->VerifySignature(h.provider, h.key, padding, hash, hash_length, signature, signature_length, flags)
        : NTE_INVALID_HANDLE;
}
