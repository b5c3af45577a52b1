#include "answer.h"

#include <string.h>

#include "event.h"

/* There is no NTE code for TLS; this one is Schannel's, and tells a person where to look. */
static const SECURITY_STATUS certificate_refused = (SECURITY_STATUS)0x80090327L; /* SEC_E_CERT_UNKNOWN */

SECURITY_STATUS ksp_status(cs_result result)
{
    switch (result) {
    case CS_OK:
        return ERROR_SUCCESS;
    case CS_NO_MEMORY:
        return NTE_NO_MEMORY;
    case CS_INVALID_ARGUMENT:
        return NTE_INVALID_PARAMETER;
    case CS_INVALID_CONFIGURATION:
    case CS_NOT_CONFIGURED:
        return NTE_PROVIDER_DLL_FAIL;
    case CS_NETWORK:
    case CS_UNAVAILABLE:
    case CS_CANCELLED:
        return NTE_DEVICE_NOT_READY;
    case CS_TLS:
        return certificate_refused;
    case CS_PROTOCOL:
    case CS_SERVER:
        return NTE_INTERNAL_ERROR;
    case CS_UNAUTHENTICATED:
    case CS_FORBIDDEN:
    case CS_APPROVAL_REQUIRED:
    case CS_GRANT_REFUSED:
    case CS_SIGNER_UNUSABLE:
        return NTE_PERM;
    case CS_NOT_FOUND:
        return NTE_BAD_KEYSET;
    case CS_INVALID_DATA:
        return NTE_BAD_DATA;
    case CS_UNSUPPORTED_ALGORITHM:
        return NTE_BAD_ALGID;
    }
    return NTE_FAIL;
}

SECURITY_STATUS ksp_failed(const cs_error *error)
{
    SECURITY_STATUS status = ksp_status(error->result);
    ksp_event_write(error->message, status);
    return status;
}

SECURITY_STATUS ksp_give(const void *value, size_t size, PBYTE output, DWORD capacity, DWORD *length)
{
    if (length == NULL)
        return NTE_INVALID_PARAMETER;
    if (size > MAXDWORD)
        return NTE_FAIL;
    *length = (DWORD)size;
    if (output == NULL)
        return ERROR_SUCCESS;
    if (capacity < size)
        return NTE_BUFFER_TOO_SMALL;
    memcpy(output, value, size);
    return ERROR_SUCCESS;
}

BOOL ksp_is_name(LPCWSTR name)
{
    if (name == NULL)
        return FALSE;
    for (size_t i = 0; i <= ksp_max_name; i++)
        if (name[i] == L'\0')
            return i > 0;
    return FALSE;
}
