/* Access tokens: how the client gets one, renews it and forgets it. */
#ifndef CODESIGNING_CLIENT_LOGIN_H
#define CODESIGNING_CLIENT_LOGIN_H

#include <stddef.h>
#include <stdint.h>

#include "handle.h"
#include "values/result.h"

/* A copy of a token that is valid now, to be freed with cs_secret_free, and its number; logs in where needed. */
cs_result cs_token_get(cs_client *client, uint64_t deadline, char **token, unsigned *number, cs_error *error);

/* The server refused this token. Whether another may be had. */
bool cs_token_drop(cs_client *client, unsigned number);

/* Keeps the credentials `clientId:clientSecret`, and logs in with them. */
cs_result cs_login_by_pin(cs_client *client, const char *pin, size_t length, cs_error *error);

/* Wipes the token and the PIN's credentials. To be called with client->lock held, or when no other thread has the client. */
void cs_login_forget(cs_client *client);

#endif
