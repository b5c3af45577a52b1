#include "authenticated_call.h"

#include "login.h"
#include "values/secret.h"

/* With a valid token; when the server refuses it, once more with a new one. */
static cs_result attempt(cs_client *client, const cs_call *call, cs_http_response *response, cs_error *error)
{
    for (bool renewed = false;; renewed = true) {
        char *token = NULL;
        unsigned number = 0;
        cs_result result = cs_token_get(client, call->deadline, &token, &number, error);
        if (result == CS_OK)
            result = cs_call_send(client, call, token, response, error);
        cs_secret_free(token);
        bool is_refused = result == CS_OK && response->status == 401;
        if (!is_refused || renewed || !cs_token_drop(client, number))
            return result;
        cs_buffer_release(&response->body);
    }
}

cs_result cs_call_server(cs_client *client, const cs_call *call, cs_buffer *body, cs_error *error)
{
    return cs_call_repeat(client, call, attempt, body, error);
}

cs_result cs_call_get(cs_client *client, const cs_buffer *path, const char *what, uint64_t deadline, cs_buffer *answer,
                      cs_error *error)
{
    if (path->failed)
        return cs_fail(error, CS_NO_MEMORY, "out of memory");
    const cs_call call = { .method = "GET", .path = path->data, .what = what, .deadline = deadline };
    return cs_call_server(client, &call, answer, error);
}
