/* Signed messages (RFC 2315) with a key that only NCryptSignHash reaches. */
#include "stand_in.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "der.h"
#include "image.h"

enum { most_attributes = 8 };

static const DWORD message_magic = 0x4d534d43;
static const DWORD encoding = X509_ASN_ENCODING | PKCS_7_ASN_ENCODING;
static const der none = { NULL, 0 };

typedef struct message {
    DWORD magic;
    const CMSG_SIGNED_ENCODE_INFO *information; /* the caller's, which outlives the message */
    LPSTR content_type;
    der content_info;
    der signed_data;
} message;

static message *own(HCRYPTMSG handle)
{
    message *m = handle;
    return m != NULL && m->magic == message_magic ? m : NULL;
}

static der sign_digest(NCRYPT_KEY_HANDLE key, unsigned char digest[sha256_length], bool rsa)
{
    BCRYPT_PKCS1_PADDING_INFO pkcs1 = { BCRYPT_SHA256_ALGORITHM };
    unsigned char signature[512];
    DWORD length = 0;
    SECURITY_STATUS status = NCryptSignHash(key, rsa ? &pkcs1 : NULL, digest, sha256_length, signature, sizeof signature, &length,
                                            rsa ? BCRYPT_PAD_PKCS1 : 0);
    if (status != ERROR_SUCCESS) {
        SetLastError((DWORD)status);
        return none;
    }
    if (rsa)
        return der_join(der_span(signature, length), none, none, none, none, none, none, none);
    return der_wrap(0x30, der_join(der_unsigned(signature, length / 2), der_unsigned(signature + length / 2, length / 2), none,
                                   none, none, none, none, none));
}

/* --- the message ------------------------------------------------------------------------------------------------ */

static der encode(LPCSTR type, const void *value)
{
    BYTE *bytes = NULL;
    DWORD length = 0;
    if (!CryptEncodeObjectEx(encoding, type, value, CRYPT_ENCODE_ALLOC_FLAG, NULL, &bytes, &length))
        stop("Wine cannot encode", (long)GetLastError());
    return der_span(bytes, length);
}

static der algorithm(LPSTR dotted, bool null_parameters)
{
    static const unsigned char null[] = { 0x05, 0x00 };
    return der_wrap(0x30, der_join(der_object_identifier(dotted), null_parameters ? der_span(null, 2) : none, none, none, none, none,
                                   none, none));
}

static der attribute(LPSTR type, der value)
{
    return der_wrap(0x30, der_join(der_object_identifier(type), der_wrap(0x31, value), none, none, none, none, none, none));
}

static int by_bytes(const void *left, const void *right)
{
    const der *a = left, *b = right;
    int order = memcmp(a->data, b->data, a->length < b->length ? a->length : b->length);
    return order != 0 ? order : a->length < b->length ? -1 : a->length > b->length;
}

/* What the caller gave, the content's type and digest; in DER's order. */
static der attributes_of(const CMSG_SIGNER_ENCODE_INFO *signer, LPSTR content_type, unsigned char digest[sha256_length])
{
    der list[most_attributes], joined = none;
    size_t count = 0;
    list[count++] = attribute(szOID_RSA_contentType, der_object_identifier(content_type));
    list[count++] = attribute(szOID_RSA_messageDigest, der_wrap(0x04, der_span(digest, sha256_length)));
    for (DWORD i = 0; i < signer->cAuthAttr && count < most_attributes; i++)
        list[count++] = encode(PKCS_ATTRIBUTE, &signer->rgAuthAttr[i]);
    qsort(list, count, sizeof *list, by_bytes);
    for (size_t i = 0; i < count; i++)
        joined = der_join(joined, list[i], none, none, none, none, none, none);
    return joined;
}

static der issuer_and_serial(const CERT_INFO *certificate)
{
    unsigned char number[64];
    DWORD length = certificate->SerialNumber.cbData <= sizeof number ? certificate->SerialNumber.cbData : 0;
    for (DWORD i = 0; i < length; i++)
        number[i] = certificate->SerialNumber.pbData[length - 1 - i];
    return der_wrap(0x30, der_join(der_span(certificate->Issuer.pbData, certificate->Issuer.cbData), der_unsigned(number, length),
                                   none, none, none, none, none, none));
}

/* The content without its own tag and length: that is what the digest is over. */
static der inside(der content)
{
    size_t header = content.data[1] < 0x80 ? 2 : 2 + (content.data[1] & 0x7f);
    return der_span(content.data + header, content.length - header);
}

