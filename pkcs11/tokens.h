/* Tokens and their slots: one for each signer, or the login slot for all of them. */
#ifndef CODESIGNING_PKCS11_TOKENS_H
#define CODESIGNING_PKCS11_TOKENS_H

#include "client/client.h"
#include "platform/platform.h"
#include "signer.h"

/* Without configured credentials there is one slot, where a PIN logs in and which then has all signers. */
#define P11_LOGIN_SLOT 1UL

typedef struct p11_tokens {
    cs_client *client;
    cs_mutex *lock; /* over the arrays, and over `present`, `superseded` and `chain` of their entries */
    p11_signer **signers;
    size_t count;
    p11_signer **by_name; /* those that are present and not superseded */
    size_t present_count;
} p11_tokens;

/* NULL when out of memory. `client` outlives it. */
p11_tokens *p11_tokens_new(cs_client *client);
void p11_tokens_free(p11_tokens *tokens);

/* Asks the server for the list where the one at hand is too old. */
CK_RV p11_tokens_refresh(p11_tokens *tokens, cs_freshness freshness);

/* Copies up to `capacity` ids of present slots and counts them all. They come in the order of the tokens' labels: tools that
 * take a token by the beginning of its label take the first, and a name comes before those that it begins. */
size_t p11_slots(p11_tokens *tokens, CK_SLOT_ID *slots, size_t capacity);

/* CKR_OK when there is such a slot; asks the server once more on a miss. */
CK_RV p11_slot_check(p11_tokens *tokens, CK_SLOT_ID slot);

/* The slot's only signer, NULL for the login slot. */
const p11_signer *p11_slot_signer(p11_tokens *tokens, CK_SLOT_ID slot);

/* Makes sure that the certificates of the slot's signers are there and at most a minute old. */
CK_RV p11_slot_load(p11_tokens *tokens, CK_SLOT_ID slot);

/* Whether the token in the slot has keys of this kind. */
bool p11_slot_has_keys(p11_tokens *tokens, CK_SLOT_ID slot, bool rsa);

/* Forgets the signers of the login slot when their owner logs out. */
void p11_tokens_forget(p11_tokens *tokens);

#endif
