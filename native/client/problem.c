#include "problem.h"

#include <stdio.h>
#include <string.h>

#include "values/json.h"

typedef struct known_problem {
    const char *code;
    cs_result result;
    const char *advice;
} known_problem;

static const known_problem known_problems[] = {
    { "Unauthenticated", CS_UNAUTHENTICATED, "check the credentials, and that the identity is active" },
    { "Forbidden", CS_FORBIDDEN, "an administrator of the signer must make this identity an operator" },
    { "ApprovalRequired", CS_APPROVAL_REQUIRED, "ask for approval first" },
    { "GrantExhausted", CS_GRANT_REFUSED, "every approved signature has been used: ask for approval again" },
    { "GrantExpired", CS_GRANT_REFUSED, "the approved window is over: ask for approval again" },
    { "GrantNotYetValid", CS_GRANT_REFUSED, "the approved window has not begun" },
    { "GrantRevoked", CS_GRANT_REFUSED, "the approval was revoked: ask the signer's administrator" },
    { "ScopeMismatch", CS_GRANT_REFUSED,
      "the approval is for another digest, address, host or tool: ask for approval of this one" },
    { "SelfApproval", CS_FORBIDDEN, "another approver must approve" },
    { "NotFound", CS_NOT_FOUND, "check the signer's name, that this identity is a member of it, and serverUrl" },
    { "SignerDisabled", CS_SIGNER_UNUSABLE, "an administrator of the signer must enable it" },
    { "CertificateExpired", CS_SIGNER_UNUSABLE, "an administrator must give the signer a new certificate" },
    { "CertificateNotYetValid", CS_SIGNER_UNUSABLE, "wait until the certificate's validity begins" },
    { "CertificateRevoked", CS_SIGNER_UNUSABLE, "an administrator must give the signer a new certificate" },
    { "NotACodeSigningCertificate", CS_SIGNER_UNUSABLE, "an administrator must give the signer another certificate" },
    { "ProfileViolated", CS_SIGNER_UNUSABLE, "an administrator must give the signer another certificate" },
    { "UnsupportedAlgorithm", CS_UNSUPPORTED_ALGORITHM, "use SHA-256, SHA-384 or SHA-512" },
    { "AlgorithmKeyMismatch", CS_UNSUPPORTED_ALGORITHM, "use a mechanism that fits the signer's key" },
    { "DigestLengthMismatch", CS_INVALID_DATA, "the digest must be as long as the hash function's" },
    { "InvalidData", CS_INVALID_DATA, "the data to sign was refused" },
    { "InvalidRequest", CS_PROTOCOL, "this module and the server do not understand each other: update the older one" },
    { "PolicyLimitExceeded", CS_APPROVAL_REQUIRED, "ask for less than the policy's limits" },
    { "NoConstraint", CS_APPROVAL_REQUIRED, "set requestedSignings or requestedWindowDuration in requestOnDenial" },
    { "UnreachableApproval", CS_APPROVAL_REQUIRED, "the policy has too few approvers: ask the signer's administrator" },
    { "IdempotencyMismatch", CS_PROTOCOL, "retry" },
    { "TooLarge", CS_INVALID_DATA, "the data to sign was refused as too large" },
    { "RateLimited", CS_UNAVAILABLE, "sign less often, or ask for a higher limit" },
    { "Unavailable", CS_UNAVAILABLE, "retry later, or ask the operator of the server" },
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
    case 408:
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
    for (size_t i = 0; i < sizeof known_problems / sizeof *known_problems; i++) {
        if (server_code != NULL && strcmp(known_problems[i].code, server_code) == 0) {
            if (advice != NULL)
                *advice = known_problems[i].advice;
            return known_problems[i].result;
        }
    }
    if (advice != NULL)
        *advice = http_status >= 500 ? "ask the operator of the server" : "check serverUrl and that the server is up to date";
    return result_of_status(http_status);
}

static bool is_about(const char *path, const char *part)
{
    return strstr(path, part) != NULL;
}

static const char *how_to_log_in(const cs_config *config)
{
    switch (config->auth) {
    case CS_AUTH_CLIENT_SECRET:
        return "check the client id and secret, that the secret has not expired, and that the identity is active";
    case CS_AUTH_TOKEN:
        return "the token has expired or is not this server's: get a new one";
    case CS_AUTH_OIDC:
        return "check identityId, that the identity is active, and that its binding (issuer, audience, subject, claims) "
               "matches "
               "the token in oidcTokenFile";
    case CS_AUTH_NONE:
        break;
    }
    return "check the PIN, which is clientId:clientSecret, and that the identity is active";
}

/* What a person can do, where that depends on the call or on the configuration. */
static const char *advise(const cs_config *config, const char *path, const char *code, const char *otherwise)
{
    if (code == NULL)
        return otherwise;
    if (strcmp(code, "Unauthenticated") == 0)
        return how_to_log_in(config);
    if (strcmp(code, "NotFound") == 0 && is_about(path, "/approval-requests/"))
        return "the request no longer exists: ask for approval again";
    if (strcmp(code, "NotFound") == 0 && !is_about(path, "/signers/"))
        return "there is no such API at serverUrl: check its host, its port and its path, which ends before /api/v1";
    if (strcmp(code, "InvalidRequest") == 0 && is_about(path, "/login"))
        return "correct auth in the configuration";
    if (strcmp(code, "InvalidRequest") == 0 && is_about(path, "/requests"))
        return "correct requestOnDenial in the configuration";
    return otherwise;
}

enum { longest_detail = 160 };

/* How much of the server's sentence goes into a log line: the beginning, without the full stop, since advice follows. */
static int detail_length(const char *detail)
{
    size_t length = detail != NULL ? strlen(detail) : 0;
    if (length > longest_detail)
        return longest_detail;
    while (length > 0 && (detail[length - 1] == '.' || detail[length - 1] == ' '))
        length--;
    return (int)length;
}

cs_result cs_problem_read(const cs_config *config, const char *what, const char *path, int http_status, const cs_buffer *body,
                          cs_error *error)
{
    cs_json *document = cs_json_parse(body->data != NULL ? body->data : "", body->length, NULL);
    const cs_json_value *problem = cs_json_root(document);
    const char *code = cs_json_string(cs_json_get(problem, "code"));
    const char *detail = cs_json_string(cs_json_get(problem, "detail"));
    const char *advice;
    cs_result result = cs_result_of_problem(http_status, code, &advice);
    cs_fail(error, result, "%s: %d %s%s%.*s; %s", what, http_status, code != NULL ? code : "without a code",
            detail != NULL ? ": " : "", detail_length(detail), detail != NULL ? detail : "",
            advise(config, path, code, advice));
    if (error != NULL) {
        error->http_status = http_status;
        snprintf(error->server_code, sizeof error->server_code, "%s", code != NULL ? code : "");
    }
    cs_json_free(document);
    return result;
}
