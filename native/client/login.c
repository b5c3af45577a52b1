#include "login.h"

#include <string.h>

#include "call.h"
#include "platform/platform.h"
#include "state.h"
#include "values/secret.h"
#include "values/text.h"

enum { login_timeout_ms = 20000 };

static cs_result read_oidc_token(const cs_config *config, char **jwt, cs_error *error)
{
    cs_buffer text = { .limit = 64 * 1024 };
    cs_result result = cs_file_read(config->oidc_token_file, &text, error);
    if (result == CS_NOT_FOUND)
        result = cs_fail(error, CS_INVALID_CONFIGURATION, "oidcTokenFile %s: no such file", config->oidc_token_file);
    const char *token = text.data != NULL ? text.data : "";
    size_t length = text.length;
    cs_trim(&token, &length);
    if (result == CS_OK && length == 0)
        result = cs_fail(error, CS_INVALID_CONFIGURATION, "oidcTokenFile %s is empty", config->oidc_token_file);
    if (result == CS_OK && cs_is_utf16(token, length))
        result = cs_fail(error, CS_INVALID_CONFIGURATION, "oidcTokenFile %s is invalid: expected UTF-8, and it is UTF-16",
                         config->oidc_token_file);
    if (result == CS_OK && (*jwt = cs_duplicate_span(token, length)) == NULL)
        result = cs_fail(error, CS_NO_MEMORY, "out of memory");
    if (result == CS_OK && !cs_is_one_word(*jwt))
        result = cs_fail(error, CS_INVALID_CONFIGURATION,
                         "oidcTokenFile %s is invalid: expected one token, not several and not broken into lines",
                         config->oidc_token_file);
    cs_buffer_release(&text);
    if (result != CS_OK) {
        cs_secret_free(*jwt);
        *jwt = NULL;
    }
    return result;
}

/* The login's path and body, for the configured credentials or those of the PIN. */
static cs_result compose(cs_client *client, const char **path, cs_buffer *body, cs_error *error)
{
    const cs_config *config = &client->config;
    cs_buffer_append(body, "{", 1);
    if (config->auth == CS_AUTH_OIDC) {
        char *jwt = NULL;
        cs_result result = read_oidc_token(config, &jwt, error);
        if (result != CS_OK)
            return result;
        *path = "/api/v1/auth/oidc-auth/login";
        cs_json_write_member(body, "identityId", config->identity_id);
        cs_json_write_member(body, "jwt", jwt);
        cs_secret_free(jwt);
    } else {
        *path = "/api/v1/auth/universal-auth/login";
        cs_mutex_lock(client->lock);
        bool by_pin = config->auth == CS_AUTH_NONE;
        const char *id = by_pin ? client->pin_client_id : config->client_id;
        const char *secret = by_pin ? client->pin_client_secret : config->client_secret;
        if (id != NULL) {
            cs_json_write_member(body, "clientId", id);
            cs_json_write_member(body, "clientSecret", secret);
        }
        cs_mutex_unlock(client->lock);
        if (id == NULL)
            return cs_fail(error, CS_UNAUTHENTICATED,
                           "not logged in: configure auth, or log in with the PIN clientId:clientSecret");
    }
    cs_buffer_append(body, "}", 1);
    return body->failed ? cs_fail(error, CS_NO_MEMORY, "out of memory") : CS_OK;
}

/* A little early, so that no token expires on its way to the server. */
static uint64_t renewal_time(int64_t expires_in_seconds)
{
    int64_t seconds = expires_in_seconds > 86400 ? 86400 : expires_in_seconds < 0 ? 0 : expires_in_seconds;
    int64_t margin = seconds / 10 < 30 ? seconds / 10 : 30;
    return cs_monotonic_ms() + (uint64_t)(seconds - margin) * 1000;
}

static cs_result keep_token(cs_client *client, const cs_buffer *answer, cs_error *error)
{
    cs_json *document = cs_parse_answer(answer, "log in", error);
    if (document == NULL)
        return CS_PROTOCOL;
    const char *token = cs_json_string(cs_json_get(cs_json_root(document), "accessToken"));
    int64_t expires_in;
    if (!cs_json_integer(cs_json_get(cs_json_root(document), "expiresIn"), &expires_in))
        expires_in = 300;
    cs_result result = CS_OK;
    char *copy = NULL;
    if (token == NULL || token[0] == '\0' || strpbrk(token, "\r\n") != NULL)
        result = cs_fail(error, CS_PROTOCOL, "log in: the answer has no access token; check serverUrl");
    else if ((copy = cs_duplicate(token)) == NULL)
        result = cs_fail(error, CS_NO_MEMORY, "out of memory");
    cs_json_free(document);
    if (result != CS_OK)
        return result;
    cs_mutex_lock(client->lock);
    cs_secret_free(client->token);
    client->token = copy;
    client->token_renew_at = renewal_time(expires_in);
    client->token_number++;
    cs_mutex_unlock(client->lock);
    return CS_OK;
}

