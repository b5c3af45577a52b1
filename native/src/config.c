#include "codesigning/config.h"

#include <stdlib.h>
#include <string.h>

#include "codesigning/json.h"
#include "platform.h"

enum { max_signers = 100, default_timeout = 60, max_timeout = 600, max_wait = 3600 };

static void set_text(char **field, char *text)
{
    cs_secret_free(*field);
    *field = text;
}

static cs_result take_text(const cs_json_value *value, char **field, const char *name, cs_error *error)
{
    const char *text = cs_json_string(value);
    if (text == NULL || text[0] == '\0')
        return cs_fail(error, CS_INVALID_CONFIGURATION, "%s: %s must be a text that is not empty", name, cs_json_name(value));
    set_text(field, cs_duplicate(text));
    return *field != NULL ? CS_OK : cs_fail(error, CS_NO_MEMORY, "out of memory");
}

static cs_result take_number(const cs_json_value *value, unsigned *field, unsigned low, unsigned high, const char *name,
                             cs_error *error)
{
    int64_t number;
    if (!cs_json_integer(value, &number) || number < low || number > high)
        return cs_fail(error, CS_INVALID_CONFIGURATION, "%s: %s must be a whole number from %u to %u", name,
                       cs_json_name(value), low, high);
    *field = (unsigned)number;
    return CS_OK;
}

static cs_result take_boolean(const cs_json_value *value, bool *field, const char *name, cs_error *error)
{
    return cs_json_boolean(value, field)
        ? CS_OK
        : cs_fail(error, CS_INVALID_CONFIGURATION, "%s: %s must be true or false", name, cs_json_name(value));
}

static cs_result refuse_key(const cs_json_value *member, const char *where, const char *name, cs_error *error)
{
    return cs_fail(error, CS_INVALID_CONFIGURATION, "%s: no such key: %s%s; check its spelling", name, where,
                   cs_json_name(member));
}

static bool is(const cs_json_value *member, const char *name)
{
    return strcmp(cs_json_name(member), name) == 0;
}

static cs_result take_auth(cs_config *config, const cs_json_value *auth, const char *name, cs_error *error)
{
    if (cs_json_kind_of(auth) != CS_JSON_OBJECT)
        return cs_fail(error, CS_INVALID_CONFIGURATION, "%s: auth must be an object", name);
    for (const cs_json_value *member = cs_json_first(auth); member != NULL; member = cs_json_next(member)) {
        char **field = is(member, "clientId") ? &config->client_id
            : is(member, "clientSecret")      ? &config->client_secret
            : is(member, "token")             ? &config->token
            : is(member, "oidcTokenFile")     ? &config->oidc_token_file
            : is(member, "identityId")        ? &config->identity_id
                                              : NULL;
        cs_result result = field == NULL ? refuse_key(member, "auth.", name, error) : take_text(member, field, name, error);
        if (result != CS_OK)
            return result;
    }
    int ways = (config->client_id != NULL || config->client_secret != NULL) + (config->token != NULL)
        + (config->oidc_token_file != NULL || config->identity_id != NULL);
    return ways <= 1 ? CS_OK
                     : cs_fail(error, CS_INVALID_CONFIGURATION,
                               "%s: auth must have clientId and clientSecret, or token, or oidcTokenFile and identityId", name);
}

static cs_result take_request_on_denial(cs_config *config, const cs_json_value *value, const char *name, cs_error *error)
{
    cs_request_on_denial *ask = &config->request_on_denial;
    if (cs_json_boolean(value, &ask->enabled))
        return CS_OK;
    if (cs_json_kind_of(value) != CS_JSON_OBJECT)
        return cs_fail(error, CS_INVALID_CONFIGURATION, "%s: requestOnDenial must be true, false or an object", name);
    ask->enabled = true;
    for (const cs_json_value *member = cs_json_first(value); member != NULL; member = cs_json_next(member)) {
        cs_result result = is(member, "justification") ? take_text(member, &ask->justification, name, error)
            : is(member, "requestedWindowDuration")    ? take_text(member, &ask->window, name, error)
            : is(member, "requestedSignings") ? take_number(member, &ask->requested_signings, 1, 1000000, name, error)
            : is(member, "waitSeconds")       ? take_number(member, &ask->wait_seconds, 0, max_wait, name, error)
                                              : refuse_key(member, "requestOnDenial.", name, error);
        if (result != CS_OK)
            return result;
    }
    return CS_OK;
}

