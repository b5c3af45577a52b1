/* The certificates of signers, kept for a minute. */
#ifndef CODESIGNING_CLIENT_SIGNER_CHAIN_H
#define CODESIGNING_CLIENT_SIGNER_CHAIN_H

#include "handle.h"
#include "values/chain.h"

/* The signer's certificates, leaf first. When the server cannot be reached and older ones are at hand, gives those and logs
 * a warning. Release the chain. */
cs_result cs_signer_chain(cs_client *client, const char *signer_id, cs_freshness freshness, cs_chain **chain,
                          cs_error *error);

/* Empties the cache. To be called with client->lock held, or when no other thread has the client. */
void cs_signer_chain_forget(cs_client *client);

#endif
