/* The server's answers are the input: two bytes of status and Retry-After, two of length, then the body, again and
 * again. The client must list, load chains, sign and ask for approval with them, and say something of each failure. */
#include <stdlib.h>
#include <string.h>

#include "client/catalogue.h"
#include "client/client.h"
#include "client/sign.h"
#include "client/signer_chain.h"
#include "scripted_transport.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static const unsigned char *input;
static size_t left;

static cs_result answer(const cs_http_request *request, cs_http_response *response, cs_error *error)
{
    static const int statuses[] = { 200, 200, 200, 200, 201, 401, 403, 404, 429, 500, 503, 302, 400, 413 };
    if (left < 4)
        return cs_fail(error, CS_TLS, "the end of the input for %s", request->path);
    size_t length = (size_t)input[2] << 8 | input[3];
    response->status = statuses[input[0] % (sizeof statuses / sizeof *statuses)];
    response->retry_after_seconds = (int)input[1] - 1;
    input += 4;
    left -= 4;
    length = length < left ? length : left;
    cs_buffer_append(&response->body, input, length);
    input += length;
    left -= length;
    return CS_OK;
}

static cs_client *open_client(void)
{
    static const char text[] = "{\"serverUrl\":\"https://s\",\"auth\":{\"clientId\":\"i\",\"clientSecret\":\"s\"},\"timeoutSeconds\":30,"
                               "\"requestOnDenial\":{\"waitSeconds\":90}}";
    cs_client *client;
    cs_config config;
    cs_metadata metadata = { .tool = "fuzzer" };
    if (cs_config_parse(&config, text, sizeof text - 1, "text", NULL) != CS_OK
        || cs_client_open(&client, &config, &metadata, NULL) != CS_OK)
        abort();
    return client;
}

static void must_tell(cs_result result, const cs_error *error)
{
    if (result != CS_OK && error->message[0] == '\0')
        abort();
}

static void use(cs_client *client)
{
    static const unsigned char digest[32];
    unsigned char signature[CS_MAX_SIGNATURE_LENGTH];
    size_t length;
    cs_error error = { 0 };
    cs_catalogue *catalogue;
    cs_chain *chain;
    cs_result result = cs_catalogue_get(client, CS_CACHED, &catalogue, &error);
    must_tell(result, &error);
    if (result == CS_OK)
        cs_catalogue_release(client, catalogue);
    result = cs_signer_chain(client, "sgn_1", CS_CACHED, &chain, &error);
    must_tell(result, &error);
    if (result == CS_OK)
        cs_chain_release(chain);
    const cs_sign_request request = {
        .signer_id = "sgn_1", .signer_name = "one", .key = CS_KEY_EC_P256, .scheme = CS_SCHEME_ECDSA, .hash = CS_HASH_SHA256,
        .digest = digest,
    };
    memset(&error, 0, sizeof error);
    result = cs_sign(client, &request, signature, &length, &error);
    must_tell(result, &error);
    if (result == CS_OK && length != 64)
        abort();
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    cs_log_configure(CS_LOG_NONE, NULL);
    input = data;
    left = size;
    script_set(answer);
    cs_client *client = open_client();
    use(client);
    cs_client_close(client);
    return 0;
}
