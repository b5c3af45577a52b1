/* What callers get wrong: handles, pointers, lengths, flags, names. */
#include <stdlib.h>
#include <wchar.h>

#include "checks.h"

enum { short_buffer = 4 };

static const NCRYPT_HANDLE not_a_handle = 0x12345670;

static void check_opening(key_storage_functions *f, NCRYPT_PROV_HANDLE provider, const wchar_t *signer)
{
    NCRYPT_KEY_HANDLE key = 1;
    wchar_t long_name[700];
    wmemset(long_name, L'a', 699);
    long_name[699] = L'\0';
    CHECK_STATUS("OpenProvider refuses NULL", NTE_INVALID_PARAMETER, f->OpenProvider(NULL, NULL, 0));
    CHECK_STATUS("OpenKey refuses NULL for the handle", NTE_INVALID_PARAMETER, f->OpenKey(provider, NULL, signer, 0, 0));
    CHECK_STATUS("OpenKey refuses NULL for the name", NTE_INVALID_PARAMETER, f->OpenKey(provider, &key, NULL, 0, 0));
    CHECK_STATUS("OpenKey refuses an empty name", NTE_INVALID_PARAMETER, f->OpenKey(provider, &key, L"", 0, 0));
    CHECK_STATUS("OpenKey refuses a name without end", NTE_INVALID_PARAMETER, f->OpenKey(provider, &key, long_name, 0, 0));
    CHECK_STATUS("OpenKey refuses flags it does not know", NTE_BAD_FLAGS, f->OpenKey(provider, &key, signer, 0, 0x8000));
    CHECK_STATUS("OpenKey finds no signer of another name", NTE_BAD_KEYSET, f->OpenKey(provider, &key, L"no-such", 0, 0));
    CHECK_STATUS("OpenKey finds no signer with a hostile name", NTE_BAD_KEYSET,
                 f->OpenKey(provider, &key, L"../../\x2603?x=y", 0, 0));
    CHECK("A failed OpenKey leaves no handle", key == 0);
    CHECK_STATUS("OpenKey refuses a handle that never was", NTE_INVALID_HANDLE, f->OpenKey(not_a_handle, &key, signer, 0, 0));
    CHECK_STATUS("FreeProvider refuses a handle that never was", NTE_INVALID_HANDLE, f->FreeProvider(not_a_handle));
    CHECK_STATUS("FreeKey refuses a handle that never was", NTE_INVALID_HANDLE, f->FreeKey(provider, not_a_handle));
    if (!route_is_ncrypt())
        CHECK_STATUS("FreeKey refuses the provider's handle", NTE_INVALID_HANDLE, f->FreeKey(provider, provider));
}

static void check_properties(key_storage_functions *f, NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE key)
{
    BYTE value[64];
    DWORD length = 0;
    CHECK_STATUS("A property by NULL is refused", NTE_INVALID_PARAMETER,
                 f->GetKeyProperty(provider, key, NULL, value, sizeof value, &length, 0));
    CHECK_STATUS("A property without a place for its length is refused", NTE_INVALID_PARAMETER,
                 f->GetKeyProperty(provider, key, NCRYPT_NAME_PROPERTY, value, sizeof value, NULL, 0));
    CHECK_STATUS("A property that is not there is not found", NTE_NOT_FOUND,
                 f->GetKeyProperty(provider, key, L"CLR IsEphemeral", value, sizeof value, &length, 0));
    CHECK_STATUS("Flags that are not known are refused", NTE_BAD_FLAGS,
                 f->GetKeyProperty(provider, key, NCRYPT_NAME_PROPERTY, value, sizeof value, &length, 0x10));
    CHECK_STATUS("A short buffer is told", NTE_BUFFER_TOO_SMALL,
                 f->GetKeyProperty(provider, key, NCRYPT_ALGORITHM_GROUP_PROPERTY, value, short_buffer, &length, 0));
    CHECK("A short buffer is told the length", length > short_buffer);
    CHECK_STATUS("A key's property of a handle that never was", NTE_INVALID_HANDLE,
                 f->GetKeyProperty(provider, not_a_handle, NCRYPT_NAME_PROPERTY, value, sizeof value, &length, 0));
    CHECK_STATUS("A provider's property of a handle that never was", NTE_INVALID_HANDLE,
                 f->GetProviderProperty(not_a_handle, NCRYPT_NAME_PROPERTY, value, sizeof value, &length, 0));
    CHECK_STATUS("A provider's property that is not there", NTE_NOT_FOUND,
                 f->GetProviderProperty(provider, L"no such", value, sizeof value, &length, 0));
    HWND window = NULL;
    CHECK_STATUS("A window is taken", ERROR_SUCCESS,
                 f->SetKeyProperty(provider, key, NCRYPT_WINDOW_HANDLE_PROPERTY, (PBYTE)&window, sizeof window, 0));
    CHECK_STATUS("A window of another size is not", NTE_INVALID_PARAMETER,
                 f->SetKeyProperty(provider, key, NCRYPT_WINDOW_HANDLE_PROPERTY, (PBYTE)&window, 1, 0));
    CHECK_STATUS("A length cannot be set", NTE_NOT_SUPPORTED,
                 f->SetKeyProperty(provider, key, NCRYPT_LENGTH_PROPERTY, value, sizeof(DWORD), 0));
    CHECK_STATUS("A property cannot be set from NULL", NTE_INVALID_PARAMETER,
                 f->SetKeyProperty(provider, key, NCRYPT_LENGTH_PROPERTY, NULL, 4, 0));
    CHECK_STATUS("Nor a provider's", NTE_NOT_SUPPORTED,
                 f->SetProviderProperty(provider, NCRYPT_NAME_PROPERTY, value, sizeof value, 0));
}

