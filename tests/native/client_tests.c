/* What the client does with the server's answers: retries, renewals, denials, requests for approval. */
#include <stdlib.h>

#include "client/catalogue.h"
#include "client/client.h"
#include "client/sign.h"
#include "scripted_transport.h"
#include "test.h"
#include "values/base64.h"
#include "values/json.h"

static cs_client *client;
static int logins, signs, requests, polls, lists;
static char last_key[64], keys[16][64], last_body[4096], last_path[512];
static unsigned char digest[32] = { 1, 2, 3 };

static bool path_ends(const cs_http_request *request, const char *end)
{
    size_t length = strlen(request->path), want = strlen(end);
    return length >= want && strcmp(request->path + length - want, end) == 0;
}

static cs_result log_in(cs_http_response *response)
{
    char body[128];
    logins++;
    snprintf(body, sizeof body, "{\"accessToken\":\"token-%d\",\"expiresIn\":3600,\"tokenType\":\"Bearer\"}", logins);
    return script_reply(response, 200, body);
}

static cs_result sign_well(cs_http_response *response)
{
    cs_buffer body = { 0 };
    unsigned char signature[64] = { 7 };
    cs_buffer_append_text(&body, "{\"signature\":\"");
    cs_buffer_append_base64(&body, signature, sizeof signature);
    cs_buffer_append_text(&body, "\",\"operationId\":\"op_1\"}");
    script_reply(response, 200, body.data);
    cs_buffer_release(&body);
    return CS_OK;
}

static void note(const cs_http_request *request)
{
    snprintf(last_key, sizeof last_key, "%s", request->idempotency_key != NULL ? request->idempotency_key : "");
    snprintf(last_body, sizeof last_body, "%.*s", (int)request->body_length, request->body != NULL ? request->body : "");
    snprintf(last_path, sizeof last_path, "%s", request->path);
}

static void open_client(const char *configuration, script_answer *answer)
{
    cs_config config;
    cs_metadata metadata = { .tool = "tester", .hostname = "host" };
    CHECK(cs_config_parse(&config, configuration, strlen(configuration), "test", NULL) == CS_OK);
    CHECK(cs_client_open(&client, &config, &metadata, NULL) == CS_OK);
    logins = signs = requests = polls = lists = 0;
    script_set(answer);
    cs_log_configure(CS_LOG_NONE, NULL);
}

#define PLAIN "{\"serverUrl\":\"https://server\",\"auth\":{\"clientId\":\"i\",\"clientSecret\":\"s\"}"

static cs_result sign(cs_error *error)
{
    unsigned char signature[CS_MAX_SIGNATURE_LENGTH];
    size_t length = 0;
    const cs_sign_request request = {
        .signer_id = "sgn_1", .signer_name = "release", .key = CS_KEY_EC_P256, .scheme = CS_SCHEME_ECDSA,
        .hash = CS_HASH_SHA256, .digest = digest,
    };
    memset(error, 0, sizeof *error);
    cs_result result = cs_sign(client, &request, signature, &length, error);
    CHECK(result != CS_OK || (length == 64 && signature[0] == 7));
    return result;
}

static void close_client(void)
{
    cs_client_close(client);
    client = NULL;
}

/* --- retries ---------------------------------------------------------------------------------------------------- */

static cs_result unavailable_twice(const cs_http_request *request, cs_http_response *response, cs_error *error)
{
    if (path_ends(request, "/login"))
        return log_in(response);
    note(request);
    snprintf(keys[signs], sizeof keys[0], "%s", last_key);
    signs++;
    if (signs == 1)
        return cs_fail(error, CS_NETWORK, "cut off");
    if (signs == 2)
        return script_reply(response, 503, "{\"status\":503,\"code\":\"Unavailable\"}");
    return sign_well(response);
}