static der signer_info(const message *m, der content)
{
    const CMSG_SIGNER_ENCODE_INFO *signer = &m->information->rgSigners[0];
    static const unsigned char version_one[] = { 0x02, 0x01, 0x01 };
    unsigned char digest[sha256_length];
    wchar_t group[16] = L"";
    DWORD length;
    der value = inside(content);
    sha256(&value, 1, digest);
    der attributes = attributes_of(signer, m->content_type, digest);
    der as_set = der_wrap(0x31, attributes);
    sha256(&as_set, 1, digest);
    NCryptGetProperty(signer->hNCryptKey, NCRYPT_ALGORITHM_GROUP_PROPERTY, (PBYTE)group, sizeof group, &length, 0);
    bool rsa = wcscmp(group, NCRYPT_RSA_ALGORITHM_GROUP) == 0;
    der signature = sign_digest(signer->hNCryptKey, digest, rsa);
    if (signature.length == 0)
        return none;
    return der_wrap(0x30, der_join(der_span(version_one, 3), issuer_and_serial(signer->pCertInfo),
                                   algorithm(szOID_NIST_sha256, true), der_wrap(0xa0, attributes),
                                   algorithm(rsa ? szOID_RSA_RSA : szOID_ECDSA_SHA256, rsa), der_wrap(0x04, signature), none, none));
}

static bool compose(message *m, der content)
{
    static const unsigned char version_one[] = { 0x02, 0x01, 0x01 };
    der certificates = none, signer = signer_info(m, content);
    if (signer.length == 0)
        return false;
    for (DWORD i = 0; i < m->information->cCertEncoded; i++)
        certificates = der_join(certificates,
                                der_span(m->information->rgCertEncoded[i].pbData, m->information->rgCertEncoded[i].cbData), none,
                                none, none, none, none, none);
    der content_info = der_wrap(0x30, der_join(der_object_identifier(m->content_type), der_wrap(0xa0, content), none, none, none, none,
                                               none, none));
    m->signed_data = der_wrap(0x30, der_join(der_span(version_one, 3), der_wrap(0x31, algorithm(szOID_NIST_sha256, true)),
                                             content_info, der_wrap(0xa0, certificates), der_wrap(0x31, signer), none, none, none));
    m->content_info = der_wrap(0x30, der_join(der_object_identifier(szOID_RSA_signedData), der_wrap(0xa0, m->signed_data), none, none,
                                              none, none, none, none));
    return true;
}

/* --- instead of crypt32's --------------------------------------------------------------------------------------- */

HCRYPTMSG WINAPI open_to_encode(DWORD message_encoding, DWORD flags, DWORD type, void const *information, LPSTR content_type,
                                PCMSG_STREAM_INFO stream)
{
    const CMSG_SIGNED_ENCODE_INFO *signing = information;
    if (type != CMSG_SIGNED || signing->cSigners != 1 || !NCryptIsKeyHandle(signing->rgSigners[0].hNCryptKey)
        || strcmp(signing->rgSigners[0].HashAlgorithm.pszObjId, szOID_NIST_sha256) != 0)
        return CryptMsgOpenToEncode(message_encoding, flags, type, information, content_type, stream);
    message *m = calloc(1, sizeof *m);
    if (m != NULL)
        *m = (message){ .magic = message_magic, .information = signing, .content_type = content_type };
    return m;
}

BOOL WINAPI update_message(HCRYPTMSG handle, const BYTE *data, DWORD length, BOOL final)
{
    message *m = own(handle);
    return m != NULL ? final && compose(m, der_span(data, length)) : CryptMsgUpdate(handle, data, length, final);
}

static BOOL give(der wanted, void *data, DWORD *length)
{
    DWORD capacity = *length;
    *length = (DWORD)wanted.length;
    if (data == NULL)
        return TRUE;
    if (capacity < wanted.length) {
        SetLastError(ERROR_MORE_DATA);
        return FALSE;
    }
    memcpy(data, wanted.data, wanted.length);
    return TRUE;
}

/* A parameter that Wine's decoded messages lack; what they have of the signer holds it. */
static BOOL get_encrypted_digest(HCRYPTMSG handle, DWORD index, void *data, DWORD *length)
{
    DWORD size = 0;
    if (!CryptMsgGetParam(handle, CMSG_SIGNER_INFO_PARAM, index, NULL, &size))
        return FALSE;
    CMSG_SIGNER_INFO *signer = malloc(size);
    BOOL done = signer != NULL && CryptMsgGetParam(handle, CMSG_SIGNER_INFO_PARAM, index, signer, &size)
        && give(der_span(signer->EncryptedHash.pbData, signer->EncryptedHash.cbData), data, length);
    free(signer);
    return done;
}

BOOL WINAPI get_message_parameter(HCRYPTMSG handle, DWORD type, DWORD index, void *data, DWORD *length)
{
    const message *m = own(handle);
    if (m == NULL)
        return type == CMSG_ENCRYPTED_DIGEST ? get_encrypted_digest(handle, index, data, length)
                                             : CryptMsgGetParam(handle, type, index, data, length);
    if (type == CMSG_BARE_CONTENT_PARAM)
        return give(m->signed_data, data, length);
    if (type == CMSG_CONTENT_PARAM)
        return give(m->content_info, data, length);
    SetLastError((DWORD)CRYPT_E_INVALID_MSG_TYPE);
    return FALSE;
}

BOOL WINAPI close_message(HCRYPTMSG handle)
{
    message *m = own(handle);
    if (m == NULL)
        return CryptMsgClose(handle);
    m->magic = 0;
    free(m);
    return TRUE;
}
