/* Opening a client of the REST API, and what holds for all of its calls. Thread-safe. */
#ifndef CODESIGNING_CLIENT_CLIENT_H
#define CODESIGNING_CLIENT_CLIENT_H

#include "handle.h"
#include "metadata.h"
#include "settings/config.h"

/* Takes over the contents of `config`, which is empty afterwards. Touches no network. Fails only when out of memory. */
cs_result cs_client_open(cs_client **client, cs_config *config, const cs_metadata *metadata, cs_error *error);

/* Closes connections and wipes secrets. No call may be in flight. NULL is allowed. */
void cs_client_close(cs_client *client);

/* Gives up a client that a forked child inherited, without sending anything on the parent's connections. */
void cs_client_abandon(cs_client *client);

/* Lets lists and certificates take as long as signatures may, instead of ten seconds: for a caller that needs them only to
 * sign, and has nothing to show meanwhile. To be called before the client is shared among threads. */
void cs_client_wait_for_lists(cs_client *client);

const cs_config *cs_client_config(const cs_client *client);

/* Whether credentials are configured, so that no PIN is needed. */
bool cs_client_is_configured(const cs_client *client);

/* Whether calls can authenticate now: configured, or logged in by PIN. */
bool cs_client_can_authenticate(const cs_client *client);

/* Logs in with `clientId:clientSecret`, for a client without configured credentials, and keeps them for renewals. */
cs_result cs_client_login(cs_client *client, const char *pin, size_t pin_length, cs_error *error);

/* Forgets the credentials of `cs_client_login`, the token that they gave, and what was read with it. */
void cs_client_logout(cs_client *client);

#endif