static void Transport_errors_and_503_are_retried_with_one_idempotency_key(void)
{
    cs_error error;
    open_client(PLAIN "}", unavailable_twice);
    CHECK(sign(&error) == CS_OK);
    CHECK(signs == 3 && logins == 1);
    CHECK(strlen(keys[0]) == 32 && strcmp(keys[0], keys[1]) == 0 && strcmp(keys[1], keys[2]) == 0);
    CHECK(script_slept() > 0 && script_slept() < 1000);
    signs = 5;
    CHECK(sign(&error) == CS_OK && strcmp(keys[5], keys[0]) != 0);
    close_client();
}

static cs_result frozen_in_the_middle(const cs_http_request *request, cs_http_response *response, cs_error *error)
{
    (void)error;
    if (path_ends(request, "/login"))
        return log_in(response);
    return ++signs == 2 ? sign_well(response) : script_reply(response, 408, "");
}

static void Empty_408_of_a_frozen_server_is_retried(void)
{
    cs_error error;
    open_client(PLAIN "}", frozen_in_the_middle);
    CHECK(sign(&error) == CS_OK && signs == 2);
    close_client();
}

static cs_result too_many(const cs_http_request *request, cs_http_response *response, cs_error *error)
{
    (void)error;
    if (path_ends(request, "/login"))
        return log_in(response);
    response->retry_after_seconds = 7;
    return ++signs == 2 ? sign_well(response) : script_reply(response, 429, "{\"code\":\"RateLimited\"}");
}

static void Retry_After_delays_the_next_attempt(void)
{
    cs_error error;
    open_client(PLAIN "}", too_many);
    CHECK(sign(&error) == CS_OK && script_slept() == 7000);
    close_client();
}

static cs_result never_there(const cs_http_request *request, cs_http_response *response, cs_error *error)
{
    (void)request;
    (void)response;
    signs++;
    return cs_fail(error, CS_NETWORK, "cut off");
}

static void Retries_end_with_the_timeout(void)
{
    cs_error error;
    open_client(PLAIN ",\"timeoutSeconds\":20}", never_there);
    CHECK(sign(&error) == CS_NETWORK);
    CHECK(script_slept() <= 20000 && signs > 5 && signs < 100);
    close_client();
}

static const char *denial;
static int denial_status;

static cs_result deny(const cs_http_request *request, cs_http_response *response, cs_error *error)
{
    (void)error;
    if (path_ends(request, "/login"))
        return log_in(response);
    note(request);
    signs++;
    return script_reply(response, denial_status, denial);
}

static void Denials_are_reported_and_never_retried(void)
{
    static const struct {
        int status;
        const char *body;
        cs_result result;
        const char *told;
    } denials[] = {
        { 403, "{\"code\":\"Forbidden\",\"detail\":\"No role.\"}", CS_FORBIDDEN, "403 Forbidden: No role; an administrator" },
        { 403, "{\"code\":\"GrantExhausted\",\"detail\":\"Used.\"}", CS_GRANT_REFUSED, "ask for approval again" },
        { 403, "{\"code\":\"ApprovalRequired\"}", CS_APPROVAL_REQUIRED, "ApprovalRequired: ask at https://server/signers/release/request" },
        { 404, "{\"code\":\"NotFound\"}", CS_NOT_FOUND, "check the signer's name" },
        { 400, "{\"code\":\"SignerDisabled\"}", CS_SIGNER_UNUSABLE, "must enable it" },
        { 400, "{\"code\":\"DigestLengthMismatch\"}", CS_INVALID_DATA, "as long as" },
        { 413, "{\"code\":\"TooLarge\"}", CS_INVALID_DATA, "too large" },
        { 500, "oops", CS_SERVER, "500 without a code" },
        { 403, "", CS_FORBIDDEN, "403 without a code" },
        { 302, "", CS_PROTOCOL, "302" },
        { 200, "not json", CS_PROTOCOL, "not a JSON object" },
        { 200, "{}", CS_PROTOCOL, "is invalid: expected base64" },
        { 200, "{\"signature\":\"AAAA\"}", CS_PROTOCOL, "is invalid: expected base64" },
    };
    for (size_t i = 0; i < sizeof denials / sizeof *denials; i++) {
        cs_error error;
        denial = denials[i].body;
        denial_status = denials[i].status;
        open_client(PLAIN "}", deny);
        CHECK(sign(&error) == denials[i].result && error.result == denials[i].result);
        CHECK(signs == 1 && script_slept() == 0);
        if (strstr(error.message, denials[i].told) == NULL) {
            printf("    %d %s is told as: %s\n", denials[i].status, denials[i].body, error.message);
            test_failed = true;
        }
        close_client();
    }
}

