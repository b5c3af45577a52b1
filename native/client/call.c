#include "call.h"

#include <stdio.h>

#include "platform/platform.h"
#include "problem.h"
#include "settings/log.h"
#include "state.h"

enum { attempt_ms = 30000, first_pause_ms = 100, longest_pause_ms = 2000, longest_asked_pause_ms = 30000 };

uint64_t cs_deadline(const cs_client *client, unsigned most_ms)
{
    unsigned configured = client->config.timeout_seconds * 1000;
    return cs_monotonic_ms() + (configured < most_ms ? configured : most_ms);
}

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

static bool may_be_retried(int status)
{
    return status == 408 || status == 429 || status == 502 || status == 503 || status == 504;
}

/* What the server asked for, or a random pause, so that a fleet does not retry all at once. */
static unsigned pause_before(unsigned attempt, int retry_after_seconds)
{
    if (retry_after_seconds >= 0)
        return retry_after_seconds > longest_asked_pause_ms / 1000 ? longest_asked_pause_ms
                                                                   : (unsigned)retry_after_seconds * 1000;
    unsigned most = attempt < 5 ? (unsigned)first_pause_ms << attempt : longest_pause_ms;
    if (most > longest_pause_ms)
        most = longest_pause_ms;
    unsigned chance = 0;
    if (!cs_random(&chance, sizeof chance))
        return most;
    return most / 2 + chance % (most / 2 + 1);
}

/* False when there is no time for another attempt, or the process is ending. */
static bool pause_until_retry(uint64_t deadline, unsigned pause)
{
    uint64_t now = cs_monotonic_ms();
    if (now + pause >= deadline)
        return false;
    cs_blocking_begin();
    cs_sleep_ms(pause);
    return cs_blocking_end();
}

cs_result cs_call_send(cs_client *client, const cs_call *call, const char *token, cs_http_response *response, cs_error *error)
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

cs_result cs_call_repeat(cs_client *client, const cs_call *call, cs_attempt *attempt, cs_buffer *body, cs_error *error)
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
            result = cs_problem_read(&client->config, call->what, call->path, response.status, &response.body, error);
        bool again = result == CS_NETWORK || (answered && may_be_retried(response.status));
        if (!again || !pause_until_retry(call->deadline, pause_before(number, response.retry_after_seconds))) {
            *body = response.body;
            return result;
        }
        cs_log(CS_LOG_INFO, "retrying: %s", error != NULL ? error->message : call->what);
        cs_buffer_release(&response.body);
    }
}
