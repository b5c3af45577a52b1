/* The configuration of a module: a JSON file, whose values the environment overrides. */
#ifndef CODESIGNING_SETTINGS_CONFIG_H
#define CODESIGNING_SETTINGS_CONFIG_H

#include <stddef.h>

#include "log.h"
#include "values/result.h"

typedef enum cs_auth_method {
    CS_AUTH_NONE,          /* nothing configured: a PIN has the credentials */
    CS_AUTH_CLIENT_SECRET, /* clientId and clientSecret */
    CS_AUTH_TOKEN,         /* an access token, which cannot be renewed */
    CS_AUTH_OIDC,          /* the CI's own token from a file, and the id of its machine identity */
} cs_auth_method;

/* `requestOnDenial`: true, or an object with any of these. */
typedef struct cs_request_on_denial {
    bool enabled;
    char *justification;          /* NULL: a sentence that names tool and host */
    char *window;                 /* requestedWindowDuration, such as "4h"; NULL leaves it to the policy */
    unsigned requested_signings;  /* 0 leaves it to the policy */
    unsigned wait_seconds;        /* how long a signature may wait for the decision; 0 does not wait; at most 3600 */
} cs_request_on_denial;

typedef struct cs_config {
    char *source;       /* the file that was read; NULL when there was none */
    char *server_url;   /* no slash at the end; NULL when not configured */
    cs_auth_method auth;
    char *client_id;
    char *client_secret;
    char *token;
    char *oidc_token_file;
    char *identity_id;
    char *ca_certificate; /* PEM file that replaces the system's trust; NULL for the system's */
    char *log_file;
    cs_log_level log_level;
    bool send_command_line;   /* `sendCommandLine`: off unless switched on */
    unsigned timeout_seconds; /* `timeoutSeconds`: all attempts of one call together; 60 */
    char **signers;           /* `signers`: only these, by name or id, instead of all that the caller may see */
    size_t signer_count;
    cs_request_on_denial request_on_denial;
} cs_config;

/* Reads the first of `paths` that exists (entries may be NULL), then the environment: CODESIGNING_SERVER_URL,
 * CODESIGNING_CLIENT_ID, CODESIGNING_CLIENT_SECRET, CODESIGNING_TOKEN, CODESIGNING_CA_CERTIFICATE. That there is no file is no
 * error, unless `first_is_required` and it is the first. Unknown keys are refused, so that a misspelt one does not go
 * unnoticed. Every value is trimmed (cs_trim); an address may end in /api/v1. Release `config` in either case. */
cs_result cs_config_load(cs_config *config, const char *const *paths, size_t path_count, bool first_is_required,
                         cs_error *error);

/* The same without files and environment. `name` is the file's name for messages. */
cs_result cs_config_parse(cs_config *config, const char *text, size_t length, const char *name, cs_error *error);

/* Wipes and frees what the configuration holds. */
void cs_config_release(cs_config *config);

/* A variable of the environment as a setting: trimmed; NULL when unset or empty. To be freed with cs_secret_free. */
char *cs_config_variable(const char *name);

#endif