static void Server_messages_cannot_forge_log_lines(void)
{
    cs_error error;
    denial_status = 403;
    denial = "{\"code\":\"Forbidden\",\"detail\":\"a\\nb\\u001b[31m\"}";
    open_client(PLAIN "}", deny);
    sign(&error);
    CHECK(strpbrk(error.message, "\n\r\x1b") == NULL && strstr(error.message, "a b [31m") != NULL);
    close_client();
}

/* --- tokens ----------------------------------------------------------------------------------------------------- */

static cs_result forgetful(const cs_http_request *request, cs_http_response *response, cs_error *error)
{
    (void)error;
    if (path_ends(request, "/login"))
        return log_in(response);
    signs++;
    return strcmp(request->bearer, "token-1") == 0 ? script_reply(response, 401, "{\"code\":\"Unauthenticated\"}")
                                                   : sign_well(response);
}

static void Refused_token_is_renewed_once(void)
{
    cs_error error;
    open_client(PLAIN "}", forgetful);
    CHECK(sign(&error) == CS_OK && logins == 2 && signs == 2);
    CHECK(sign(&error) == CS_OK && logins == 2 && signs == 3);
    close_client();
}

static cs_result refuse_all(const cs_http_request *request, cs_http_response *response, cs_error *error)
{
    (void)error;
    if (path_ends(request, "/login"))
        return log_in(response);
    signs++;
    return script_reply(response, 401, "{\"code\":\"Unauthenticated\"}");
}

static void Second_refusal_is_returned(void)
{
    cs_error error;
    open_client(PLAIN "}", refuse_all);
    CHECK(sign(&error) == CS_UNAUTHENTICATED && logins == 2 && signs == 2 && script_slept() == 0);
    close_client();
}

static void Given_token_is_not_renewed(void)
{
    cs_error error;
    open_client("{\"serverUrl\":\"https://server\",\"auth\":{\"token\":\"t\"}}", refuse_all);
    CHECK(sign(&error) == CS_UNAUTHENTICATED && logins == 0 && signs == 1);
    CHECK(strstr(error.message, "the token has expired or is not this server's") != NULL);
    close_client();
}

static void Token_is_renewed_before_it_expires(void)
{
    cs_error error;
    open_client(PLAIN "}", forgetful);
    CHECK(sign(&error) == CS_OK && logins == 2);
    script_advance(3571 * 1000);
    CHECK(sign(&error) == CS_OK && logins == 3);
    close_client();
}

static cs_result refuse_login(const cs_http_request *request, cs_http_response *response, cs_error *error)
{
    (void)error;
    note(request);
    logins++;
    return script_reply(response, 401, "{\"code\":\"Unauthenticated\",\"detail\":\"No.\"}");
}

static void Refused_login_is_not_retried(void)
{
    cs_error error;
    open_client(PLAIN "}", refuse_login);
    CHECK(sign(&error) == CS_UNAUTHENTICATED && logins == 1);
    CHECK(strstr(error.message, "log in: 401 Unauthenticated: No; check the client id and secret") != NULL);
    close_client();
}

