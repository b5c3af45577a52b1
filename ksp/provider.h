/* The inside of the provider, shared by the files that make it up. */
#ifndef CODESIGNING_KSP_PROVIDER_H
#define CODESIGNING_KSP_PROVIDER_H

#include "codesigning/client.h"
#include "key_storage.h"
#include "object.h"

enum { ksp_max_name = 512 };

typedef struct ksp_provider {
    ksp_object object;
    cs_client *client;
} ksp_provider;

typedef struct ksp_key {
    ksp_object object;
    ksp_provider *provider;
    char id[129];
    char name[65];
    wchar_t wide_id[129];
    wchar_t wide_name[65];
    cs_key_algorithm algorithm;
    cs_chain *chain; /* leaf first, never empty */
} ksp_key;

/* --- the client, shared by all open providers of the process ---------------------------------------------------- */

/* The client, opened from the configuration when nobody else has it; NULL with `error` filled. */
cs_client *ksp_client_acquire(cs_error *error);

/* The last one to give it back closes connections and wipes secrets. */
void ksp_client_release(void);

/* --- handles ---------------------------------------------------------------------------------------------------- */

/* The object behind an open handle, to be released; NULL for any other number. */
ksp_provider *ksp_provider_find(NCRYPT_PROV_HANDLE handle);
ksp_key *ksp_key_find(NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE handle);

/* The key's own certificate. */
const cs_certificate *ksp_key_certificate(const ksp_key *key);

/* CNG's names: "RSA", "ECDSA_P256", …; "RSA" or "ECDSA". */
const wchar_t *ksp_algorithm_name(cs_key_algorithm algorithm);
const wchar_t *ksp_algorithm_group(cs_key_algorithm algorithm);

/* --- answers ---------------------------------------------------------------------------------------------------- */

/* docs/ksp.md explains each to its reader; keep the two alike. */
SECURITY_STATUS ksp_status(cs_result result);

/* Writes a failure into the event log and answers its status. The core has written it to the log file already, unless
 * it says otherwise. */
SECURITY_STATUS ksp_failed(const cs_error *error);

/* The two-call habit: the length alone for an `output` of NULL, NTE_BUFFER_TOO_SMALL with the length for one that is
 * too short. */
SECURITY_STATUS ksp_give(const void *value, size_t size, PBYTE output, DWORD capacity, DWORD *length);

/* Whether a name has an end within the limits of CNG. */
BOOL ksp_is_name(LPCWSTR name);

/* --- functions of the table, by file ---------------------------------------------------------------------------- */

SECURITY_STATUS WINAPI ksp_open_provider(NCRYPT_PROV_HANDLE *, LPCWSTR, DWORD);
SECURITY_STATUS WINAPI ksp_free_provider(NCRYPT_PROV_HANDLE);
SECURITY_STATUS WINAPI ksp_open_key(NCRYPT_PROV_HANDLE, NCRYPT_KEY_HANDLE *, LPCWSTR, DWORD, DWORD);
SECURITY_STATUS WINAPI ksp_free_key(NCRYPT_PROV_HANDLE, NCRYPT_KEY_HANDLE);
SECURITY_STATUS WINAPI ksp_get_provider_property(NCRYPT_PROV_HANDLE, LPCWSTR, PBYTE, DWORD, DWORD *, DWORD);
SECURITY_STATUS WINAPI ksp_get_key_property(NCRYPT_PROV_HANDLE, NCRYPT_KEY_HANDLE, LPCWSTR, PBYTE, DWORD, DWORD *, DWORD);
SECURITY_STATUS WINAPI ksp_set_provider_property(NCRYPT_PROV_HANDLE, LPCWSTR, PBYTE, DWORD, DWORD);
SECURITY_STATUS WINAPI ksp_set_key_property(NCRYPT_PROV_HANDLE, NCRYPT_KEY_HANDLE, LPCWSTR, PBYTE, DWORD, DWORD);
SECURITY_STATUS WINAPI ksp_is_alg_supported(NCRYPT_PROV_HANDLE, LPCWSTR, DWORD);
SECURITY_STATUS WINAPI ksp_enum_algorithms(NCRYPT_PROV_HANDLE, DWORD, DWORD *, NCryptAlgorithmName **, DWORD);
SECURITY_STATUS WINAPI ksp_enum_keys(NCRYPT_PROV_HANDLE, LPCWSTR, NCryptKeyName **, PVOID *, DWORD);
SECURITY_STATUS WINAPI ksp_free_buffer(PVOID);
SECURITY_STATUS WINAPI ksp_export_key(NCRYPT_PROV_HANDLE, NCRYPT_KEY_HANDLE, NCRYPT_KEY_HANDLE, LPCWSTR, NCryptBufferDesc *,
                                      PBYTE, DWORD, DWORD *, DWORD);
