#include <string.h>
#include <wchar.h>

#include "answer.h"
#include "client/sign.h"
#include "functions.h"
#include "handles.h"
#include "platform/platform.h"

/* How a hash is signed. */
typedef struct scheme_choice {
    cs_scheme scheme;
    cs_hash hash;
    const unsigned char *digest;
} scheme_choice;

static cs_hash hash_of_name(LPCWSTR name)
{
    return name == NULL                                ? CS_HASH_NONE
        : wcscmp(name, BCRYPT_SHA256_ALGORITHM) == 0   ? CS_HASH_SHA256
        : wcscmp(name, BCRYPT_SHA384_ALGORITHM) == 0   ? CS_HASH_SHA384
        : wcscmp(name, BCRYPT_SHA512_ALGORITHM) == 0   ? CS_HASH_SHA512
                                                       : CS_HASH_NONE;
}

static SECURITY_STATUS check_length(const scheme_choice *choice, DWORD length)
{
    if (choice->hash == CS_HASH_NONE)
        return NTE_BAD_ALGID; /* SHA-1 and MD5 among them */
    return length == cs_hash_length(choice->hash) ? ERROR_SUCCESS : NTE_BAD_LEN;
}

/* Without a name of a hash, the data is a DigestInfo. */
static SECURITY_STATUS choose_pkcs1(const BCRYPT_PKCS1_PADDING_INFO *padding, PBYTE hash, DWORD length, scheme_choice *choice)
{
    choice->scheme = CS_SCHEME_RSA_PKCS1;
    if (padding == NULL)
        return NTE_INVALID_PARAMETER;
    if (padding->pszAlgId == NULL) {
        choice->hash = cs_digest_info_read(hash, length, &choice->digest);
        return choice->hash != CS_HASH_NONE ? ERROR_SUCCESS : NTE_BAD_ALGID;
    }
    choice->hash = hash_of_name(padding->pszAlgId);
    return check_length(choice, length);
}

static SECURITY_STATUS choose_pss(const BCRYPT_PSS_PADDING_INFO *padding, DWORD length, scheme_choice *choice)
{
    choice->scheme = CS_SCHEME_RSA_PSS;
    if (padding == NULL)
        return NTE_INVALID_PARAMETER;
    choice->hash = hash_of_name(padding->pszAlgId);
    SECURITY_STATUS status = check_length(choice, length);
    return status == ERROR_SUCCESS && padding->cbSalt != length ? NTE_NOT_SUPPORTED : status;
}

/* CNG does not pass the hash of an ECDSA signature: the length tells it. */
static SECURITY_STATUS choose_ecdsa(DWORD length, scheme_choice *choice)
{
    choice->scheme = CS_SCHEME_ECDSA;
    choice->hash = length == 32 ? CS_HASH_SHA256 : length == 48 ? CS_HASH_SHA384 : length == 64 ? CS_HASH_SHA512 : CS_HASH_NONE;
    return choice->hash != CS_HASH_NONE ? ERROR_SUCCESS : NTE_BAD_LEN;
}

static SECURITY_STATUS choose(const ksp_key *key, const void *padding, PBYTE hash, DWORD length, DWORD flags,
                              scheme_choice *choice)
{
    DWORD kind = flags & ~(DWORD)NCRYPT_SILENT_FLAG;
    choice->digest = hash;
    if (!cs_key_algorithm_is_rsa(key->algorithm))
        return kind == 0 ? choose_ecdsa(length, choice) : NTE_BAD_FLAGS;
    return kind == BCRYPT_PAD_PKCS1 ? choose_pkcs1(padding, hash, length, choice)
        : kind == BCRYPT_PAD_PSS    ? choose_pss(padding, length, choice)
                                    : NTE_BAD_FLAGS;
}

static SECURITY_STATUS sign(const ksp_key *key, const scheme_choice *choice, unsigned char *signature, size_t *length)
{
    cs_error error = { 0 };
    const cs_sign_request request = {
        .signer_id = key->id,
        .signer_name = key->name,
        .key = key->algorithm,
        .scheme = choice->scheme,
        .hash = choice->hash,
        .digest = choice->digest,
    };
    return cs_sign(key->provider->client, &request, signature, length, &error) == CS_OK ? ERROR_SUCCESS : ksp_failed(&error);
}

/* Only a call with room for the signature goes to the server: asking for the length uses no grant. */
static SECURITY_STATUS sign_into(const ksp_key *key, const scheme_choice *choice, PBYTE output, DWORD capacity, DWORD *length)
{
    unsigned char signature[CS_MAX_SIGNATURE_LENGTH];
    size_t made = cs_signature_length(key->algorithm);
    if (output == NULL || capacity < made)
        return ksp_give(signature, made, output, capacity, length);
    SECURITY_STATUS status = sign(key, choice, signature, &made);
    return status == ERROR_SUCCESS ? ksp_give(signature, made, output, capacity, length) : status;
}

SECURITY_STATUS WINAPI ksp_sign_hash(NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE handle, VOID *padding, PBYTE hash,
                                     DWORD hash_length, PBYTE signature, DWORD capacity, DWORD *length, DWORD flags)
{
    scheme_choice choice = { 0 };
    if (hash == NULL || length == NULL)
        return NTE_INVALID_PARAMETER;
    ksp_key *key = ksp_key_find(provider, handle);
    if (key == NULL)
        return NTE_INVALID_HANDLE;
    SECURITY_STATUS status = choose(key, padding, hash, hash_length, flags, &choice);
    if (status == ERROR_SUCCESS)
        status = sign_into(key, &choice, signature, capacity, length);
    ksp_object_release(&key->object);
    return status;
}

static SECURITY_STATUS status_of(cs_verdict verdict)
{
    return verdict == CS_SIGNATURE_VALID ? ERROR_SUCCESS : verdict == CS_SIGNATURE_INVALID ? NTE_BAD_SIGNATURE : NTE_FAIL;
}

SECURITY_STATUS WINAPI ksp_verify_signature(NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE handle, VOID *padding, PBYTE hash,
                                            DWORD hash_length, PBYTE signature, DWORD signature_length, DWORD flags)
{
    scheme_choice choice = { 0 };
    if (hash == NULL || signature == NULL)
        return NTE_INVALID_PARAMETER;
    ksp_key *key = ksp_key_find(provider, handle);
    if (key == NULL)
        return NTE_INVALID_HANDLE;
    SECURITY_STATUS status = choose(key, padding, hash, hash_length, flags, &choice);
    if (status == ERROR_SUCCESS)
        status = status_of(cs_verify(&ksp_key_certificate(key)->key, choice.scheme, choice.hash, choice.digest, signature,
                                     signature_length));
    ksp_object_release(&key->object);
    return status;
}
