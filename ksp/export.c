#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "answer.h"
#include "functions.h"
#include "handles.h"
#include "platform/windows/public_blob.h"

/* The PUBLICKEYBLOB of the older CryptoAPI: header, then the modulus with its lowest byte first. */
static size_t write_legacy(const cs_public_key *key, unsigned char *blob)
{
    unsigned long exponent = 0;
    if (key->exponent.length > sizeof(DWORD) || key->modulus.length + 20 > CS_MAX_PUBLIC_BLOB)
        return 0;
    for (size_t i = 0; i < key->exponent.length; i++)
        exponent = exponent << 8 | key->exponent.data[i];
    const BLOBHEADER header = { .bType = PUBLICKEYBLOB, .bVersion = CUR_BLOB_VERSION, .aiKeyAlg = CALG_RSA_SIGN };
    const RSAPUBKEY parameters = {
        .magic = 0x31415352, /* RSA1 */
        .bitlen = (DWORD)key->modulus.length * 8,
        .pubexp = exponent,
    };
    memcpy(blob, &header, sizeof header);
    memcpy(blob + sizeof header, &parameters, sizeof parameters);
    unsigned char *at = blob + sizeof header + sizeof parameters;
    for (size_t i = key->modulus.length; i > 0; i--)
        *at++ = key->modulus.data[i - 1];
    return (size_t)(at - blob);
}

static SECURITY_STATUS export_public(const ksp_key *key, LPCWSTR type, PBYTE output, DWORD capacity, DWORD *length)
{
    unsigned char blob[CS_MAX_PUBLIC_BLOB];
    bool rsa = cs_key_algorithm_is_rsa(key->algorithm);
    const wchar_t *own_type = rsa ? BCRYPT_RSAPUBLIC_BLOB : BCRYPT_ECCPUBLIC_BLOB;
    size_t size;
    if (wcscmp(type, own_type) == 0 || wcscmp(type, BCRYPT_PUBLIC_KEY_BLOB) == 0)
        size = cs_public_blob(&ksp_key_certificate(key)->key, blob);
    else if (rsa && wcscmp(type, LEGACY_RSAPUBLIC_BLOB) == 0)
        size = write_legacy(&ksp_key_certificate(key)->key, blob);
    else
        return NTE_NOT_SUPPORTED; /* private keys among them: they never leave the server */
    return size > 0 ? ksp_give(blob, size, output, capacity, length) : NTE_BAD_KEY;
}

SECURITY_STATUS WINAPI ksp_export_key(NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE handle, NCRYPT_KEY_HANDLE export_key,
                                      LPCWSTR type, NCryptBufferDesc *parameters, PBYTE output, DWORD capacity, DWORD *length,
                                      DWORD flags)
{
    (void)parameters;
    if (length == NULL || !ksp_is_name(type))
        return NTE_INVALID_PARAMETER;
    if ((flags & ~(DWORD)NCRYPT_SILENT_FLAG) != 0)
        return NTE_BAD_FLAGS;
    ksp_key *key = ksp_key_find(provider, handle);
    if (key == NULL)
        return NTE_INVALID_HANDLE;
    SECURITY_STATUS status = export_key == 0 ? export_public(key, type, output, capacity, length) : NTE_NOT_SUPPORTED;
    ksp_object_release(&key->object);
    return status;
}