static void PIN_logs_in_without_configuration(void)
{
    cs_error error = { 0 };
    open_client("{\"serverUrl\":\"https://server\"}", forgetful);
    CHECK(!cs_client_can_authenticate(client));
    CHECK(sign(&error) == CS_UNAUTHENTICATED && logins == 0);
    CHECK(cs_client_login(client, "nonsense", 8, &error) == CS_UNAUTHENTICATED);
    CHECK(cs_client_login(client, "id:", 3, &error) == CS_UNAUTHENTICATED);
    CHECK(cs_client_login(client, "id:se:cret", 10, &error) == CS_OK && cs_client_can_authenticate(client));
    CHECK(sign(&error) == CS_OK);
    cs_client_logout(client);
    CHECK(!cs_client_can_authenticate(client) && sign(&error) == CS_UNAUTHENTICATED);
    close_client();
}

static void PIN_keeps_what_follows_its_first_colon(void)
{
    cs_error error = { 0 };
    open_client("{\"serverUrl\":\"https://server\"}", refuse_login);
    CHECK(cs_client_login(client, "id:se:cret", 10, &error) == CS_UNAUTHENTICATED);
    CHECK_TEXT(last_body, "{\"clientId\":\"id\",\"clientSecret\":\"se:cret\"}");
    CHECK(strstr(error.message, "check the PIN") != NULL);
    CHECK(cs_client_login(client, "id:secret\r\n", 11, &error) == CS_UNAUTHENTICATED);
    CHECK_TEXT(last_body, "{\"clientId\":\"id\",\"clientSecret\":\"secret\"}");
    CHECK_TEXT(last_path, "/api/v1/auth/universal-auth/login");
    close_client();
}

static void CI_token_is_read_again_at_each_login(void)
{
    cs_error error = { 0 };
    char name[] = "/tmp/codesigning-jwt-XXXXXX";
    char configuration[256];
    FILE *file = fdopen(mkstemp(name), "w");
    fputs("\xef\xbb\xbf" "a.b.c\r\n", file);
    fclose(file);
    snprintf(configuration, sizeof configuration,
             "{\"serverUrl\":\"https://server\",\"auth\":{\"oidcTokenFile\":\"%s\",\"identityId\":\"idn_1\"}}", name);
    open_client(configuration, refuse_login);
    CHECK(sign(&error) == CS_UNAUTHENTICATED);
    CHECK_TEXT(last_path, "/api/v1/auth/oidc-auth/login");
    CHECK_TEXT(last_body, "{\"identityId\":\"idn_1\",\"jwt\":\"a.b.c\"}");
    CHECK(strstr(error.message, "client id") == NULL && strstr(error.message, "check identityId") != NULL);
    file = fopen(name, "w");
    fputs("a.b.\nc\n", file);
    fclose(file);
    CHECK(sign(&error) == CS_INVALID_CONFIGURATION && strstr(error.message, "not broken into lines") != NULL);
    remove(name);
    CHECK(sign(&error) == CS_INVALID_CONFIGURATION && strstr(error.message, "no such file") != NULL);
    close_client();
}

static cs_result not_there(const cs_http_request *request, cs_http_response *response, cs_error *error)
{
    (void)error;
    note(request);
    return script_reply(response, 404, "{\"code\":\"NotFound\"}");
}

static void Wrong_address_is_not_reported_as_a_missing_signer(void)
{
    cs_error error = { 0 };
    cs_catalogue *catalogue = NULL;
    open_client(PLAIN "}", not_there);
    CHECK(cs_catalogue_get(client, CS_CACHED, &catalogue, &error) == CS_NOT_FOUND);
    CHECK(strstr(error.message, "log in: 404 NotFound; there is no such API at serverUrl") != NULL);
    close_client();
    open_client("{\"serverUrl\":\"https://server/x\",\"auth\":{\"token\":\"t\"}}", not_there);
    CHECK(cs_catalogue_get(client, CS_CACHED, &catalogue, &error) == CS_NOT_FOUND);
    CHECK(strstr(error.message, "list signers: 404 NotFound; there is no such API at serverUrl") != NULL);
    close_client();
}