static void check_signing(key_storage_functions *f, NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE key)
{
    BYTE hash[64] = { 1 };
    BYTE signature[512];
    DWORD length = 0;
    BCRYPT_PKCS1_PADDING_INFO sha1 = { BCRYPT_SHA1_ALGORITHM }, sha256 = { BCRYPT_SHA256_ALGORITHM }, none = { NULL };
    BCRYPT_PSS_PADDING_INFO short_salt = { BCRYPT_SHA256_ALGORITHM, 20 };
    CHECK_STATUS("SignHash refuses NULL for the hash", NTE_INVALID_PARAMETER,
                 f->SignHash(provider, key, &sha256, NULL, 32, signature, sizeof signature, &length, BCRYPT_PAD_PKCS1));
    CHECK_STATUS("SignHash refuses NULL for the length", NTE_INVALID_PARAMETER,
                 f->SignHash(provider, key, &sha256, hash, 32, signature, sizeof signature, NULL, BCRYPT_PAD_PKCS1));
    CHECK_STATUS("SignHash refuses PKCS#1 without padding information", NTE_INVALID_PARAMETER,
                 f->SignHash(provider, key, NULL, hash, 32, signature, sizeof signature, &length, BCRYPT_PAD_PKCS1));
    CHECK_STATUS("SignHash refuses PSS without padding information", NTE_INVALID_PARAMETER,
                 f->SignHash(provider, key, NULL, hash, 32, signature, sizeof signature, &length, BCRYPT_PAD_PSS));
    CHECK_STATUS("SignHash refuses SHA-1", NTE_BAD_ALGID,
                 f->SignHash(provider, key, &sha1, hash, 20, signature, sizeof signature, &length, BCRYPT_PAD_PKCS1));
    CHECK_STATUS("SignHash refuses bytes that are no DigestInfo", NTE_BAD_ALGID,
                 f->SignHash(provider, key, &none, hash, 32, signature, sizeof signature, &length, BCRYPT_PAD_PKCS1));
    CHECK_STATUS("SignHash refuses a digest of another length", NTE_BAD_LEN,
                 f->SignHash(provider, key, &sha256, hash, 31, signature, sizeof signature, &length, BCRYPT_PAD_PKCS1));
    CHECK_STATUS("SignHash refuses another salt than the digest's length", NTE_NOT_SUPPORTED,
                 f->SignHash(provider, key, &short_salt, hash, 32, signature, sizeof signature, &length, BCRYPT_PAD_PSS));
    CHECK_STATUS("SignHash refuses RSA without padding", NTE_BAD_FLAGS,
                 f->SignHash(provider, key, NULL, hash, 32, signature, sizeof signature, &length, 0));
    CHECK_STATUS("SignHash tells a short buffer", NTE_BUFFER_TOO_SMALL,
                 f->SignHash(provider, key, &sha256, hash, 32, signature, short_buffer, &length, BCRYPT_PAD_PKCS1));
    CHECK("and the length", length == 384);
    CHECK_STATUS("SignHash refuses a handle that never was", NTE_INVALID_HANDLE,
                 f->SignHash(provider, not_a_handle, &sha256, hash, 32, signature, sizeof signature, &length, BCRYPT_PAD_PKCS1));
    CHECK_STATUS("VerifySignature refuses NULL", NTE_INVALID_PARAMETER,
                 f->VerifySignature(provider, key, &sha256, hash, 32, NULL, 384, BCRYPT_PAD_PKCS1));
    CHECK_STATUS("VerifySignature refuses a signature of another length", NTE_BAD_SIGNATURE,
                 f->VerifySignature(provider, key, &sha256, hash, 32, signature, 12, BCRYPT_PAD_PKCS1));
    CHECK_STATUS("VerifySignature refuses noise", NTE_BAD_SIGNATURE,
                 f->VerifySignature(provider, key, &sha256, hash, 32, signature, 384, BCRYPT_PAD_PKCS1));
}

