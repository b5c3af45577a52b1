#include "approval.h"

#include <stdio.h>
#include <string.h>

#include "authenticated_call.h"
#include "platform/platform.h"
#include "settings/log.h"
#include "state.h"

enum { call_timeout_ms = 20000, poll_seconds = 60, poll_grace_ms = 15000, remembered_ms = 30000 };

/* Whether a pending request is for exactly the digests that were denied. */
static bool covers(const cs_json_value *pending, const cs_json_value *scope)
{
    const cs_json_value *wanted = cs_json_get(scope, "digests");
    const cs_json_value *asked = cs_json_get(cs_json_get(pending, "scope"), "digests");
    cs_buffer left = { 0 }, right = { 0 };
    cs_json_write_value(&left, wanted);
    cs_json_write_value(&right, asked);
    bool same = wanted != NULL && asked != NULL && !left.failed && !right.failed && left.length == right.length
        && memcmp(left.data, right.data, left.length) == 0;
    cs_buffer_release(&left);
    cs_buffer_release(&right);
    return same;
}

static bool copy_id(const cs_json_value *request, char id[max_request_id])
{
    const char *text = cs_json_string(cs_json_get(request, "id"));
    if (text == NULL || text[0] == '\0' || strlen(text) >= max_request_id)
        return false;
    strcpy(id, text);
    return true;
}

static void requests_path(const cs_sign_request *request, cs_buffer *path)
{
    cs_buffer_append_text(path, "/api/v1/pki/signers/");
    cs_buffer_append_escaped_path(path, request->signer_id);
    cs_buffer_append_text(path, "/requests");
}

/* A tool that is run again must not open a second request. A failed search is no reason to stop. */
static bool find_pending(cs_client *client, const cs_sign_request *request, const cs_json_value *scope, char id[max_request_id])
{
    cs_error ignored = { 0 };
    cs_buffer path = { 0 }, answer = { 0 };
    requests_path(request, &path);
    cs_buffer_append_text(&path, "?status=pending&limit=100");
    const cs_call call = {
        .method = "GET", .path = path.data, .what = "list requests", .deadline = cs_deadline(client, call_timeout_ms),
    };
    bool found = false;
    if (!path.failed && cs_call_server(client, &call, &answer, &ignored) == CS_OK) {
        cs_json *document = cs_parse_answer(&answer, call.what, &ignored);
        const cs_json_value *item = cs_json_first(cs_json_get(cs_json_root(document), "items"));
        for (; item != NULL && !found; item = cs_json_next(item))
            found = covers(item, scope) && copy_id(item, id);
        cs_json_free(document);
    }
    cs_buffer_release(&path);
    cs_buffer_release(&answer);
    return found;
}

static void compose(const cs_client *client, const cs_sign_request *request, const cs_json_value *scope, cs_buffer *body)
{
    const cs_request_on_denial *ask = &client->config.request_on_denial;
    char justification[512];
    char number[16];
    snprintf(justification, sizeof justification, "%s on %s asks to sign with %s",
             client->metadata.tool[0] != '\0' ? client->metadata.tool : "a tool",
             client->metadata.hostname[0] != '\0' ? client->metadata.hostname : "an unknown host", request->signer_name);
    cs_buffer_append_text(body, "{");
    cs_json_write_member(body, "justification", ask->justification != NULL ? ask->justification : justification);
    if (ask->window != NULL)
        cs_json_write_member(body, "requestedWindowDuration", ask->window);
    /* A policy requires at least one limit; one signature is the smallest useful one. */
    unsigned signings = ask->requested_signings == 0 && ask->window == NULL ? 1 : ask->requested_signings;
    if (signings != 0) {
        snprintf(number, sizeof number, "%u", signings);
        cs_json_write_name(body, "requestedSignings");
        cs_buffer_append_text(body, number);
    }
    if (scope != NULL) {
        cs_json_write_name(body, "scope");
        cs_json_write_value(body, scope);
    }
    cs_buffer_append_text(body, "}");
}

static cs_result create(cs_client *client, const cs_sign_request *request, const cs_json_value *scope, char id[max_request_id],
                        cs_error *error)
{
    char key[33];
    cs_buffer path = { 0 }, body = { 0 }, answer = { 0 };
    requests_path(request, &path);
    compose(client, request, scope, &body);
    cs_result result = path.failed || body.failed || !cs_new_idempotency_key(key)
        ? cs_fail(error, CS_NO_MEMORY, "out of memory or randomness")
        : CS_OK;
    if (result == CS_OK) {
        const cs_call call = {
            .method = "POST", .path = path.data, .body = &body, .idempotency_key = key, .what = "ask for approval",
            .deadline = cs_deadline(client, call_timeout_ms),
        };
        result = cs_call_server(client, &call, &answer, error);
    }
    if (result == CS_OK) {
        cs_json *document = cs_parse_answer(&answer, "ask for approval", error);
        if (document == NULL || !copy_id(cs_json_root(document), id))
            result = cs_fail(error, CS_PROTOCOL, "ask for approval: the answer has no id; check serverUrl");
        cs_json_free(document);
    }
    cs_buffer_release(&path);
    cs_buffer_release(&body);
    cs_buffer_release(&answer);
    return result;
}

