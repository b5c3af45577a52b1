#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "platform/platform.h"
#include "server_url.h"
#include "values/json.h"
#include "values/secret.h"
#include "values/text.h"

enum { max_signers = 100, default_timeout = 60, max_timeout = 600, max_wait = 3600 };

static void set_text(char **field, char *text)
{
    cs_secret_free(*field);
    *field = text;
}

/* `where` is the object that has the member, with a dot: "auth.". */
static cs_result take_text(const cs_json_value *value, char **field, const char *where, const char *name, cs_error *error)
{
    const char *text = cs_json_string(value);
    size_t length = text != NULL ? strlen(text) : 0;
    if (text != NULL)
        cs_trim(&text, &length);
    if (length == 0)
        return cs_fail(error, CS_INVALID_CONFIGURATION, "%s: %s%s is invalid: expected a non-empty string", name, where,
                       cs_json_name(value));
    set_text(field, cs_duplicate_span(text, length));
    return *field != NULL ? CS_OK : cs_fail(error, CS_NO_MEMORY, "out of memory");
}

static cs_result take_number(const cs_json_value *value, unsigned *field, unsigned low, unsigned high, const char *where,
                             const char *name, cs_error *error)
{
    int64_t number;
    if (!cs_json_integer(value, &number) || number < low || number > high)
        return cs_fail(error, CS_INVALID_CONFIGURATION, "%s: %s%s is invalid: expected a whole number from %u to %u", name,
                       where, cs_json_name(value), low, high);
    *field = (unsigned)number;
    return CS_OK;
}

static cs_result take_boolean(const cs_json_value *value, bool *field, const char *name, cs_error *error)
{
    return cs_json_boolean(value, field)
        ? CS_OK
        : cs_fail(error, CS_INVALID_CONFIGURATION, "%s: %s is invalid: expected true or false", name, cs_json_name(value));
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
        return cs_fail(error, CS_INVALID_CONFIGURATION, "%s: auth is invalid: expected an object", name);
    for (const cs_json_value *member = cs_json_first(auth); member != NULL; member = cs_json_next(member)) {
        char **field = is(member, "clientId") ? &config->client_id
            : is(member, "clientSecret")      ? &config->client_secret
            : is(member, "token")             ? &config->token
            : is(member, "oidcTokenFile")     ? &config->oidc_token_file
            : is(member, "identityId")        ? &config->identity_id
                                              : NULL;
        cs_result result = field == NULL ? refuse_key(member, "auth.", name, error)
                                          : take_text(member, field, "auth.", name, error);
        if (result != CS_OK)
            return result;
    }
    int ways = (config->client_id != NULL || config->client_secret != NULL) + (config->token != NULL)
        + (config->oidc_token_file != NULL || config->identity_id != NULL);
    return ways <= 1
        ? CS_OK
        : cs_fail(error, CS_INVALID_CONFIGURATION,
                  "%s: auth is invalid: expected either clientId and clientSecret, or token, or oidcTokenFile and identityId",
                  name);
}

