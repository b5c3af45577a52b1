/* Keys of NCrypt's where Wine's crypt32.dll knows CryptoAPI's alone. */
#include "stand_in.h"

#include <stdbool.h>
#include <string.h>
#include <wchar.h>

#include "der.h"

static const der none = { NULL, 0 };

BOOL WINAPI acquire_private_key(PCCERT_CONTEXT certificate, DWORD flags, void *parameters, HCRYPTPROV_OR_NCRYPT_KEY_HANDLE *key,
                                DWORD *spec, BOOL *must_free)
{
    BYTE room[2048];
    DWORD size = sizeof room;
    const CRYPT_KEY_PROV_INFO *information = (const CRYPT_KEY_PROV_INFO *)room;
    NCRYPT_PROV_HANDLE provider = 0;
    NCRYPT_KEY_HANDLE found = 0;
    if (!CertGetCertificateContextProperty(certificate, CERT_KEY_PROV_INFO_PROP_ID, room, &size) || information->dwProvType != 0)
        return CryptAcquireCertificatePrivateKey(certificate, flags, parameters, key, spec, must_free);
    SECURITY_STATUS status = NCryptOpenStorageProvider(&provider, information->pwszProvName, 0);
    if (status == ERROR_SUCCESS)
        status = NCryptOpenKey(provider, &found, information->pwszContainerName, 0, NCRYPT_SILENT_FLAG);
    if (provider != 0)
        NCryptFreeObject(provider);
    if (status != ERROR_SUCCESS) {
        SetLastError((DWORD)status);
        return FALSE;
    }
    *key = found;
    if (spec != NULL)
        *spec = CERT_NCRYPT_KEY_SPEC;
    if (must_free != NULL)
        *must_free = TRUE;
    return TRUE;
}

BOOL WINAPI set_certificate_property(PCCERT_CONTEXT certificate, DWORD property, DWORD flags, const void *value)
{
    static const DWORD key_handle_property = 79; /* CERT_HCRYPTPROV_OR_NCRYPT_KEY_HANDLE_PROP_ID */
    return property == key_handle_property || CertSetCertificateContextProperty(certificate, property, flags, value);
}

/* --- public keys ------------------------------------------------------------------------------------------------ */

static der rsa_public_key(const BYTE *blob)
{
    const BCRYPT_RSAKEY_BLOB *header = (const BCRYPT_RSAKEY_BLOB *)blob;
    const BYTE *exponent = blob + sizeof *header, *modulus = exponent + header->cbPublicExp;
    return der_wrap(0x30, der_join(der_unsigned(modulus, header->cbModulus), der_unsigned(exponent, header->cbPublicExp), none,
                                   none, none, none, none, none));
}

static der ec_public_key(const BYTE *blob)
{
    static const unsigned char uncompressed[] = { 0x04 };
    const BCRYPT_ECCKEY_BLOB *header = (const BCRYPT_ECCKEY_BLOB *)blob;
    return der_join(der_span(uncompressed, 1), der_span(blob + sizeof *header, 2 * header->cbKey), none, none, none, none, none,
                    none);
}

static der curve(const BYTE *blob)
{
    static const unsigned char p256[] = { 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07 };
    static const unsigned char p384[] = { 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22 };
    return ((const BCRYPT_ECCKEY_BLOB *)blob)->cbKey == 32 ? der_span(p256, sizeof p256) : der_span(p384, sizeof p384);
}

static bool give_public_key(bool rsa, der parameters, der public_key, CERT_PUBLIC_KEY_INFO *information, DWORD *length)
{
    const char *algorithm = rsa ? szOID_RSA_RSA : szOID_ECC_PUBLIC_KEY;
    DWORD wanted = (DWORD)(sizeof *information + strlen(algorithm) + 1 + parameters.length + public_key.length);
    DWORD capacity = *length;
    BYTE *at = (BYTE *)(information + 1);
    *length = wanted;
    if (information == NULL)
        return true;
    if (capacity < wanted) {
        SetLastError(ERROR_MORE_DATA);
        return false;
    }
    memset(information, 0, sizeof *information);
    information->Algorithm.Parameters.cbData = (DWORD)parameters.length;
    information->Algorithm.Parameters.pbData = memcpy(at, parameters.data, parameters.length);
    at += parameters.length;
    information->PublicKey.cbData = (DWORD)public_key.length;
    information->PublicKey.pbData = memcpy(at, public_key.data, public_key.length);
    at += public_key.length;
    information->Algorithm.pszObjId = strcpy((char *)at, algorithm);
    return true;
}

BOOL WINAPI export_public_key_as(HCRYPTPROV_OR_NCRYPT_KEY_HANDLE key, DWORD spec, DWORD encoding, LPSTR algorithm, DWORD flags,
                                 void *parameters, CERT_PUBLIC_KEY_INFO *information, DWORD *length)
{
    static const unsigned char null[] = { 0x05, 0x00 };
    BYTE blob[1024];
    DWORD size = 0;
    if (!NCryptIsKeyHandle(key))
        return CryptExportPublicKeyInfoEx(key, spec, encoding, algorithm, flags, parameters, information, length);
    if (NCryptExportKey(key, 0, BCRYPT_RSAPUBLIC_BLOB, NULL, blob, sizeof blob, &size, 0) == ERROR_SUCCESS)
        return give_public_key(true, der_span(null, sizeof null), rsa_public_key(blob), information, length);
    SECURITY_STATUS status = NCryptExportKey(key, 0, BCRYPT_ECCPUBLIC_BLOB, NULL, blob, sizeof blob, &size, 0);
    SetLastError((DWORD)status);
    return status == ERROR_SUCCESS && give_public_key(false, curve(blob), ec_public_key(blob), information, length);
}

BOOL WINAPI export_public_key(HCRYPTPROV_OR_NCRYPT_KEY_HANDLE key, DWORD spec, DWORD encoding, CERT_PUBLIC_KEY_INFO *information,
                              DWORD *length)
{
    return export_public_key_as(key, spec, encoding, NULL, 0, NULL, information, length);
}