/* Asks once for the status; the server holds the answer for up to `seconds` until it changes. */
static cs_result poll(cs_client *client, const char *id, unsigned seconds, char *status, size_t capacity, cs_error *error)
{
    char wait[32];
    cs_buffer path = { 0 }, answer = { 0 };
    snprintf(wait, sizeof wait, "?wait=%us", seconds);
    cs_buffer_append_text(&path, "/api/v1/pki/approval-requests/");
    cs_buffer_append_escaped_path(&path, id);
    cs_buffer_append_text(&path, wait);
    unsigned timeout = seconds * 1000 + poll_grace_ms;
    const cs_call call = {
        .method = "GET", .path = path.data, .what = "wait for approval", .deadline = cs_monotonic_ms() + timeout,
        .attempt_timeout_ms = timeout,
    };
    cs_result result = path.failed ? cs_fail(error, CS_NO_MEMORY, "out of memory")
                                   : cs_call_server(client, &call, &answer, error);
    if (result == CS_OK) {
        cs_json *document = cs_parse_answer(&answer, call.what, error);
        const char *text = cs_json_string(cs_json_get(cs_json_root(document), "status"));
        snprintf(status, capacity, "%s", text != NULL ? text : "");
        if (text == NULL)
            result = cs_fail(error, CS_PROTOCOL, "wait for approval: the answer has no status; check serverUrl");
        cs_json_free(document);
    }
    cs_buffer_release(&path);
    cs_buffer_release(&answer);
    return result;
}

static cs_result not_approved(const cs_client *client, const cs_sign_request *request, const char *id, const char *status,
                              cs_error *error)
{
    if (strcmp(status, "pending") != 0)
        return cs_fail(error, CS_APPROVAL_REQUIRED, "sign with %s: request %s was not approved: %s", request->signer_name, id,
                       status);
    return cs_fail(error, CS_APPROVAL_REQUIRED,
                   "sign with %s: ApprovalRequired: request %s waits for approval at %s/requests/%s", request->signer_name,
                   id, client->config.server_url, id);
}

/* Waits until the request is decided, at most as long as configured; `status` is what it was at the end. */
static cs_result await(cs_client *client, const char *id, char *status, size_t capacity, cs_error *error)
{
    uint64_t start = cs_monotonic_ms();
    uint64_t bound = (uint64_t)client->config.request_on_denial.wait_seconds * 1000;
    cs_result result = CS_OK;
    snprintf(status, capacity, "pending");
    for (uint64_t gone = 0; result == CS_OK && gone < bound && strcmp(status, "pending") == 0;
         gone = cs_monotonic_ms() - start) {
        uint64_t left = (bound - gone + 999) / 1000;
        result = poll(client, id, left < poll_seconds ? (unsigned)left : poll_seconds, status, capacity, error);
    }
    return result;
}

/* Signer and scope as one text; false when they are too long to be remembered. */
static bool describe(const cs_sign_request *request, const cs_json_value *scope, char subject[max_wait_subject])
{
    cs_buffer text = { 0 };
    cs_buffer_append_text(&text, request->signer_id);
    cs_buffer_append_text(&text, " ");
    if (scope != NULL)
        cs_json_write_value(&text, scope);
    bool fits = !text.failed && text.length < max_wait_subject;
    if (fits) {
        memcpy(subject, text.data, text.length);
        subject[text.length] = '\0';
    }
    cs_buffer_release(&text);
    return fits;
}

static bool recall(cs_client *client, const char *subject, cs_ended_wait *found)
{
    uint64_t now = cs_monotonic_ms();
    bool remembered = false;
    cs_mutex_lock(client->lock);
    for (size_t i = 0; i < max_ended_waits && !remembered; i++) {
        const cs_ended_wait *ended = &client->ended_waits[i];
        remembered = now < ended->remembered_until && strcmp(ended->subject, subject) == 0;
        if (remembered)
            *found = *ended;
    }
    cs_mutex_unlock(client->lock);
    return remembered;
}

static void remember(cs_client *client, const char *subject, const char *id, const char *status)
{
    cs_mutex_lock(client->lock);
    cs_ended_wait *ended = &client->ended_waits[client->next_ended_wait];
    client->next_ended_wait = (client->next_ended_wait + 1) % max_ended_waits;
    snprintf(ended->subject, sizeof ended->subject, "%s", subject);
    snprintf(ended->id, sizeof ended->id, "%s", id);
    snprintf(ended->status, sizeof ended->status, "%s", status);
    ended->remembered_until = cs_monotonic_ms() + remembered_ms;
    cs_mutex_unlock(client->lock);
}

static cs_result ask(cs_client *client, const cs_sign_request *request, const cs_json_value *scope, cs_error *error)
{
    char id[max_request_id], status[32], subject[max_wait_subject];
    cs_ended_wait ended;
    unsigned wait_seconds = client->config.request_on_denial.wait_seconds;
    bool memorable = wait_seconds > 0 && describe(request, scope, subject);
    if (memorable && recall(client, subject, &ended))
        return not_approved(client, request, ended.id, ended.status, error);
    bool found = scope != NULL && find_pending(client, request, scope, id);
    cs_result result = found ? CS_OK : create(client, request, scope, id, error);
    if (result != CS_OK)
        return result;
    cs_log(CS_LOG_WARN, "sign with %s: %s request %s; waiting up to %u s for its approval", request->signer_name,
           found ? "found the pending" : "opened", id, wait_seconds);
    result = await(client, id, status, sizeof status, error);
    if (result != CS_OK || strcmp(status, "approved") == 0)
        return result;
    if (memorable)
        remember(client, subject, id, status);
    return not_approved(client, request, id, status, error);
}

cs_result cs_ask_for_approval(cs_client *client, const cs_sign_request *request, const cs_buffer *problem, cs_error *error)
{
    cs_json *document = cs_json_parse(problem->data != NULL ? problem->data : "", problem->length, NULL);
    cs_result result = ask(client, request, cs_json_get(cs_json_get(cs_json_root(document), "request"), "scope"), error);
    cs_json_free(document);
    return result;
}
