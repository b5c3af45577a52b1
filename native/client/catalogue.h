/* The signers that the caller may see, kept for a minute. */
#ifndef CODESIGNING_CLIENT_CATALOGUE_H
#define CODESIGNING_CLIENT_CATALOGUE_H

#include "handle.h"
#include "signer_list.h"

/* The signers that the caller may see, or those that the configuration names. When the server cannot be reached and an
 * older list is at hand, gives that one and logs a warning. Release the list. */
cs_result cs_catalogue_get(cs_client *client, cs_freshness freshness, cs_catalogue **catalogue, cs_error *error);
void cs_catalogue_release(cs_client *client, cs_catalogue *catalogue);

/* Empties the cache. To be called with client->lock held, or when no other thread has the client. */
void cs_catalogue_forget(cs_client *client);

#endif
