#include <stdio.h>
#include <string.h>

#include "client_state.h"

enum { attempt_ms = 30000, first_pause_ms = 100, longest_pause_ms = 5000, longest_asked_pause_ms = 30000 };

bool cs_new_idempotency_key(char key[33])
{
    unsigned char bytes[16];
    if (!cs_random(bytes, sizeof bytes))
        return false;
    for (size_t i = 0; i < sizeof bytes; i++)
        snprintf(key + 2 * i, 3, "%02x", bytes[i]);
    return true;
}

cs_json *cs_parse_answer(const cs_buffer *body, const char *what, cs_error *error)
{
    cs_error syntax = { 0 };
    cs_json *document = cs_json_parse(body->data != NULL ? body->data : "", body->length, &syntax);
    if (document != NULL && cs_json_kind_of(cs_json_root(document)) == CS_JSON_OBJECT)
        return document;
    cs_json_free(document);
    cs_fail(error, CS_PROTOCOL, "%s: the answer is not a JSON object; check serverUrl", what);
    return NULL;
}

static bool is_about(const cs_call *call, const char *part)
{
    return strstr(call->path, part) != NULL;
}

static const char *how_to_log_in(const cs_config *config)
{
    switch (config->auth) {
    case CS_AUTH_CLIENT_SECRET:
        return "check the client id and secret, that the secret has not ended, and that the identity is active";
    case CS_AUTH_TOKEN:
        return "the token has ended or is not this server's: get a new one";
    case CS_AUTH_OIDC:
        return "check identityId, that the identity is active, and that its binding (issuer, audience, subject, claims) fits the "
               "token in oidcTokenFile";
    case CS_AUTH_NONE:
        break;
    }
    return "check the PIN, which is clientId:clientSecret, and that the identity is active";
}

/* What a person can do, where that depends on the call or on the configuration. */
static const char *advise(const cs_client *client, const cs_call *call, const char *code, const char *otherwise)
{
    if (code == NULL)
        return otherwise;
    if (strcmp(code, "Unauthenticated") == 0)
        return how_to_log_in(&client->config);
    if (strcmp(code, "NotFound") == 0 && is_about(call, "/approval-requests/"))
        return "the request is gone: ask again";
    if (strcmp(code, "NotFound") == 0 && !is_about(call, "/signers/"))
        return "there is no such API at serverUrl: check its host, its port and its path, which ends before /api/v1";
    if (strcmp(code, "InvalidRequest") == 0 && is_about(call, "/login"))
        return "correct auth in the configuration";
    if (strcmp(code, "InvalidRequest") == 0 && is_about(call, "/requests"))
        return "correct requestOnDenial in the configuration";
    return otherwise;
}

/* application/problem+json to a result. What the server says is cut short: it goes into a log line. */
static cs_result read_problem(const cs_client *client, const cs_call *call, int status, const cs_buffer *body, cs_error *error)
{
    cs_json *document = cs_json_parse(body->data != NULL ? body->data : "", body->length, NULL);
    const cs_json_value *problem = cs_json_root(document);
    const char *code = cs_json_string(cs_json_get(problem, "code"));
    const char *detail = cs_json_string(cs_json_get(problem, "detail"));
    const char *advice;
    cs_result result = cs_result_of_problem(status, code, &advice);
    cs_fail(error, result, "%s: %d %s%s%.160s; %s", call->what, status, code != NULL ? code : "without a code",
            detail != NULL ? ": " : "", detail != NULL ? detail : "", advise(client, call, code, advice));
    if (error != NULL) {
        error->http_status = status;
        snprintf(error->server_code, sizeof error->server_code, "%s", code != NULL ? code : "");
    }
    cs_json_free(document);
    return result;
}

static bool may_be_retried(int status)
{
    return status == 429 || status == 502 || status == 503 || status == 504;
}

/* Full jitter, so that a fleet does not come back as one; or what the server asked for. */
static unsigned pause_before(unsigned attempt, int retry_after_seconds)
{
    if (retry_after_seconds >= 0)
        return retry_after_seconds > longest_asked_pause_ms / 1000 ? longest_asked_pause_ms
                                                                   : (unsigned)retry_after_seconds * 1000;
    unsigned most = attempt < 6 ? (unsigned)first_pause_ms << attempt : longest_pause_ms;
    if (most > longest_pause_ms)
        most = longest_pause_ms;
    unsigned chance = 0;
    if (!cs_random(&chance, sizeof chance))
        return most;
    return most / 2 + chance % (most / 2 + 1);
}

/* False when there is no time for another attempt, or the process is ending. */
static bool rest(uint64_t deadline, unsigned pause)
{
    uint64_t now = cs_monotonic_ms();
    if (now + pause >= deadline)
        return false;
    cs_blocking_begin();
    cs_sleep_ms(pause);
    return cs_blocking_end();
}

static cs_result send_once(cs_client *client, const cs_call *call, const char *token, cs_http_response *response,
                           cs_error *error)
{
    uint64_t now = cs_monotonic_ms();
    if (now >= call->deadline)
        return cs_fail(error, CS_NETWORK, "%s: no answer in time", call->what);
    uint64_t left = call->deadline - now;
    unsigned most = call->attempt_timeout_ms != 0 ? call->attempt_timeout_ms : attempt_ms;
    const cs_http_request request = {
        .method = call->method,
        .path = call->path,
        .body = call->body != NULL ? call->body->data : NULL,
        .body_length = call->body != NULL ? call->body->length : 0,
        .bearer = token,
        .idempotency_key = call->idempotency_key,
        .timeout_ms = left < most ? (unsigned)left : most,
    };
    return cs_transport_send(client->transport, &request, response, error);
}

/* One attempt with a token that is valid now; a second at once with a new one, if the server knows it no longer. */
static cs_result attempt(cs_client *client, const cs_call *call, cs_http_response *response, cs_error *error)
{
    for (bool renewed = false;; renewed = true) {
        char *token = NULL;
        unsigned number = 0;
        cs_result result = call->anonymous ? CS_OK : cs_token_get(client, call->deadline, &token, &number, error);
        if (result == CS_OK)
            result = send_once(client, call, token, response, error);
        cs_secret_free(token);
        bool stale = result == CS_OK && response->status == 401 && !call->anonymous;
        if (!stale || renewed || !cs_token_drop(client, number))
            return result;
        cs_buffer_release(&response->body);
    }
}

cs_result cs_call_server(cs_client *client, const cs_call *call, cs_buffer *body, cs_error *error)
{
    if (client->config.server_url == NULL)
        return cs_fail(error, CS_NOT_CONFIGURED, "no serverUrl is configured");
    for (unsigned number = 0;; number++) {
        cs_http_response response = { .retry_after_seconds = -1 };
        cs_result result = attempt(client, call, &response, error);
        bool answered = result == CS_OK && response.status != 0;
        if (answered && response.status >= 200 && response.status <= 299) {
            *body = response.body;
            return CS_OK;
        }
        if (answered)
            result = read_problem(client, call, response.status, &response.body, error);
        bool again = result == CS_NETWORK || (answered && may_be_retried(response.status));
        if (!again || !rest(call->deadline, pause_before(number, response.retry_after_seconds))) {
            *body = response.body;
            return result;
        }
        cs_log(CS_LOG_INFO, "trying again: %s", error != NULL ? error->message : call->what);
        cs_buffer_release(&response.body);
    }
}
