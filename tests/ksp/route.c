#include <wchar.h>

#include "checks.h"

typedef NTSTATUS(WINAPI *get_interface_function)(LPCWSTR, key_storage_functions **, DWORD);

static bool by_ncrypt;

bool route_is_ncrypt(void)
{
    return by_ncrypt;
}

/* --- NCrypt*, with the provider's handle left out where ncrypt.dll knows it by itself -------------------------- */

static SECURITY_STATUS WINAPI open_provider(NCRYPT_PROV_HANDLE *provider, LPCWSTR name, DWORD flags)
{
    return NCryptOpenStorageProvider(provider, name != NULL ? name : KSP_PROVIDER_NAME, flags);
}

static SECURITY_STATUS WINAPI get_key_property(NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE key, LPCWSTR property,
                                               PBYTE output, DWORD capacity, DWORD *length, DWORD flags)
{
    (void)provider;
    return NCryptGetProperty(key, property, output, capacity, length, flags);
}

static SECURITY_STATUS WINAPI set_key_property(NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE key, LPCWSTR property,
                                               PBYTE input, DWORD length, DWORD flags)
{
    (void)provider;
    return NCryptSetProperty(key, property, input, length, flags);
}

static SECURITY_STATUS WINAPI finalize_key(NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE key, DWORD flags)
{
    (void)provider;
    return NCryptFinalizeKey(key, flags);
}

static SECURITY_STATUS WINAPI delete_key(NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE key, DWORD flags)
{
    (void)provider;
    return NCryptDeleteKey(key, flags);
}

static SECURITY_STATUS WINAPI free_provider(NCRYPT_PROV_HANDLE provider)
{
    return NCryptFreeObject(provider);
}

static SECURITY_STATUS WINAPI free_key(NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE key)
{
    (void)provider;
    return NCryptFreeObject(key);
}

static SECURITY_STATUS WINAPI decrypt(NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE key, PBYTE input, DWORD input_length,
                                      VOID *padding, PBYTE output, DWORD capacity, DWORD *length, DWORD flags)
{
    (void)provider;
    return NCryptDecrypt(key, input, input_length, padding, output, capacity, length, flags);
}

static SECURITY_STATUS WINAPI export_key(NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE key, NCRYPT_KEY_HANDLE export_key,
                                         LPCWSTR type, NCryptBufferDesc *parameters, PBYTE output, DWORD capacity,
                                         DWORD *length, DWORD flags)
{
    (void)provider;
    return NCryptExportKey(key, export_key, type, parameters, output, capacity, length, flags);
}

static SECURITY_STATUS WINAPI sign_hash(NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE key, VOID *padding, PBYTE hash,
                                        DWORD hash_length, PBYTE signature, DWORD capacity, DWORD *length, DWORD flags)
{
    (void)provider;
    return NCryptSignHash(key, padding, hash, hash_length, signature, capacity, length, flags);
}

static SECURITY_STATUS WINAPI verify_signature(NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE key, VOID *padding, PBYTE hash,
                                               DWORD hash_length, PBYTE signature, DWORD signature_length, DWORD flags)
{
    (void)provider;
    return NCryptVerifySignature(key, padding, hash, hash_length, signature, signature_length, flags);
}

static key_storage_functions ncrypt = {
    .Version = { 1, 0 },
    .OpenProvider = open_provider,
    .OpenKey = NCryptOpenKey,
    .CreatePersistedKey = NCryptCreatePersistedKey,
    .GetProviderProperty = NCryptGetProperty,
    .GetKeyProperty = get_key_property,
    .SetProviderProperty = NCryptSetProperty,
    .SetKeyProperty = set_key_property,
    .FinalizeKey = finalize_key,
    .DeleteKey = delete_key,
    .FreeProvider = free_provider,
    .FreeKey = free_key,
    .FreeBuffer = NCryptFreeBuffer,
    .Encrypt = decrypt,
    .Decrypt = decrypt,
    .IsAlgSupported = NCryptIsAlgSupported,
    .EnumAlgorithms = NCryptEnumAlgorithms,
    .EnumKeys = NCryptEnumKeys,
    .ImportKey = NCryptImportKey,
    .ExportKey = export_key,
    .SignHash = sign_hash,
    .VerifySignature = verify_signature,
};

key_storage_functions *route_open(const wchar_t *route)
{
    by_ncrypt = wcscmp(route, L"ncrypt") == 0;
    if (by_ncrypt)
        return &ncrypt;
    HMODULE module = LoadLibraryW(route);
    key_storage_functions *functions = NULL;
    if (module == NULL || !allocations_watch(module))
        return NULL;
    get_interface_function get = (get_interface_function)(void *)GetProcAddress(module, "GetKeyStorageInterface");
    if (get == NULL)
        return NULL;
    CHECK_STATUS("GetKeyStorageInterface refuses NULL", NTE_INVALID_PARAMETER, get(KSP_PROVIDER_NAME, NULL, 0));
    return get(KSP_PROVIDER_NAME, &functions, 0) == ERROR_SUCCESS ? functions : NULL;
}