static cs_result malformed(const cs_http_request *request, cs_http_response *response, cs_error *error)
{
    (void)error;
    note(request);
    if (strstr(request->path, "/sign?") != NULL)
        return script_reply(response, 403, "{\"code\":\"ApprovalRequired\"}");
    return script_reply(response, 400, "{\"code\":\"InvalidRequest\",\"detail\":\"No duration.\"}");
}

static void Error_of_a_misconfigured_request_names_the_setting(void)
{
    cs_error error = { 0 };
    open_client("{\"serverUrl\":\"https://server\",\"auth\":{\"token\":\"t\"},\"requestOnDenial\":{\"requestedWindowDuration\":\"x\"}}", malformed);
    CHECK(sign(&error) == CS_PROTOCOL && strstr(error.message, "No duration; correct requestOnDenial") != NULL);
    close_client();
    open_client(PLAIN "}", malformed);
    CHECK(sign(&error) == CS_PROTOCOL && strstr(error.message, "correct auth in the configuration") != NULL);
    close_client();
}

/* --- what is sent ----------------------------------------------------------------------------------------------- */

static void Signature_is_requested_as_the_contract_specifies(void)
{
    cs_error error;
    denial = "{\"code\":\"Forbidden\"}";
    denial_status = 403;
    open_client(PLAIN "}", deny);
    sign(&error);
    CHECK_TEXT(last_path, "/api/v1/pki/signers/sgn_1/sign?ecdsaFormat=raw");
    CHECK_TEXT(last_body,
               "{\"data\":\"AQIDAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\",\"signingAlgorithm\":\"ECDSA_SHA256\",\"isDigest\":true,"
               "\"clientMetadata\":{\"tool\":\"tester\",\"hostname\":\"host\","
               "\"digest\":\"sha256:0102030000000000000000000000000000000000000000000000000000000000\"}}");
    close_client();
}

/* --- approval --------------------------------------------------------------------------------------------------- */

static const char *pending_list, *decision;
static bool approved;

static cs_result guarded(const cs_http_request *request, cs_http_response *response, cs_error *error)
{
    (void)error;
    if (path_ends(request, "/login"))
        return log_in(response);
    if (strstr(request->path, "/requests?status=pending") != NULL)
        return script_reply(response, 200, pending_list);
    if (path_ends(request, "/requests")) {
        note(request);
        requests++;
        return script_reply(response, 200, "{\"id\":\"apr_1\",\"status\":\"pending\"}");
    }
    if (strstr(request->path, "/approval-requests/") != NULL) {
        snprintf(last_path, sizeof last_path, "%s", request->path);
        polls++;
        script_advance(1000);
        approved = strcmp(decision, "approved") == 0;
        char body[64];
        snprintf(body, sizeof body, "{\"id\":\"apr_1\",\"status\":\"%s\"}", decision);
        return script_reply(response, 200, body);
    }
    signs++;
    return approved ? sign_well(response)
                    : script_reply(response, 403, "{\"code\":\"ApprovalRequired\",\"request\":{\"scope\":{\"digests\":[\"sha256:ab\"]}}}");
}

static void Denied_signature_opens_a_scoped_request_and_names_its_id(void)
{
    cs_error error;
    approved = false;
    pending_list = "{\"items\":[],\"next\":null}";
    open_client(PLAIN ",\"requestOnDenial\":true}", guarded);
    CHECK(sign(&error) == CS_APPROVAL_REQUIRED && requests == 1 && polls == 0 && signs == 1);
    CHECK_TEXT(last_body, "{\"justification\":\"tester on host asks to sign with release\",\"requestedSignings\":1,"
                          "\"scope\":{\"digests\":[\"sha256:ab\"]}}");
    CHECK(strstr(error.message, "request apr_1 waits for approval at https://server/requests/apr_1") != NULL);
    close_client();
}

