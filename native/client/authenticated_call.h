/* A call with the caller's access token. */
#ifndef CODESIGNING_CLIENT_AUTHENTICATED_CALL_H
#define CODESIGNING_CLIENT_AUTHENTICATED_CALL_H

#include "call.h"

/* cs_call_repeat with a token, which is renewed once when the server refuses it. */
cs_result cs_call_server(cs_client *client, const cs_call *call, cs_buffer *body, cs_error *error);

/* The same for a GET of `path`; fails when appending to `path` did. */
cs_result cs_call_get(cs_client *client, const cs_buffer *path, const char *what, uint64_t deadline, cs_buffer *answer,
                      cs_error *error);

#endif