static cs_result take_log_level(cs_config *config, const cs_json_value *value, const char *name, cs_error *error)
{
    static const char *const levels[] = { "none", "error", "warn", "info", "debug" };
    const char *text = cs_json_string(value);
    for (int level = CS_LOG_NONE; level <= CS_LOG_DEBUG; level++) {
        if (text != NULL && strcmp(text, levels[level]) == 0) {
            config->log_level = (cs_log_level)level;
            return CS_OK;
        }
    }
    return cs_fail(error, CS_INVALID_CONFIGURATION, "%s: logLevel must be none, error, warn, info or debug", name);
}

static cs_result take_signers(cs_config *config, const cs_json_value *value, const char *name, cs_error *error)
{
    size_t count = 0;
    for (const cs_json_value *item = cs_json_first(value); item != NULL; item = cs_json_next(item))
        count++;
    if (cs_json_kind_of(value) != CS_JSON_ARRAY || count == 0 || count > max_signers)
        return cs_fail(error, CS_INVALID_CONFIGURATION, "%s: signers must be an array of 1 to %d names", name, max_signers);
    config->signers = calloc(count, sizeof *config->signers);
    if (config->signers == NULL)
        return cs_fail(error, CS_NO_MEMORY, "out of memory");
    for (const cs_json_value *item = cs_json_first(value); item != NULL; item = cs_json_next(item)) {
        const char *text = cs_json_string(item);
        if (text == NULL || text[0] == '\0')
            return cs_fail(error, CS_INVALID_CONFIGURATION, "%s: signers must be names", name);
        config->signers[config->signer_count] = cs_duplicate(text);
        if (config->signers[config->signer_count++] == NULL)
            return cs_fail(error, CS_NO_MEMORY, "out of memory");
    }
    return CS_OK;
}

static cs_result take_member(cs_config *config, const cs_json_value *member, const char *name, cs_error *error)
{
    return is(member, "serverUrl")      ? take_text(member, &config->server_url, name, error)
        : is(member, "auth")            ? take_auth(config, member, name, error)
        : is(member, "caCertificate")   ? take_text(member, &config->ca_certificate, name, error)
        : is(member, "logFile")         ? take_text(member, &config->log_file, name, error)
        : is(member, "logLevel")        ? take_log_level(config, member, name, error)
        : is(member, "requestOnDenial") ? take_request_on_denial(config, member, name, error)
        : is(member, "sendCommandLine") ? take_boolean(member, &config->send_command_line, name, error)
        : is(member, "timeoutSeconds")  ? take_number(member, &config->timeout_seconds, 1, max_timeout, name, error)
        : is(member, "signers")         ? take_signers(config, member, name, error)
                                        : refuse_key(member, "", name, error);
}

static void set_defaults(cs_config *config)
{
    memset(config, 0, sizeof *config);
    config->log_level = CS_LOG_WARN;
    config->timeout_seconds = default_timeout;
}

/* Once file and environment are in: is it whole, and by which way does it log in? */
static cs_result settle(cs_config *config, const char *name, cs_error *error)
{
    if (config->server_url != NULL) {
        if (!cs_server_url_is_acceptable(config->server_url))
            return cs_fail(error, CS_INVALID_CONFIGURATION,
                           "%s: the server's address must be https://… (http:// only for this machine), without user, "
                           "query or fragment", name);
        size_t length = strlen(config->server_url);
        while (config->server_url[length - 1] == '/')
            config->server_url[--length] = '\0';
    }
    if ((config->client_id == NULL) != (config->client_secret == NULL))
        return cs_fail(error, CS_INVALID_CONFIGURATION, "%s: the client id and the client secret belong together", name);
    if ((config->oidc_token_file == NULL) != (config->identity_id == NULL))
        return cs_fail(error, CS_INVALID_CONFIGURATION, "%s: oidcTokenFile and identityId belong together", name);
    config->auth = config->token != NULL  ? CS_AUTH_TOKEN
        : config->client_id != NULL       ? CS_AUTH_CLIENT_SECRET
        : config->oidc_token_file != NULL ? CS_AUTH_OIDC
                                          : CS_AUTH_NONE;
    return CS_OK;
}

