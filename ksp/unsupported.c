#include "functions.h"
#include "handles.h"

/* Even here a handle that is not ours is NTE_INVALID_HANDLE. */
static SECURITY_STATUS refuse(NCRYPT_PROV_HANDLE handle)
{
    ksp_provider *provider = ksp_provider_find(handle);
    if (provider == NULL)
        return NTE_INVALID_HANDLE;
    ksp_object_release(&provider->object);
    return NTE_NOT_SUPPORTED;
}

SECURITY_STATUS WINAPI ksp_create_persisted_key(NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE *key, LPCWSTR algorithm,
                                                LPCWSTR name, DWORD legacy_key_spec, DWORD flags)
{
    (void)key;
    (void)algorithm;
    (void)name;
    (void)legacy_key_spec;
    (void)flags;
    return refuse(provider);
}

SECURITY_STATUS WINAPI ksp_finalize_key(NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE key, DWORD flags)
{
    (void)key;
    (void)flags;
    return refuse(provider);
}

SECURITY_STATUS WINAPI ksp_delete_key(NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE key, DWORD flags)
{
    (void)key;
    (void)flags;
    return refuse(provider);
}

SECURITY_STATUS WINAPI ksp_crypt(NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE key, PBYTE input, DWORD input_length,
                                 VOID *padding, PBYTE output, DWORD capacity, DWORD *length, DWORD flags)
{
    (void)key;
    (void)input;
    (void)input_length;
    (void)padding;
    (void)output;
    (void)capacity;
    (void)length;
    (void)flags;
    return refuse(provider);
}

SECURITY_STATUS WINAPI ksp_import_key(NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE import_key, LPCWSTR type,
                                      NCryptBufferDesc *parameters, NCRYPT_KEY_HANDLE *key, PBYTE data, DWORD length,
                                      DWORD flags)
{
    (void)import_key;
    (void)type;
    (void)parameters;
    (void)key;
    (void)data;
    (void)length;
    (void)flags;
    return refuse(provider);
}

SECURITY_STATUS WINAPI ksp_prompt_user(NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE key, LPCWSTR operation, DWORD flags)
{
    (void)key;
    (void)operation;
    (void)flags;
    return refuse(provider);
}

SECURITY_STATUS WINAPI ksp_notify_change_key(NCRYPT_PROV_HANDLE provider, HANDLE *event, DWORD flags)
{
    (void)event;
    (void)flags;
    return refuse(provider);
}

SECURITY_STATUS WINAPI ksp_secret_agreement(NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE private_key,
                                            NCRYPT_KEY_HANDLE public_key, NCRYPT_SECRET_HANDLE *secret, DWORD flags)
{
    (void)private_key;
    (void)public_key;
    (void)secret;
    (void)flags;
    return refuse(provider);
}

SECURITY_STATUS WINAPI ksp_derive_key(NCRYPT_PROV_HANDLE provider, NCRYPT_SECRET_HANDLE secret, LPCWSTR function,
                                      NCryptBufferDesc *parameters, PBYTE derived, DWORD capacity, DWORD *length, ULONG flags)
{
    (void)secret;
    (void)function;
    (void)parameters;
    (void)derived;
    (void)capacity;
    (void)length;
    (void)flags;
    return refuse(provider);
}

SECURITY_STATUS WINAPI ksp_free_secret(NCRYPT_PROV_HANDLE provider, NCRYPT_SECRET_HANDLE secret)
{
    (void)secret;
    return refuse(provider);
}

SECURITY_STATUS WINAPI ksp_key_derivation(NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE key, NCryptBufferDesc *parameters,
                                          PUCHAR derived, DWORD capacity, DWORD *length, ULONG flags)
{
    (void)key;
    (void)parameters;
    (void)derived;
    (void)capacity;
    (void)length;
    (void)flags;
    return refuse(provider);
}

SECURITY_STATUS WINAPI ksp_create_claim(NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE subject, NCRYPT_KEY_HANDLE authority,
                                        DWORD type, NCryptBufferDesc *parameters, PBYTE claim, DWORD capacity, DWORD *length,
                                        DWORD flags)
{
    (void)subject;
    (void)authority;
    (void)type;
    (void)parameters;
    (void)claim;
    (void)capacity;
    (void)length;
    (void)flags;
    return refuse(provider);
}

SECURITY_STATUS WINAPI ksp_verify_claim(NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE subject, NCRYPT_KEY_HANDLE authority,
                                        DWORD type, NCryptBufferDesc *parameters, PBYTE claim, DWORD claim_length,
                                        NCryptBufferDesc *output, DWORD flags)
{
    (void)subject;
    (void)authority;
    (void)type;
    (void)parameters;
    (void)claim;
    (void)claim_length;
    (void)output;
    (void)flags;
    return refuse(provider);
}
