/* The interface of a key storage provider to ncrypt.dll, written from Microsoft's documentation ("CNG Key Storage Provider
 * Functions" and "Key Storage Provider Interfaces"): the Windows SDK and mingw-w64 carry no header for it.
 * Every function but the first takes the provider's own handle, as OpenProvider gave it. */
#ifndef CODESIGNING_KSP_KEY_STORAGE_H
#define CODESIGNING_KSP_KEY_STORAGE_H

#include <windows.h>

#include <bcrypt.h>
#include <ncrypt.h>

typedef struct key_storage_functions {
    BCRYPT_INTERFACE_VERSION Version;

    /* Version 1 */
    SECURITY_STATUS(WINAPI *OpenProvider)(NCRYPT_PROV_HANDLE *provider, LPCWSTR name, DWORD flags);
    SECURITY_STATUS(WINAPI *OpenKey)(NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE *key, LPCWSTR name, DWORD legacy_key_spec,
                                     DWORD flags);
    SECURITY_STATUS(WINAPI *CreatePersistedKey)(NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE *key, LPCWSTR algorithm,
                                                LPCWSTR name, DWORD legacy_key_spec, DWORD flags);
    SECURITY_STATUS(WINAPI *GetProviderProperty)(NCRYPT_PROV_HANDLE provider, LPCWSTR property, PBYTE output, DWORD capacity,
                                                 DWORD *length, DWORD flags);
    SECURITY_STATUS(WINAPI *GetKeyProperty)(NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE key, LPCWSTR property, PBYTE output,
                                            DWORD capacity, DWORD *length, DWORD flags);
    SECURITY_STATUS(WINAPI *SetProviderProperty)(NCRYPT_PROV_HANDLE provider, LPCWSTR property, PBYTE input, DWORD length,
                                                 DWORD flags);
    SECURITY_STATUS(WINAPI *SetKeyProperty)(NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE key, LPCWSTR property, PBYTE input,
                                            DWORD length, DWORD flags);
    SECURITY_STATUS(WINAPI *FinalizeKey)(NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE key, DWORD flags);
    SECURITY_STATUS(WINAPI *DeleteKey)(NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE key, DWORD flags);
    SECURITY_STATUS(WINAPI *FreeProvider)(NCRYPT_PROV_HANDLE provider);
    SECURITY_STATUS(WINAPI *FreeKey)(NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE key);
    SECURITY_STATUS(WINAPI *FreeBuffer)(PVOID buffer);
    SECURITY_STATUS(WINAPI *Encrypt)(NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE key, PBYTE input, DWORD input_length,
                                     VOID *padding, PBYTE output, DWORD capacity, DWORD *length, DWORD flags);
    SECURITY_STATUS(WINAPI *Decrypt)(NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE key, PBYTE input, DWORD input_length,
                                     VOID *padding, PBYTE output, DWORD capacity, DWORD *length, DWORD flags);
    SECURITY_STATUS(WINAPI *IsAlgSupported)(NCRYPT_PROV_HANDLE provider, LPCWSTR algorithm, DWORD flags);
    SECURITY_STATUS(WINAPI *EnumAlgorithms)(NCRYPT_PROV_HANDLE provider, DWORD operations, DWORD *count,
                                            NCryptAlgorithmName **list, DWORD flags);
    SECURITY_STATUS(WINAPI *EnumKeys)(NCRYPT_PROV_HANDLE provider, LPCWSTR scope, NCryptKeyName **name, PVOID *state,
                                      DWORD flags);
    SECURITY_STATUS(WINAPI *ImportKey)(NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE import_key, LPCWSTR type,
                                       NCryptBufferDesc *parameters, NCRYPT_KEY_HANDLE *key, PBYTE data, DWORD length,
                                       DWORD flags);
    SECURITY_STATUS(WINAPI *ExportKey)(NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE key, NCRYPT_KEY_HANDLE export_key,
                                       LPCWSTR type, NCryptBufferDesc *parameters, PBYTE output, DWORD capacity, DWORD *length,
                                       DWORD flags);
    SECURITY_STATUS(WINAPI *SignHash)(NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE key, VOID *padding, PBYTE hash,
                                      DWORD hash_length, PBYTE signature, DWORD capacity, DWORD *length, DWORD flags);
    SECURITY_STATUS(WINAPI *VerifySignature)(NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE key, VOID *padding, PBYTE hash,
                                             DWORD hash_length, PBYTE signature, DWORD signature_length, DWORD flags);
    SECURITY_STATUS(WINAPI *PromptUser)(NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE key, LPCWSTR operation, DWORD flags);
    SECURITY_STATUS(WINAPI *NotifyChangeKey)(NCRYPT_PROV_HANDLE provider, HANDLE *event, DWORD flags);
    SECURITY_STATUS(WINAPI *SecretAgreement)(NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE private_key,
                                             NCRYPT_KEY_HANDLE public_key, NCRYPT_SECRET_HANDLE *secret, DWORD flags);
    SECURITY_STATUS(WINAPI *DeriveKey)(NCRYPT_PROV_HANDLE provider, NCRYPT_SECRET_HANDLE secret, LPCWSTR function,
                                       NCryptBufferDesc *parameters, PBYTE derived, DWORD capacity, DWORD *length, ULONG flags);
    SECURITY_STATUS(WINAPI *FreeSecret)(NCRYPT_PROV_HANDLE provider, NCRYPT_SECRET_HANDLE secret);

    /* Version 2 */
    SECURITY_STATUS(WINAPI *KeyDerivation)(NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE key, NCryptBufferDesc *parameters,
                                           PUCHAR derived, DWORD capacity, DWORD *length, ULONG flags);

    /* Version 3 */
    SECURITY_STATUS(WINAPI *CreateClaim)(NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE subject, NCRYPT_KEY_HANDLE authority,
                                         DWORD type, NCryptBufferDesc *parameters, PBYTE claim, DWORD capacity, DWORD *length,
                                         DWORD flags);
    SECURITY_STATUS(WINAPI *VerifyClaim)(NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE subject, NCRYPT_KEY_HANDLE authority,
                                         DWORD type, NCryptBufferDesc *parameters, PBYTE claim, DWORD claim_length,
                                         NCryptBufferDesc *output, DWORD flags);
} key_storage_functions;

#define KSP_PROVIDER_NAME L"CodeSigning Key Storage Provider"
#define KSP_IMAGE_NAME L"codesigning-ksp.dll"

/* The one function that the DLL exports. */
NTSTATUS WINAPI GetKeyStorageInterface(LPCWSTR provider_name, key_storage_functions **functions, DWORD flags);

#endif