static cs_result read_text(cs_config *config, const char *text, size_t length, const char *name, cs_error *error)
{
    cs_error syntax = { 0 };
    cs_json *document = cs_json_parse(text, length, &syntax);
    if (document == NULL)
        return cs_fail(error, CS_INVALID_CONFIGURATION, "%s is not JSON: %s", name, syntax.message);
    cs_result result = CS_OK;
    if (cs_json_kind_of(cs_json_root(document)) != CS_JSON_OBJECT)
        result = cs_fail(error, CS_INVALID_CONFIGURATION, "%s must hold one JSON object", name);
    const cs_json_value *member = cs_json_first(cs_json_root(document));
    for (; member != NULL && result == CS_OK; member = cs_json_next(member))
        result = take_member(config, member, name, error);
    cs_json_free(document);
    return result;
}

cs_result cs_config_parse(cs_config *config, const char *text, size_t length, const char *name, cs_error *error)
{
    set_defaults(config);
    cs_result result = read_text(config, text, length, name, error);
    return result == CS_OK ? settle(config, name, error) : result;
}

/* A way to log in that the environment names replaces whatever way the file names. */
static void apply_environment(cs_config *config)
{
    char *value = cs_environment("CODESIGNING_SERVER_URL");
    if (value != NULL)
        set_text(&config->server_url, value);
    value = cs_environment("CODESIGNING_CA_CERTIFICATE");
    if (value != NULL)
        set_text(&config->ca_certificate, value);
    char *token = cs_environment("CODESIGNING_TOKEN");
    char *id = cs_environment("CODESIGNING_CLIENT_ID");
    char *secret = cs_environment("CODESIGNING_CLIENT_SECRET");
    if (token != NULL || id != NULL || secret != NULL) {
        set_text(&config->oidc_token_file, NULL);
        set_text(&config->identity_id, NULL);
    }
    if (token != NULL) {
        set_text(&config->token, token);
        set_text(&config->client_id, NULL);
        set_text(&config->client_secret, NULL);
    } else if (id != NULL || secret != NULL) {
        set_text(&config->token, NULL);
    }
    if (token == NULL && id != NULL)
        set_text(&config->client_id, id);
    else
        cs_secret_free(id);
    if (token == NULL && secret != NULL)
        set_text(&config->client_secret, secret);
    else
        cs_secret_free(secret);
}

static cs_result read_first_file(cs_config *config, const char *const *paths, size_t count, bool first_is_required,
                                 cs_error *error)
{
    for (size_t i = 0; i < count; i++) {
        if (paths[i] == NULL)
            continue;
        cs_buffer text = { .limit = 64 * 1024 };
        cs_result result = cs_file_read(paths[i], &text, error);
        if (result == CS_OK) {
            set_text(&config->source, cs_duplicate(paths[i]));
            result = read_text(config, text.length > 0 ? text.data : "", text.length, paths[i], error);
            cs_buffer_release(&text);
            return result;
        }
        cs_buffer_release(&text);
        if (result != CS_NOT_FOUND)
            return result;
        if (i == 0 && first_is_required)
            return cs_fail(error, CS_INVALID_CONFIGURATION, "%s: no such file", paths[i]);
    }
    return CS_OK;
}

cs_result cs_config_load(cs_config *config, const char *const *paths, size_t path_count, bool first_is_required,
                         cs_error *error)
{
    set_defaults(config);
    cs_result result = read_first_file(config, paths, path_count, first_is_required, error);
    if (result != CS_OK)
        return result;
    apply_environment(config);
    return settle(config, config->source != NULL ? config->source : "the environment", error);
}

void cs_config_release(cs_config *config)
{
    char **const texts[] = {
        &config->source, &config->server_url, &config->client_id, &config->client_secret, &config->token,
        &config->oidc_token_file, &config->identity_id, &config->ca_certificate, &config->log_file,
        &config->request_on_denial.justification, &config->request_on_denial.window,
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        set_text(texts[i], NULL);
    for (size_t i = 0; i < config->signer_count; i++)
        cs_secret_free(config->signers[i]);
    free(config->signers);
    memset(config, 0, sizeof *config);
}
