#include "client.h"

#include <stdlib.h>
#include <string.h>

#include "catalogue.h"
#include "login.h"
#include "platform/platform.h"
#include "settings/log.h"
#include "signer_chain.h"
#include "state.h"

cs_result cs_client_open(cs_client **client, cs_config *config, const cs_metadata *metadata, cs_error *error)
{
    cs_client *c = calloc(1, sizeof *c);
    if (c == NULL)
        return cs_fail(error, CS_NO_MEMORY, "out of memory");
    c->config = *config;
    c->metadata = *metadata;
    memset(config, 0, sizeof *config);
    c->list_timeout_ms = 10000;
    c->lock = cs_mutex_create();
    c->login_lock = cs_mutex_create();
    c->catalogue_lock = cs_mutex_create();
    c->transport = cs_transport_open(&c->config);
    if (c->lock == NULL || c->login_lock == NULL || c->catalogue_lock == NULL || c->transport == NULL) {
        cs_client_close(c);
        return cs_fail(error, CS_NO_MEMORY, "out of memory");
    }
    *client = c;
    return CS_OK;
}

void cs_client_close(cs_client *client)
{
    if (client == NULL)
        return;
    cs_transport_close(client->transport);
    cs_login_forget(client);
    cs_catalogue_forget(client);
    cs_signer_chain_forget(client);
    cs_config_release(&client->config);
    cs_mutex_destroy(client->lock);
    cs_mutex_destroy(client->login_lock);
    cs_mutex_destroy(client->catalogue_lock);
    free(client);
}

void cs_client_abandon(cs_client *client)
{
    cs_transport_abandon(client->transport);
}

void cs_client_wait_for_lists(cs_client *client)
{
    client->list_timeout_ms = UINT32_MAX;
}

const cs_config *cs_client_config(const cs_client *client)
{
    return &client->config;
}

bool cs_client_is_configured(const cs_client *client)
{
    return client->config.auth != CS_AUTH_NONE;
}

bool cs_client_can_authenticate(const cs_client *client)
{
    if (cs_client_is_configured(client))
        return true;
    cs_mutex_lock(client->lock);
    bool logged_in = client->pin_client_id != NULL;
    cs_mutex_unlock(client->lock);
    return logged_in;
}

cs_result cs_client_login(cs_client *client, const char *pin, size_t pin_length, cs_error *error)
{
    if (cs_client_is_configured(client))
        return CS_OK;
    cs_result result = cs_login_by_pin(client, pin, pin_length, error);
    if (result != CS_OK) {
        cs_client_logout(client);
        cs_log(CS_LOG_ERROR, "%s", error->message);
    }
    return result;
}

void cs_client_logout(cs_client *client)
{
    if (cs_client_is_configured(client))
        return;
    cs_mutex_lock(client->lock);
    cs_login_forget(client);
    cs_catalogue_forget(client);
    cs_signer_chain_forget(client);
    cs_mutex_unlock(client->lock);
}