static cs_result take_request_on_denial(cs_config *config, const cs_json_value *value, const char *name, cs_error *error)
{
    cs_request_on_denial *ask = &config->request_on_denial;
    if (cs_json_boolean(value, &ask->enabled))
        return CS_OK;
    if (cs_json_kind_of(value) != CS_JSON_OBJECT)
        return cs_fail(error, CS_INVALID_CONFIGURATION, "%s: requestOnDenial is invalid: expected true, false or an object",
                       name);
    ask->enabled = true;
    for (const cs_json_value *member = cs_json_first(value); member != NULL; member = cs_json_next(member)) {
        static const char where[] = "requestOnDenial.";
        cs_result result = is(member, "justification") ? take_text(member, &ask->justification, where, name, error)
            : is(member, "requestedWindowDuration")    ? take_text(member, &ask->window, where, name, error)
            : is(member, "requestedSignings") ? take_number(member, &ask->requested_signings, 1, 1000000, where, name, error)
            : is(member, "waitSeconds")       ? take_number(member, &ask->wait_seconds, 0, max_wait, where, name, error)
                                              : refuse_key(member, where, name, error);
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
    return cs_fail(error, CS_INVALID_CONFIGURATION, "%s: logLevel is invalid: expected none, error, warn, info or debug", name);
}

static cs_result take_signers(cs_config *config, const cs_json_value *value, const char *name, cs_error *error)
{
    size_t count = 0;
    for (const cs_json_value *item = cs_json_first(value); item != NULL; item = cs_json_next(item))
        count++;
    if (cs_json_kind_of(value) != CS_JSON_ARRAY || count == 0 || count > max_signers)
        return cs_fail(error, CS_INVALID_CONFIGURATION, "%s: signers is invalid: expected an array of 1 to %d names or ids",
                       name, max_signers);
    config->signers = calloc(count, sizeof *config->signers);
    if (config->signers == NULL)
        return cs_fail(error, CS_NO_MEMORY, "out of memory");
    for (const cs_json_value *item = cs_json_first(value); item != NULL; item = cs_json_next(item)) {
        const char *text = cs_json_string(item);
        size_t length = text != NULL ? strlen(text) : 0;
        if (text != NULL)
            cs_trim(&text, &length);
        if (length == 0)
            return cs_fail(error, CS_INVALID_CONFIGURATION, "%s: signers[%zu] is invalid: expected a signer's name or id", name,
                           config->signer_count);
        config->signers[config->signer_count] = cs_duplicate_span(text, length);
        if (config->signers[config->signer_count++] == NULL)
            return cs_fail(error, CS_NO_MEMORY, "out of memory");
    }
    return CS_OK;
}

static cs_result take_member(cs_config *config, const cs_json_value *member, const char *name, cs_error *error)
{
    return is(member, "serverUrl")      ? take_text(member, &config->server_url, "", name, error)
        : is(member, "auth")            ? take_auth(config, member, name, error)
        : is(member, "caCertificate")   ? take_text(member, &config->ca_certificate, "", name, error)
        : is(member, "logFile")         ? take_text(member, &config->log_file, "", name, error)
        : is(member, "logLevel")        ? take_log_level(config, member, name, error)
        : is(member, "requestOnDenial") ? take_request_on_denial(config, member, name, error)
        : is(member, "sendCommandLine") ? take_boolean(member, &config->send_command_line, name, error)
        : is(member, "timeoutSeconds")  ? take_number(member, &config->timeout_seconds, 1, max_timeout, "", name, error)
        : is(member, "signers")         ? take_signers(config, member, name, error)
                                        : refuse_key(member, "", name, error);
}

static void set_defaults(cs_config *config)
{
    memset(config, 0, sizeof *config);
    config->log_level = CS_LOG_WARN;
    config->timeout_seconds = default_timeout;
}

/* Addresses are often copied with the path of the API. */
static void cut_api_path(char *url)
{
    static const char api[] = "/api/v1";
    size_t length = strlen(url);
    while (url[length - 1] == '/')
        url[--length] = '\0';
    if (length > sizeof api - 1 && strcmp(url + length - (sizeof api - 1), api) == 0)
        url[length - (sizeof api - 1)] = '\0';
    length = strlen(url);
    while (url[length - 1] == '/')
        url[--length] = '\0';
}

static cs_result check_words(const cs_config *config, const char *name, cs_error *error)
{
    const struct {
        const char *value, *called;
    } words[] = {
        { config->client_id, "auth.clientId (CODESIGNING_CLIENT_ID)" },
        { config->client_secret, "auth.clientSecret (CODESIGNING_CLIENT_SECRET)" },
        { config->token, "auth.token (CODESIGNING_TOKEN)" },
        { config->identity_id, "auth.identityId" },
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (words[i].value != NULL && !cs_is_one_word(words[i].value))
            return cs_fail(error, CS_INVALID_CONFIGURATION,
                           "%s: %s is invalid: expected visible ASCII characters, without blanks and line breaks",
                           name, words[i].called);
    return CS_OK;
}

/* After file and environment: checks that the settings fit together, and chooses how to log in. */
static cs_result complete(cs_config *config, const char *name, const char *url_name, cs_error *error)
{
    const char *fault = config->server_url != NULL ? cs_server_url_fault(config->server_url) : NULL;
    if (fault != NULL)
        return cs_fail(error, CS_INVALID_CONFIGURATION, "%s: %s %s", name, url_name, fault);
    if (config->server_url != NULL)
        cut_api_path(config->server_url);
    if ((config->client_id == NULL) != (config->client_secret == NULL))
        return cs_fail(error, CS_INVALID_CONFIGURATION,
                       "%s: %s is missing: the client id and the client secret are needed together", name,
                       config->client_id == NULL ? "auth.clientId (CODESIGNING_CLIENT_ID)"
                                                 : "auth.clientSecret (CODESIGNING_CLIENT_SECRET)");
    if ((config->oidc_token_file == NULL) != (config->identity_id == NULL))
        return cs_fail(error, CS_INVALID_CONFIGURATION,
                       "%s: auth.%s is missing: oidcTokenFile and identityId are needed together", name,
                       config->identity_id == NULL ? "identityId" : "oidcTokenFile");
    config->auth = config->token != NULL  ? CS_AUTH_TOKEN
        : config->client_id != NULL       ? CS_AUTH_CLIENT_SECRET
        : config->oidc_token_file != NULL ? CS_AUTH_OIDC
                                          : CS_AUTH_NONE;
    return check_words(config, name, error);
}

static cs_result read_text(cs_config *config, const char *text, size_t length, const char *name, cs_error *error)
{
    cs_error syntax = { 0 };
    if (cs_is_utf16(text, length))
        return cs_fail(error, CS_INVALID_CONFIGURATION, "%s is invalid: expected UTF-8, and it is UTF-16", name);
    cs_json *document = cs_json_parse(text, length, &syntax);
    if (document == NULL)
        return cs_fail(error, CS_INVALID_CONFIGURATION, "%s is invalid: expected JSON; %s", name, syntax.message);
    cs_result result = CS_OK;
    if (cs_json_kind_of(cs_json_root(document)) != CS_JSON_OBJECT)
        result = cs_fail(error, CS_INVALID_CONFIGURATION, "%s is invalid: expected a JSON object", name);
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
    return result == CS_OK ? complete(config, name, "serverUrl", error) : result;
}

char *cs_config_variable(const char *name)
{
    char *value = cs_environment(name);
    const char *text = value;
    size_t length = value != NULL ? strlen(value) : 0;
    if (value != NULL)
        cs_trim(&text, &length);
    char *trimmed = length > 0 ? cs_duplicate_span(text, length) : NULL;
    cs_secret_free(value);
    return trimmed;
}

/* Credentials of the environment replace those of the file, of whatever kind. True when the server's address is the
 * environment's. */
static bool apply_environment(cs_config *config)
{
    char *url = cs_config_variable("CODESIGNING_SERVER_URL");
    if (url != NULL)
        set_text(&config->server_url, url);
    char *ca = cs_config_variable("CODESIGNING_CA_CERTIFICATE");
    if (ca != NULL)
        set_text(&config->ca_certificate, ca);
    char *token = cs_config_variable("CODESIGNING_TOKEN");
    char *id = cs_config_variable("CODESIGNING_CLIENT_ID");
    char *secret = cs_config_variable("CODESIGNING_CLIENT_SECRET");
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
    return url != NULL;
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
    const char *url_name = apply_environment(config) ? "CODESIGNING_SERVER_URL" : "serverUrl";
    return complete(config, config->source != NULL ? config->source : "the environment", url_name, error);
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