static cs_result attempt_without_token(cs_client *client, const cs_call *call, cs_http_response *response, cs_error *error)
{
    return cs_call_send(client, call, NULL, response, error);
}

/* With login_lock held. */
static cs_result log_in(cs_client *client, uint64_t deadline, cs_error *error)
{
    cs_buffer body = { 0 };
    cs_buffer answer = { 0 };
    const char *path = NULL;
    cs_result result = compose(client, &path, &body, error);
    if (result == CS_OK) {
        const cs_call call = { .method = "POST", .path = path, .body = &body, .what = "log in", .deadline = deadline };
        result = cs_call_repeat(client, &call, attempt_without_token, &answer, error);
    }
    if (result == CS_OK)
        result = keep_token(client, &answer, error);
    cs_buffer_release(&body);
    cs_buffer_release(&answer);
    return result;
}

/* Whether there is a token that is still valid. */
static bool copy_token(cs_client *client, char **token, unsigned *number)
{
    cs_mutex_lock(client->lock);
    bool there = client->token != NULL && cs_monotonic_ms() < client->token_renew_at;
    *token = there ? cs_duplicate(client->token) : NULL;
    *number = client->token_number;
    cs_mutex_unlock(client->lock);
    return there;
}

cs_result cs_token_get(cs_client *client, uint64_t deadline, char **token, unsigned *number, cs_error *error)
{
    cs_result result = CS_OK;
    if (client->config.auth == CS_AUTH_TOKEN) {
        *token = cs_duplicate(client->config.token);
        *number = 0;
    } else if (!copy_token(client, token, number)) {
        cs_mutex_lock_waiting(client->login_lock);
        while (result == CS_OK && !copy_token(client, token, number))
            result = log_in(client, deadline, error);
        cs_mutex_unlock(client->login_lock);
    }
    if (result == CS_OK && *token == NULL)
        result = cs_fail(error, CS_NO_MEMORY, "out of memory");
    return result;
}

bool cs_token_drop(cs_client *client, unsigned number)
{
    if (client->config.auth == CS_AUTH_TOKEN)
        return false;
    cs_mutex_lock(client->lock);
    if (client->token_number == number) {
        cs_secret_free(client->token);
        client->token = NULL;
    }
    cs_mutex_unlock(client->lock);
    return true;
}

static cs_result keep_pin(cs_client *client, const char *pin, size_t length, cs_error *error)
{
    cs_trim(&pin, &length);
    const char *colon = memchr(pin, ':', length);
    if (colon == NULL || colon == pin || colon == pin + length - 1 || memchr(pin, '\0', length) != NULL)
        return cs_fail(error, CS_UNAUTHENTICATED, "the PIN is invalid: expected clientId:clientSecret");
    char *id = cs_duplicate_span(pin, (size_t)(colon - pin));
    char *secret = cs_duplicate_span(colon + 1, length - (size_t)(colon - pin) - 1);
    if (id == NULL || secret == NULL) {
        cs_secret_free(id);
        cs_secret_free(secret);
        return cs_fail(error, CS_NO_MEMORY, "out of memory");
    }
    cs_mutex_lock(client->lock);
    cs_secret_free(client->pin_client_id);
    cs_secret_free(client->pin_client_secret);
    cs_secret_free(client->token);
    client->pin_client_id = id;
    client->pin_client_secret = secret;
    client->token = NULL;
    cs_mutex_unlock(client->lock);
    return CS_OK;
}

cs_result cs_login_by_pin(cs_client *client, const char *pin, size_t length, cs_error *error)
{
    cs_mutex_lock_waiting(client->login_lock);
    cs_result result = keep_pin(client, pin, length, error);
    if (result == CS_OK)
        result = log_in(client, cs_deadline(client, login_timeout_ms), error);
    cs_mutex_unlock(client->login_lock);
    return result;
}

void cs_login_forget(cs_client *client)
{
    cs_secret_free(client->token);
    cs_secret_free(client->pin_client_id);
    cs_secret_free(client->pin_client_secret);
    client->token = client->pin_client_id = client->pin_client_secret = NULL;
}