static void Pending_request_for_the_same_digest_is_not_repeated(void)
{
    cs_error error;
    approved = false;
    pending_list = "{\"items\":[{\"id\":\"apr_0\",\"scope\":{\"digests\":[\"sha256:cd\"]}},"
                   "{\"id\":\"apr_7\",\"scope\":{\"digests\":[\"sha256:ab\"]}}]}";
    open_client(PLAIN ",\"requestOnDenial\":true}", guarded);
    CHECK(sign(&error) == CS_APPROVAL_REQUIRED && requests == 0);
    CHECK(strstr(error.message, "apr_7") != NULL);
    close_client();
}

static void Signature_waits_for_the_decision(void)
{
    cs_error error;
    approved = false;
    decision = "approved";
    pending_list = "{\"items\":[]}";
    open_client(PLAIN ",\"requestOnDenial\":{\"waitSeconds\":120}}", guarded);
    CHECK(sign(&error) == CS_OK && requests == 1 && polls == 1 && signs == 2);
    CHECK_TEXT(last_path, "/api/v1/pki/approval-requests/apr_1?wait=60s");
    close_client();
}

static void Rejection_ends_the_wait(void)
{
    cs_error error;
    approved = false;
    decision = "rejected";
    open_client(PLAIN ",\"requestOnDenial\":{\"waitSeconds\":120}}", guarded);
    CHECK(sign(&error) == CS_APPROVAL_REQUIRED && polls == 1 && signs == 1);
    CHECK(strstr(error.message, "not approved: rejected") != NULL);
    close_client();
}

static void Unapproved_request_is_not_repeated_at_once(void)
{
    cs_error error;
    approved = false;
    decision = "rejected";
    pending_list = "{\"items\":[]}";
    open_client(PLAIN ",\"requestOnDenial\":{\"waitSeconds\":120}}", guarded);
    CHECK(sign(&error) == CS_APPROVAL_REQUIRED && requests == 1 && polls == 1);
    CHECK(sign(&error) == CS_APPROVAL_REQUIRED && requests == 1 && polls == 1 && signs == 2);
    CHECK(strstr(error.message, "request apr_1 was not approved: rejected") != NULL);
    script_advance(30000);
    CHECK(sign(&error) == CS_APPROVAL_REQUIRED && requests == 2 && polls == 2);
    close_client();
}

static void Wait_has_a_limit(void)
{
    cs_error error;
    approved = false;
    decision = "pending";
    open_client(PLAIN ",\"requestOnDenial\":{\"waitSeconds\":5}}", guarded);
    CHECK(sign(&error) == CS_APPROVAL_REQUIRED && polls == 5);
    close_client();
}

/* --- the catalogue ---------------------------------------------------------------------------------------------- */

static bool server_is_down;

static cs_result list(const cs_http_request *request, cs_http_response *response, cs_error *error)
{
    if (path_ends(request, "/login"))
        return log_in(response);
    if (server_is_down)
        return cs_fail(error, CS_NETWORK, "cut off");
    lists++;
    if (strstr(request->path, "cursor=a%2Fb") != NULL)
        return script_reply(response, 200, "{\"items\":[{\"id\":\"sgn_2\",\"name\":\"two\",\"status\":\"disabled\",\"keyAlgorithm\":\"RSA_3072\"}],\"next\":null}");
    if (path_ends(request, "/signers/gone"))
        return script_reply(response, 404, "{\"code\":\"NotFound\"}");
    if (path_ends(request, "/signers/one"))
        return script_reply(response, 200, "{\"id\":\"sgn_1\",\"name\":\"one\",\"status\":\"active\",\"keyAlgorithm\":\"EC_P256\"}");
    return script_reply(response, 200, "{\"items\":[{\"id\":\"sgn_1\",\"name\":\"one\",\"status\":\"active\",\"keyAlgorithm\":\"EC_P256\",\"new\":1}],\"next\":\"a/b\"}");
}