static void check_exporting(key_storage_functions *f, NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE key)
{
    static const wchar_t *const secret[] = { BCRYPT_RSAFULLPRIVATE_BLOB, BCRYPT_RSAPRIVATE_BLOB, BCRYPT_PRIVATE_KEY_BLOB,
                                             NCRYPT_PKCS8_PRIVATE_KEY_BLOB, NCRYPT_OPAQUETRANSPORT_BLOB, BCRYPT_ECCPUBLIC_BLOB };
    BYTE blob[1024];
    DWORD length = 0;
    for (size_t i = 0; i < sizeof secret / sizeof *secret; i++)
        CHECK_STATUS("ExportKey gives no private key, nor a form of another kind", NTE_NOT_SUPPORTED,
                     f->ExportKey(provider, key, 0, secret[i], NULL, blob, sizeof blob, &length, 0));
    CHECK_STATUS("ExportKey refuses NULL for the form", NTE_INVALID_PARAMETER,
                 f->ExportKey(provider, key, 0, NULL, NULL, blob, sizeof blob, &length, 0));
    CHECK_STATUS("ExportKey refuses NULL for the length", NTE_INVALID_PARAMETER,
                 f->ExportKey(provider, key, 0, BCRYPT_RSAPUBLIC_BLOB, NULL, blob, sizeof blob, NULL, 0));
    CHECK_STATUS("ExportKey tells a short buffer", NTE_BUFFER_TOO_SMALL,
                 f->ExportKey(provider, key, 0, BCRYPT_RSAPUBLIC_BLOB, NULL, blob, short_buffer, &length, 0));
    CHECK_STATUS("ExportKey refuses a handle that never was", NTE_INVALID_HANDLE,
                 f->ExportKey(provider, not_a_handle, 0, BCRYPT_RSAPUBLIC_BLOB, NULL, blob, sizeof blob, &length, 0));
}

static void check_enumerating(key_storage_functions *f, NCRYPT_PROV_HANDLE provider)
{
    NCryptKeyName *name = NULL;
    NCryptAlgorithmName *list = NULL;
    PVOID state = NULL;
    DWORD count = 0;
    int noise = 0;
    PVOID strange = &noise;
    CHECK_STATUS("EnumKeys refuses NULL for the name", NTE_INVALID_PARAMETER, f->EnumKeys(provider, NULL, NULL, &state, 0));
    CHECK_STATUS("EnumKeys refuses NULL for the state", NTE_INVALID_PARAMETER, f->EnumKeys(provider, NULL, &name, NULL, 0));
    CHECK_STATUS("EnumKeys refuses a scope", NTE_INVALID_PARAMETER, f->EnumKeys(provider, L"scope", &name, &state, 0));
    CHECK_STATUS("EnumKeys refuses a state of somebody else's", NTE_INVALID_PARAMETER,
                 f->EnumKeys(provider, NULL, &name, &strange, 0));
    CHECK_STATUS("EnumKeys refuses a handle that never was", NTE_INVALID_HANDLE,
                 f->EnumKeys(not_a_handle, NULL, &name, &state, 0));
    CHECK_STATUS("EnumAlgorithms refuses NULL for the count", NTE_INVALID_PARAMETER,
                 f->EnumAlgorithms(provider, 0, NULL, &list, 0));
    CHECK_STATUS("EnumAlgorithms refuses NULL for the list", NTE_INVALID_PARAMETER,
                 f->EnumAlgorithms(provider, 0, &count, NULL, 0));
    CHECK_STATUS("IsAlgSupported refuses NULL", NTE_INVALID_PARAMETER, f->IsAlgSupported(provider, NULL, 0));
    CHECK_STATUS("FreeBuffer refuses NULL", NTE_INVALID_PARAMETER, f->FreeBuffer(NULL));
    CHECK_STATUS("FreeBuffer refuses what is not its own", NTE_INVALID_PARAMETER, f->FreeBuffer(&noise));
}

