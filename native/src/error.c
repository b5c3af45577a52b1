#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "codesigning/result.h"

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

typedef struct problem {
    const char *code;
    cs_result result;
    const char *advice;
} problem;

static const problem problems[] = {
    { "Unauthenticated", CS_UNAUTHENTICATED, "check the credentials, and that the identity is active" },
    { "Forbidden", CS_FORBIDDEN, "an administrator of the signer must make this identity an operator" },
    { "ApprovalRequired", CS_APPROVAL_REQUIRED, "ask for approval first" },
    { "GrantExhausted", CS_GRANT_REFUSED, "every approved signature has been used: ask again" },
    { "GrantExpired", CS_GRANT_REFUSED, "the approved window is over: ask again" },
    { "GrantNotYetValid", CS_GRANT_REFUSED, "the approved window has not begun" },
    { "GrantRevoked", CS_GRANT_REFUSED, "the approval was revoked: ask the signer's administrator" },
    { "ScopeMismatch", CS_GRANT_REFUSED, "the approval names another digest, address, host or tool: ask for this one" },
    { "SelfApproval", CS_FORBIDDEN, "somebody else must approve" },
    { "NotFound", CS_NOT_FOUND, "check the signer's name, that this identity is a member of it, and serverUrl" },
    { "SignerDisabled", CS_SIGNER_UNUSABLE, "an administrator of the signer must enable it" },
    { "CertificateExpired", CS_SIGNER_UNUSABLE, "an administrator must give the signer a new certificate" },
    { "CertificateNotYetValid", CS_SIGNER_UNUSABLE, "wait until the certificate's validity begins" },
    { "CertificateRevoked", CS_SIGNER_UNUSABLE, "an administrator must give the signer a new certificate" },
    { "NotACodeSigningCertificate", CS_SIGNER_UNUSABLE, "an administrator must give the signer another certificate" },
    { "UnsupportedAlgorithm", CS_UNSUPPORTED_ALGORITHM, "use SHA-256, SHA-384 or SHA-512" },
    { "AlgorithmKeyMismatch", CS_UNSUPPORTED_ALGORITHM, "use a mechanism that fits the signer's key" },
    { "DigestLengthMismatch", CS_INVALID_DATA, "the digest must be as long as the hash function's" },
    { "InvalidData", CS_INVALID_DATA, "the data to sign was refused" },
    { "InvalidRequest", CS_PROTOCOL, "this module and the server do not agree: update the older one" },
    { "PolicyLimitExceeded", CS_APPROVAL_REQUIRED, "ask for less than the policy's limits" },
    { "NoConstraint", CS_APPROVAL_REQUIRED, "set requestedSignings or requestedWindowDuration in requestOnDenial" },
    { "UnreachableApproval", CS_APPROVAL_REQUIRED, "the policy has too few approvers: ask the signer's administrator" },
    { "IdempotencyMismatch", CS_PROTOCOL, "try again" },
    { "TooLarge", CS_INVALID_DATA, "the data to sign was refused as too large" },
    { "RateLimited", CS_UNAVAILABLE, "sign less often, or ask for a higher limit" },
    { "Unavailable", CS_UNAVAILABLE, "try again later, or ask the operator of the server" },
};

static cs_result result_of_status(int status)
{
    switch (status) {
    case 401:
        return CS_UNAUTHENTICATED;
    case 403:
        return CS_FORBIDDEN;
    case 404:
        return CS_NOT_FOUND;
    case 400:
    case 413:
    case 422:
        return CS_INVALID_DATA;
    case 429:
    case 502:
    case 503:
    case 504:
        return CS_UNAVAILABLE;
    default:
        return status >= 500 ? CS_SERVER : CS_PROTOCOL;
    }
}

cs_result cs_result_of_problem(int http_status, const char *server_code, const char **advice)
{
    for (size_t i = 0; i < sizeof problems / sizeof *problems; i++) {
        if (server_code != NULL && strcmp(problems[i].code, server_code) == 0) {
            if (advice != NULL)
                *advice = problems[i].advice;
            return problems[i].result;
        }
    }
    if (advice != NULL)
        *advice = http_status >= 500 ? "ask the operator of the server" : "check serverUrl and that the server is up to date";
    return result_of_status(http_status);
}
