/* Signs a PE file as Authenticode wants it, with a key that is reached by NCryptSignHash alone:
 *   authenticode PROGRAMDATA SIGNER FILE CERTIFICATE.der...   (the signer's own certificate first)
 * Windows' own functions for it (mssign32, the SIP) do not work under Wine; what is here follows Microsoft's "Windows
 * Authenticode Portable Executable Signature Format" and RFC 2315. */
#include <windows.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "der.h"
#include "image.h"
#include "key_storage.h"

enum { max_certificates = 8 };

static const der none = { NULL, 0 };

static const unsigned char sha256_bytes[] = { 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00 };
static const unsigned char rsa_bytes[] = { 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00 };
static const unsigned char ecdsa_sha256_bytes[] = { 0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02 };
static const unsigned char indirect_data_bytes[] = { 0x06, 0x0a, 0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x02, 0x01, 0x04 };
static const unsigned char pe_image_bytes[] = { 0x06, 0x0a, 0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x02, 0x01, 0x0f };
static const unsigned char signed_data_bytes[] = { 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02 };
static const unsigned char content_type_bytes[] = { 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x03 };
static const unsigned char message_digest_bytes[] = { 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x04 };
static const unsigned char version_one[] = { 0x02, 0x01, 0x01 };
/* SpcPeImageData: no flags, and a file link that says nothing */
static const unsigned char pe_image_data[] = { 0x30, 0x09, 0x03, 0x01, 0x00, 0xa0, 0x04, 0xa2, 0x02, 0x80, 0x00 };

#define SPAN(bytes) der_span((bytes), sizeof(bytes))

/* --- the key ---------------------------------------------------------------------------------------------------- */

typedef struct signing_key {
    NCRYPT_PROV_HANDLE provider;
    NCRYPT_KEY_HANDLE key;
    bool rsa;
} signing_key;

static signing_key open_key(const wchar_t *signer)
{
    signing_key own = { 0 };
    wchar_t group[16] = L"";
    DWORD length;
    SECURITY_STATUS status = NCryptOpenStorageProvider(&own.provider, KSP_PROVIDER_NAME, 0);
    if (status == ERROR_SUCCESS)
        status = NCryptOpenKey(own.provider, &own.key, signer, 0, 0);
    if (status == ERROR_SUCCESS)
        status = NCryptGetProperty(own.key, NCRYPT_ALGORITHM_GROUP_PROPERTY, (PBYTE)group, sizeof group, &length, 0);
    if (status != ERROR_SUCCESS)
        stop("The key cannot be opened", status);
    own.rsa = wcscmp(group, NCRYPT_RSA_ALGORITHM_GROUP) == 0;
    return own;
}

/* r and s one after the other become the SEQUENCE that CMS wants. */
static der sign_digest(const signing_key *own, unsigned char digest[sha256_length])
{
    BCRYPT_PKCS1_PADDING_INFO pkcs1 = { BCRYPT_SHA256_ALGORITHM };
    unsigned char signature[512];
    DWORD length = 0;
    SECURITY_STATUS status = NCryptSignHash(own->key, own->rsa ? &pkcs1 : NULL, digest, sha256_length, signature,
                                            sizeof signature, &length, own->rsa ? BCRYPT_PAD_PKCS1 : 0);
    if (status != ERROR_SUCCESS)
        stop("NCryptSignHash", status);
    if (own->rsa)
        return der_join(der_span(signature, length), none, none, none, none, none, none, none);
    return der_wrap(0x30, der_join(der_unsigned(signature, length / 2), der_unsigned(signature + length / 2, length / 2), none,
                                   none, none, none, none, none));
}

/* --- the message ------------------------------------------------------------------------------------------------ */

static der sequence(der a, der b, der c, der d, der e, der f)
{
    return der_wrap(0x30, der_join(a, b, c, d, e, f, none, none));
}

/* The value of SpcIndirectDataContent, without its own tag and length: that is what the message digest is over. */
static der indirect_data(const image *pe)
{
    unsigned char digest[sha256_length];
    image_digest(pe, digest);
    der what = sequence(SPAN(pe_image_bytes), SPAN(pe_image_data), none, none, none, none);
    der hash = sequence(SPAN(sha256_bytes), der_wrap(0x04, SPAN(digest)), none, none, none, none);
    return der_join(what, hash, none, none, none, none, none, none);
}

static der attribute(der type, der value)
{
    return sequence(type, der_wrap(0x31, value), none, none, none, none);
}

static der issuer_and_serial(der certificate)
{
    PCCERT_CONTEXT context = CertCreateCertificateContext(X509_ASN_ENCODING, certificate.data, (DWORD)certificate.length);
    if (context == NULL)
        stop("The certificate cannot be read", (long)GetLastError());
    const CRYPT_INTEGER_BLOB *serial = &context->pCertInfo->SerialNumber;
    const CERT_NAME_BLOB *issuer = &context->pCertInfo->Issuer;
    unsigned char number[64];
    DWORD length = serial->cbData <= sizeof number ? serial->cbData : 0;
    for (DWORD i = 0; i < length; i++)
        number[i] = serial->pbData[length - 1 - i];
    der both = sequence(der_span(issuer->pbData, issuer->cbData), der_unsigned(number, length), none, none, none, none);
    CertFreeCertificateContext(context);
    return both;
}

static der signer_info(const signing_key *own, der certificate, der content)
{
    unsigned char digest[sha256_length];
    sha256(&content, 1, digest);
    der attributes = der_join(attribute(SPAN(content_type_bytes), SPAN(indirect_data_bytes)),
                              attribute(SPAN(message_digest_bytes), der_wrap(0x04, SPAN(digest))), none, none, none, none, none,
                              none);
    der as_set = der_wrap(0x31, attributes); /* what is signed has the SET's own tag */
    sha256(&as_set, 1, digest);
    der signature = sign_digest(own, digest);
    der identity = der_join(SPAN(version_one), issuer_and_serial(certificate), SPAN(sha256_bytes), der_wrap(0xa0, attributes),
                            own->rsa ? SPAN(rsa_bytes) : SPAN(ecdsa_sha256_bytes), der_wrap(0x04, signature), none, none);
    return der_wrap(0x30, identity);
}

static der signed_data(const signing_key *own, const image *pe, const der *certificates, size_t count)
{
    der content = indirect_data(pe);
    der chain = none;
    for (size_t i = 0; i < count; i++)
        chain = der_join(chain, certificates[i], none, none, none, none, none, none);
    der content_info = sequence(SPAN(indirect_data_bytes), der_wrap(0xa0, der_wrap(0x30, content)), none, none, none, none);
    der body = sequence(SPAN(version_one), der_wrap(0x31, SPAN(sha256_bytes)), content_info, der_wrap(0xa0, chain),
                        der_wrap(0x31, signer_info(own, certificates[0], content)), none);
    return sequence(SPAN(signed_data_bytes), der_wrap(0xa0, body), none, none, none, none);
}

int wmain(int count, wchar_t **words)
{
    der certificates[max_certificates];
    if (count < 5 || count - 4 > max_certificates)
        return 2;
    SetEnvironmentVariableW(L"ProgramData", words[1]);
    for (int i = 4; i < count; i++)
        certificates[i - 4] = read_file(words[i]);
    HANDLE file = CreateFileW(words[3], GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    image pe = read_image(file);
    signing_key own = open_key(words[2]);
    write_signed(file, &pe, signed_data(&own, &pe, certificates, (size_t)(count - 4)));
    CloseHandle(file);
    NCryptFreeObject(own.key);
    NCryptFreeObject(own.provider);
    return 0;
}