static void List_is_read_in_pages_and_cached_for_a_minute(void)
{
    cs_error error = { 0 };
    cs_catalogue *catalogue;
    server_is_down = false;
    open_client(PLAIN "}", list);
    CHECK(cs_catalogue_get(client, CS_CACHED, &catalogue, &error) == CS_OK && lists == 2 && catalogue->count == 2);
    CHECK(cs_catalogue_find(catalogue, "two") == &catalogue->signers[1] && !catalogue->signers[1].active);
    CHECK(cs_catalogue_find(catalogue, "sgn_1") == &catalogue->signers[0] && cs_catalogue_find(catalogue, "three") == NULL);
    cs_catalogue_release(client, catalogue);
    script_advance(59000);
    CHECK(cs_catalogue_get(client, CS_CACHED, &catalogue, &error) == CS_OK && lists == 2);
    cs_catalogue_release(client, catalogue);
    CHECK(cs_catalogue_get(client, CS_FRESH, &catalogue, &error) == CS_OK && lists == 4);
    cs_catalogue_release(client, catalogue);
    CHECK(cs_catalogue_get(client, CS_FRESH, &catalogue, &error) == CS_OK && lists == 4);
    cs_catalogue_release(client, catalogue);
    script_advance(61000);
    CHECK(cs_catalogue_get(client, CS_CACHED, &catalogue, &error) == CS_OK && lists == 6);
    cs_catalogue_release(client, catalogue);
    script_advance(61000);
    server_is_down = true;
    CHECK(cs_catalogue_get(client, CS_CACHED, &catalogue, &error) == CS_OK && catalogue->count == 2);
    cs_catalogue_release(client, catalogue);
    close_client();
}

static void Only_configured_signers_are_requested(void)
{
    cs_error error = { 0 };
    cs_catalogue *catalogue;
    server_is_down = false;
    open_client(PLAIN ",\"signers\":[\"one\",\"gone\"]}", list);
    CHECK(cs_catalogue_get(client, CS_CACHED, &catalogue, &error) == CS_OK && catalogue->count == 1 && lists == 2);
    cs_catalogue_release(client, catalogue);
    close_client();
}

static void Unreachable_server_is_reported_within_ten_seconds(void)
{
    cs_error error = { 0 };
    cs_catalogue *catalogue;
    server_is_down = true;
    open_client(PLAIN "}", list);
    CHECK(cs_catalogue_get(client, CS_CACHED, &catalogue, &error) == CS_NETWORK && script_slept() <= 10000);
    close_client();
}

int main(void)
{
    RUN(Empty_408_of_a_frozen_server_is_retried);
    RUN(Transport_errors_and_503_are_retried_with_one_idempotency_key);
    RUN(Retry_After_delays_the_next_attempt);
    RUN(Retries_end_with_the_timeout);
    RUN(Denials_are_reported_and_never_retried);
    RUN(Server_messages_cannot_forge_log_lines);
    RUN(Refused_token_is_renewed_once);
    RUN(Second_refusal_is_returned);
    RUN(Given_token_is_not_renewed);
    RUN(Token_is_renewed_before_it_expires);
    RUN(Refused_login_is_not_retried);
    RUN(PIN_logs_in_without_configuration);
    RUN(PIN_keeps_what_follows_its_first_colon);
    RUN(CI_token_is_read_again_at_each_login);
    RUN(Wrong_address_is_not_reported_as_a_missing_signer);
    RUN(Error_of_a_misconfigured_request_names_the_setting);
    RUN(Signature_is_requested_as_the_contract_specifies);
    RUN(Denied_signature_opens_a_scoped_request_and_names_its_id);
    RUN(Pending_request_for_the_same_digest_is_not_repeated);
    RUN(Signature_waits_for_the_decision);
    RUN(Rejection_ends_the_wait);
    RUN(Unapproved_request_is_not_repeated_at_once);
    RUN(Wait_has_a_limit);
    RUN(List_is_read_in_pages_and_cached_for_a_minute);
    RUN(Only_configured_signers_are_requested);
    RUN(Unreachable_server_is_reported_within_ten_seconds);
    return 0;
}
