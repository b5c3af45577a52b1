#include "result.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

cs_result cs_fail(cs_error *error, cs_result result, const char *format, ...)
{
    if (error == NULL)
        return result;
    error->result = result;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error->message, sizeof error->message, format, arguments);
    va_end(arguments);
    for (char *at = error->message; *at != '\0'; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7f)
            *at = ' ';
    return result;
}

const char *cs_result_name(cs_result result)
{
    static const char *const names[] = {
        [CS_OK] = "CS_OK",
        [CS_NO_MEMORY] = "CS_NO_MEMORY",
        [CS_INVALID_ARGUMENT] = "CS_INVALID_ARGUMENT",
        [CS_INVALID_CONFIGURATION] = "CS_INVALID_CONFIGURATION",
        [CS_NOT_CONFIGURED] = "CS_NOT_CONFIGURED",
        [CS_NETWORK] = "CS_NETWORK",
        [CS_TLS] = "CS_TLS",
        [CS_PROTOCOL] = "CS_PROTOCOL",
        [CS_UNAVAILABLE] = "CS_UNAVAILABLE",
        [CS_SERVER] = "CS_SERVER",
        [CS_UNAUTHENTICATED] = "CS_UNAUTHENTICATED",
        [CS_FORBIDDEN] = "CS_FORBIDDEN",
        [CS_APPROVAL_REQUIRED] = "CS_APPROVAL_REQUIRED",
        [CS_GRANT_REFUSED] = "CS_GRANT_REFUSED",
        [CS_NOT_FOUND] = "CS_NOT_FOUND",
        [CS_SIGNER_UNUSABLE] = "CS_SIGNER_UNUSABLE",
        [CS_INVALID_DATA] = "CS_INVALID_DATA",
        [CS_UNSUPPORTED_ALGORITHM] = "CS_UNSUPPORTED_ALGORITHM",
        [CS_CANCELLED] = "CS_CANCELLED",
    };
    return (size_t)result < sizeof names / sizeof *names ? names[result] : "CS_UNKNOWN";
}
