/* Authenticode's structures ("Windows Authenticode Portable Executable Signature Format"). */
#include "stand_in.h"

#include <stdbool.h>
#include <string.h>

#include <wintrust.h>

#include "der.h"

static const der none = { NULL, 0 };

static der sequence(der first, der second)
{
    return der_wrap(0x30, der_join(first, second, none, none, none, none, none, none));
}

static der indirect_data(const SPC_INDIRECT_DATA_CONTENT *content)
{
    static const unsigned char null[] = { 0x05, 0x00 };
    der value = der_span(content->Data.Value.pbData, content->Data.Value.cbData);
    der digest = der_wrap(0x04, der_span(content->Digest.pbData, content->Digest.cbData));
    der algorithm = sequence(der_object_identifier(content->DigestAlgorithm.pszObjId), der_span(null, sizeof null));
    return sequence(sequence(der_object_identifier(content->Data.pszObjId), value), sequence(algorithm, digest));
}

/* Of a program that nothing is said about. */
static der opus_information(const SPC_SP_OPUS_INFO *information)
{
    return information->pwszProgramName == NULL && information->pMoreInfo == NULL && information->pPublisherInfo == NULL
        ? sequence(none, none)
        : none;
}

/* A length of 0 for what is not Authenticode's. */
static der encode(LPCSTR type, const void *value)
{
    return type == SPC_INDIRECT_DATA_CONTENT_STRUCT ? indirect_data(value)
        : type == SPC_SP_OPUS_INFO_STRUCT           ? opus_information(value)
                                                    : none;
}

/* A statement's type is a list of object identifiers, and so are enhanced key usages. */
static LPCSTR known_type(LPCSTR type)
{
    return type == SPC_STATEMENT_TYPE_STRUCT ? X509_ENHANCED_KEY_USAGE : type;
}

BOOL WINAPI encode_object(DWORD encoding, LPCSTR type, const void *value, BYTE *output, DWORD *length)
{
    return encode_object_as(encoding, type, value, 0, NULL, output, length);
}

BOOL WINAPI encode_object_as(DWORD encoding, LPCSTR type, const void *value, DWORD flags, PCRYPT_ENCODE_PARA parameters,
                             void *output, DWORD *length)
{
    der encoded = encode(type, value);
    if (encoded.length == 0)
        return CryptEncodeObjectEx(encoding, known_type(type), value, flags, parameters, output, length);
    DWORD capacity = *length;
    *length = (DWORD)encoded.length;
    if ((flags & CRYPT_ENCODE_ALLOC_FLAG) != 0) {
        *(void **)output = LocalAlloc(LPTR, encoded.length);
        output = *(void **)output;
        capacity = output != NULL ? *length : 0;
    } else if (output == NULL) {
        return TRUE;
    }
    if (capacity < encoded.length) {
        SetLastError(ERROR_MORE_DATA);
        return FALSE;
    }
    memcpy(output, encoded.data, encoded.length);
    return TRUE;
}
