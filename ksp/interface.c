#include "functions.h"

static key_storage_functions table = {
    .Version = { 1, 0 }, /* later versions add nothing for a provider that only signs */
    .OpenProvider = ksp_open_provider,
    .OpenKey = ksp_open_key,
    .CreatePersistedKey = ksp_create_persisted_key,
    .GetProviderProperty = ksp_get_provider_property,
    .GetKeyProperty = ksp_get_key_property,
    .SetProviderProperty = ksp_set_provider_property,
    .SetKeyProperty = ksp_set_key_property,
    .FinalizeKey = ksp_finalize_key,
    .DeleteKey = ksp_delete_key,
    .FreeProvider = ksp_free_provider,
    .FreeKey = ksp_free_key,
    .FreeBuffer = ksp_free_buffer,
    .Encrypt = ksp_crypt,
    .Decrypt = ksp_crypt,
    .IsAlgSupported = ksp_is_alg_supported,
    .EnumAlgorithms = ksp_enum_algorithms,
    .EnumKeys = ksp_enum_keys,
    .ImportKey = ksp_import_key,
    .ExportKey = ksp_export_key,
    .SignHash = ksp_sign_hash,
    .VerifySignature = ksp_verify_signature,
    .PromptUser = ksp_prompt_user,
    .NotifyChangeKey = ksp_notify_change_key,
    .SecretAgreement = ksp_secret_agreement,
    .DeriveKey = ksp_derive_key,
    .FreeSecret = ksp_free_secret,
    .KeyDerivation = ksp_key_derivation,
    .CreateClaim = ksp_create_claim,
    .VerifyClaim = ksp_verify_claim,
};

NTSTATUS WINAPI GetKeyStorageInterface(LPCWSTR provider_name, key_storage_functions **functions, DWORD flags)
{
    (void)provider_name; /* an administrator may register the DLL under another name */
    (void)flags;
    if (functions == NULL)
        return NTE_INVALID_PARAMETER;
    *functions = &table;
    return ERROR_SUCCESS;
}
