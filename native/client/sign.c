#include "sign.h"

#include <stdio.h>
#include <string.h>

#include "approval.h"
#include "authenticated_call.h"
#include "settings/log.h"
#include "state.h"
#include "values/base64.h"

static const char *hash_name(cs_hash hash)
{
    return hash == CS_HASH_SHA256 ? "sha256" : hash == CS_HASH_SHA384 ? "sha384" : "sha512";
}

static bool compose_body(const cs_client *client, const cs_sign_request *request, const char *algorithm, cs_buffer *body)
{
    char artifact[8 + 2 * CS_MAX_DIGEST_LENGTH];
    cs_buffer hex = { 0 };
    size_t length = cs_hash_length(request->hash);
    cs_buffer_append_hex(&hex, request->digest, length);
    snprintf(artifact, sizeof artifact, "%s:%s", hash_name(request->hash), hex.data != NULL ? hex.data : "");
    cs_buffer_append_text(body, "{\"data\":\"");
    cs_buffer_append_base64(body, request->digest, length);
    cs_buffer_append_text(body, "\"");
    cs_json_write_member(body, "signingAlgorithm", algorithm);
    cs_json_write_name(body, "isDigest");
    cs_buffer_append_text(body, "true");
    cs_json_write_name(body, "clientMetadata");
    cs_metadata_write(body, &client->metadata, artifact);
    cs_buffer_append_text(body, "}");
    bool done = !body->failed && !hex.failed;
    cs_buffer_release(&hex);
    return done;
}

static cs_result read_signature(const cs_sign_request *request, const cs_buffer *answer, unsigned char *signature,
                                size_t *length, cs_error *error)
{
    cs_json *document = cs_parse_answer(answer, "sign", error);
    if (document == NULL)
        return CS_PROTOCOL;
    const char *text = cs_json_string(cs_json_get(cs_json_root(document), "signature"));
    const char *operation = cs_json_string(cs_json_get(cs_json_root(document), "operationId"));
    bool good = text != NULL && cs_base64_decode(text, strlen(text), signature, CS_MAX_SIGNATURE_LENGTH, length)
        && *length == cs_signature_length(request->key);
    if (good)
        cs_log(CS_LOG_INFO, "signed with %s: operation %s", request->signer_name, operation != NULL ? operation : "unknown");
    cs_json_free(document);
    return good ? CS_OK
                : cs_fail(error, CS_PROTOCOL, "sign with %s: the answer's signature is invalid: expected base64 of %zu bytes",
                          request->signer_name, cs_signature_length(request->key));
}

static cs_result submit(cs_client *client, const cs_sign_request *request, const cs_buffer *body, cs_buffer *answer,
                      cs_error *error)
{
    char key[33];
    char what[128];
    cs_buffer path = { 0 };
    snprintf(what, sizeof what, "sign with %s", request->signer_name);
    cs_buffer_append_text(&path, "/api/v1/pki/signers/");
    cs_buffer_append_escaped_path(&path, request->signer_id);
    cs_buffer_append_text(&path, request->scheme == CS_SCHEME_ECDSA ? "/sign?ecdsaFormat=raw" : "/sign");
    if (path.failed || !cs_new_idempotency_key(key)) {
        cs_buffer_release(&path);
        return cs_fail(error, CS_NO_MEMORY, "out of memory or randomness");
    }
    const cs_call call = {
        .method = "POST",
        .path = path.data,
        .body = body,
        .idempotency_key = key,
        .what = what,
        .deadline = cs_deadline(client, UINT32_MAX),
    };
    cs_result result = cs_call_server(client, &call, answer, error);
    cs_buffer_release(&path);
    return result;
}

static cs_result sign(cs_client *client, const cs_sign_request *request, const cs_buffer *body, unsigned char *signature,
                      size_t *length, cs_error *error)
{
    cs_buffer answer = { 0 };
    cs_result result = submit(client, request, body, &answer, error);
    bool ask = result == CS_APPROVAL_REQUIRED || result == CS_GRANT_REFUSED;
    if (ask && client->config.request_on_denial.enabled) {
        result = cs_ask_for_approval(client, request, &answer, error);
        if (result == CS_OK) {
            cs_buffer_release(&answer);
            result = submit(client, request, body, &answer, error);
        }
    } else if (result == CS_APPROVAL_REQUIRED) {
        cs_fail(error, result, "sign with %s: %s: ask at %s/signers/%s/request", request->signer_name, error->server_code,
                client->config.server_url, request->signer_name);
    }
    if (result == CS_OK)
        result = read_signature(request, &answer, signature, length, error);
    cs_buffer_release(&answer);
    return result;
}

cs_result cs_sign(cs_client *client, const cs_sign_request *request, unsigned char *signature, size_t *length,
                  cs_error *error)
{
    cs_error own = { 0 };
    cs_buffer body = { 0 };
    const char *algorithm = cs_signing_algorithm_name(request->scheme, request->hash);
    bool fits = cs_key_algorithm_is_rsa(request->key) == (request->scheme != CS_SCHEME_ECDSA);
    cs_result result;
    if (algorithm == NULL || !fits || request->key == CS_KEY_UNKNOWN)
        result = cs_fail(&own, CS_UNSUPPORTED_ALGORITHM, "sign with %s: the key does not have this algorithm",
                         request->signer_name);
    else if (!compose_body(client, request, algorithm, &body))
        result = cs_fail(&own, CS_NO_MEMORY, "out of memory");
    else
        result = sign(client, request, &body, signature, length, &own);
    cs_buffer_release(&body);
    if (result != CS_OK)
        cs_log(CS_LOG_ERROR, "%s", own.message);
    if (error != NULL)
        *error = own;
    return result;
}
