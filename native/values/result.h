/* Results of the core, and the error that a failed call describes itself by. */
#ifndef CODESIGNING_VALUES_RESULT_H
#define CODESIGNING_VALUES_RESULT_H

#include <stdbool.h>
#include <stdint.h>

/* What happened. Each module maps these, and nothing else, to the codes of its own interface. */
typedef enum cs_result {
    CS_OK = 0,
    CS_NO_MEMORY,
    CS_INVALID_ARGUMENT,      /* the caller broke the contract of a function */
    CS_INVALID_CONFIGURATION, /* a file or a variable that a person must correct */
    CS_NOT_CONFIGURED,        /* no server address, or no credentials where some are needed */
    CS_NETWORK,               /* not reached, interrupted or timed out; retried already */
    CS_TLS,                   /* the server's certificate was not accepted; never retried */
    CS_PROTOCOL,              /* an answer that does not follow the contract */
    CS_UNAVAILABLE,           /* 408, 429, 502, 503 or 504 after the last retry */
    CS_SERVER,                /* any other 5xx */
    CS_UNAUTHENTICATED,       /* 401 after one fresh login, or a login refused */
    CS_FORBIDDEN,             /* the caller has no role for this */
    CS_APPROVAL_REQUIRED,     /* a signing policy requires an approved request */
    CS_GRANT_REFUSED,         /* a grant exists but does not cover this: used up, expired, out of scope */
    CS_NOT_FOUND,             /* no such signer, or none that the caller may see */
    CS_SIGNER_UNUSABLE,       /* disabled, or its certificate cannot sign now */
    CS_INVALID_DATA,          /* the server or this library refuses the data to sign */
    CS_UNSUPPORTED_ALGORITHM, /* no such algorithm, or not one of this key */
    CS_CANCELLED,             /* the process is ending */
} cs_result;

/* What is known of a failure: for a log line, never for a decision. Holds no secrets. */
typedef struct cs_error {
    cs_result result;
    int http_status;       /* 0 when no answer came */
    char server_code[40];  /* the problem's `code`, such as ApprovalRequired; empty when there is none */
    char message[400];     /* one line: what was asked, what came back and what to do */
} cs_error;

/* Fills the error and returns `result`, so that a function can `return cs_fail(...)`. Control characters in the
 * formatted text are replaced, since parts of it come from a server. `error` may be NULL. */
cs_result cs_fail(cs_error *error, cs_result result, const char *format, ...)
#if defined(__MINGW32__)
    __attribute__((format(gnu_printf, 3, 4)))
#elif defined(__GNUC__)
    __attribute__((format(printf, 3, 4)))
#endif
    ;

/* The result's name, such as "CS_APPROVAL_REQUIRED"; static text. */
const char *cs_result_name(cs_result result);

#endif