SECURITY_STATUS WINAPI ksp_sign_hash(NCRYPT_PROV_HANDLE, NCRYPT_KEY_HANDLE, VOID *, PBYTE, DWORD, PBYTE, DWORD, DWORD *, DWORD);
SECURITY_STATUS WINAPI ksp_verify_signature(NCRYPT_PROV_HANDLE, NCRYPT_KEY_HANDLE, VOID *, PBYTE, DWORD, PBYTE, DWORD, DWORD);

/* Each answers NTE_NOT_SUPPORTED: keys are made, brought in and deleted on the server, and sign only. */
SECURITY_STATUS WINAPI ksp_create_persisted_key(NCRYPT_PROV_HANDLE, NCRYPT_KEY_HANDLE *, LPCWSTR, LPCWSTR, DWORD, DWORD);
SECURITY_STATUS WINAPI ksp_finalize_key(NCRYPT_PROV_HANDLE, NCRYPT_KEY_HANDLE, DWORD);
SECURITY_STATUS WINAPI ksp_delete_key(NCRYPT_PROV_HANDLE, NCRYPT_KEY_HANDLE, DWORD);
SECURITY_STATUS WINAPI ksp_crypt(NCRYPT_PROV_HANDLE, NCRYPT_KEY_HANDLE, PBYTE, DWORD, VOID *, PBYTE, DWORD, DWORD *, DWORD);
SECURITY_STATUS WINAPI ksp_import_key(NCRYPT_PROV_HANDLE, NCRYPT_KEY_HANDLE, LPCWSTR, NCryptBufferDesc *, NCRYPT_KEY_HANDLE *,
                                      PBYTE, DWORD, DWORD);
SECURITY_STATUS WINAPI ksp_prompt_user(NCRYPT_PROV_HANDLE, NCRYPT_KEY_HANDLE, LPCWSTR, DWORD);
SECURITY_STATUS WINAPI ksp_notify_change_key(NCRYPT_PROV_HANDLE, HANDLE *, DWORD);
SECURITY_STATUS WINAPI ksp_secret_agreement(NCRYPT_PROV_HANDLE, NCRYPT_KEY_HANDLE, NCRYPT_KEY_HANDLE, NCRYPT_SECRET_HANDLE *,
                                            DWORD);
SECURITY_STATUS WINAPI ksp_derive_key(NCRYPT_PROV_HANDLE, NCRYPT_SECRET_HANDLE, LPCWSTR, NCryptBufferDesc *, PBYTE, DWORD,
                                      DWORD *, ULONG);
SECURITY_STATUS WINAPI ksp_free_secret(NCRYPT_PROV_HANDLE, NCRYPT_SECRET_HANDLE);
SECURITY_STATUS WINAPI ksp_key_derivation(NCRYPT_PROV_HANDLE, NCRYPT_KEY_HANDLE, NCryptBufferDesc *, PUCHAR, DWORD, DWORD *,
                                          ULONG);
SECURITY_STATUS WINAPI ksp_create_claim(NCRYPT_PROV_HANDLE, NCRYPT_KEY_HANDLE, NCRYPT_KEY_HANDLE, DWORD, NCryptBufferDesc *,
                                        PBYTE, DWORD, DWORD *, DWORD);
SECURITY_STATUS WINAPI ksp_verify_claim(NCRYPT_PROV_HANDLE, NCRYPT_KEY_HANDLE, NCRYPT_KEY_HANDLE, DWORD, NCryptBufferDesc *,
                                        PBYTE, DWORD, NCryptBufferDesc *, DWORD);

#endif