static void check_refusals(key_storage_functions *f, NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE key)
{
    NCRYPT_KEY_HANDLE made = 0;
    NCRYPT_SECRET_HANDLE secret = 0;
    HANDLE event = NULL;
    BYTE data[16] = { 0 };
    DWORD length = 0;
    CHECK_STATUS("CreatePersistedKey", NTE_NOT_SUPPORTED,
                 f->CreatePersistedKey(provider, &made, NCRYPT_RSA_ALGORITHM, L"new", 0, 0));
    CHECK_STATUS("ImportKey", NTE_NOT_SUPPORTED,
                 f->ImportKey(provider, 0, BCRYPT_RSAPRIVATE_BLOB, NULL, &made, data, sizeof data, 0));
    CHECK_STATUS("FinalizeKey", NTE_NOT_SUPPORTED, f->FinalizeKey(provider, key, 0));
    CHECK_STATUS("DeleteKey", NTE_NOT_SUPPORTED, f->DeleteKey(provider, key, 0));
    CHECK_STATUS("Decrypt", NTE_NOT_SUPPORTED,
                 f->Decrypt(provider, key, data, sizeof data, NULL, data, sizeof data, &length, BCRYPT_PAD_PKCS1));
    if (route_is_ncrypt())
        return;
    CHECK_STATUS("Encrypt", NTE_NOT_SUPPORTED,
                 f->Encrypt(provider, key, data, sizeof data, NULL, data, sizeof data, &length, BCRYPT_PAD_PKCS1));
    CHECK_STATUS("PromptUser", NTE_NOT_SUPPORTED, f->PromptUser(provider, key, L"x", 0));
    CHECK_STATUS("NotifyChangeKey", NTE_NOT_SUPPORTED, f->NotifyChangeKey(provider, &event, 0));
    CHECK_STATUS("SecretAgreement", NTE_NOT_SUPPORTED, f->SecretAgreement(provider, key, key, &secret, 0));
    CHECK_STATUS("DeriveKey", NTE_NOT_SUPPORTED, f->DeriveKey(provider, 1, L"x", NULL, data, sizeof data, &length, 0));
    CHECK_STATUS("FreeSecret", NTE_NOT_SUPPORTED, f->FreeSecret(provider, 1));
    CHECK_STATUS("KeyDerivation", NTE_NOT_SUPPORTED, f->KeyDerivation(provider, key, NULL, data, sizeof data, &length, 0));
    CHECK_STATUS("CreateClaim", NTE_NOT_SUPPORTED, f->CreateClaim(provider, key, 0, 0, NULL, data, sizeof data, &length, 0));
    CHECK_STATUS("VerifyClaim", NTE_NOT_SUPPORTED, f->VerifyClaim(provider, key, 0, 0, NULL, data, sizeof data, NULL, 0));
    CHECK_STATUS("DeleteKey of a provider that never was", NTE_INVALID_HANDLE, f->DeleteKey(not_a_handle, key, 0));
}

static void check_closed(key_storage_functions *f, NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE key)
{
    BYTE value[64];
    DWORD length;
    CHECK_STATUS("FreeKey", ERROR_SUCCESS, f->FreeKey(provider, key));
    CHECK_STATUS("FreeProvider", ERROR_SUCCESS, f->FreeProvider(provider));
    CHECK_STATUS("A freed key is not freed again", NTE_INVALID_HANDLE, f->FreeKey(provider, key));
    CHECK_STATUS("A freed provider is not freed again", NTE_INVALID_HANDLE, f->FreeProvider(provider));
    CHECK_STATUS("A freed key has no properties", NTE_INVALID_HANDLE,
                 f->GetKeyProperty(provider, key, NCRYPT_NAME_PROPERTY, value, sizeof value, &length, 0));
}

void check_arguments(key_storage_functions *f, const wchar_t *signer)
{
    NCRYPT_PROV_HANDLE provider = 0, other = 0;
    NCRYPT_KEY_HANDLE key = 0;
    CHECK_STATUS("OpenProvider", ERROR_SUCCESS, f->OpenProvider(&provider, KSP_PROVIDER_NAME, 0));
    CHECK_STATUS("OpenProvider again", ERROR_SUCCESS, f->OpenProvider(&other, KSP_PROVIDER_NAME, NCRYPT_SILENT_FLAG));
    check_opening(f, provider, signer);
    CHECK_STATUS("OpenKey", ERROR_SUCCESS, f->OpenKey(provider, &key, signer, AT_SIGNATURE, NCRYPT_SILENT_FLAG));
    if (!route_is_ncrypt())
        CHECK_STATUS("A key is not another provider handle's", NTE_INVALID_HANDLE, f->FreeKey(other, key));
    check_properties(f, provider, key);
    check_signing(f, provider, key);
    check_exporting(f, provider, key);
    check_enumerating(f, provider);
    check_refusals(f, provider, key);
    CHECK_STATUS("FreeProvider of the other", ERROR_SUCCESS, f->FreeProvider(other));
    check_closed(f, provider, key);
}
