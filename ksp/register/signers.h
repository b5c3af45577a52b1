/* The signers that the configuration gives access to. */
#ifndef CODESIGNING_KSP_REGISTER_SIGNERS_H
#define CODESIGNING_KSP_REGISTER_SIGNERS_H

#include <wchar.h>

#include "client/client.h"
#include "client/signer_list.h"
#include "values/chain.h"

/* A client by the configuration; NULL when there is none, after printing why. */
cs_client *open_client(void);

/* The signer's certificates, leaf first; NULL when there are none, after printing why. `name` receives the
 * signer's name; `signer` may be its id. */
cs_chain *load_chain(cs_client *client, const wchar_t *signer, wchar_t name[65]);

/* What is done with a signer that was found. */
typedef cs_result signer_user(cs_client *client, const cs_signer *signer, void *context, cs_error *error);

/* Calls `then` with the signer of that name or id; fails when there is none. */
cs_result with_signer(cs_client *client, const wchar_t *wanted, signer_user *then, void *context, cs_error *error);

/* Prints the error and returns the exit status of failures. */
int say_failure(const cs_error *error);

#endif
