#include "returns.h"

/* docs/pkcs11.md explains each; keep the two consistent. */
CK_RV p11_rv(cs_result result)
{
    switch (result) {
    case CS_OK:
        return CKR_OK;
    case CS_NO_MEMORY:
        return CKR_HOST_MEMORY;
    case CS_INVALID_ARGUMENT:
        return CKR_ARGUMENTS_BAD;
    case CS_INVALID_CONFIGURATION:
        return CKR_GENERAL_ERROR;
    case CS_NOT_CONFIGURED:
        return CKR_TOKEN_NOT_PRESENT;
    case CS_NETWORK:
    case CS_UNAVAILABLE:
    case CS_CANCELLED:
        return CKR_FUNCTION_FAILED;
    case CS_TLS:
    case CS_PROTOCOL:
    case CS_SERVER:
        return CKR_DEVICE_ERROR;
    case CS_UNAUTHENTICATED:
        return CKR_USER_NOT_LOGGED_IN;
    case CS_FORBIDDEN:
    case CS_SIGNER_UNUSABLE:
        return CKR_KEY_FUNCTION_NOT_PERMITTED;
    case CS_APPROVAL_REQUIRED:
    case CS_GRANT_REFUSED:
        return CKR_FUNCTION_REJECTED;
    case CS_NOT_FOUND:
        return CKR_KEY_HANDLE_INVALID;
    case CS_INVALID_DATA:
        return CKR_DATA_INVALID;
    case CS_UNSUPPORTED_ALGORITHM:
        return CKR_MECHANISM_INVALID;
    }
    return CKR_GENERAL_ERROR;
}
