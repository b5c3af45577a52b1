#include "signers.h"

#include <stdio.h>

#include "client/catalogue.h"
#include "client/signer_chain.h"
#include "configuration.h"
#include "platform/windows/wide.h"
#include "settings/log.h"
#include "values/secret.h"

int say_failure(const cs_error *error)
{
    fprintf(stderr, "%s\n", error->message);
    return 1;
}

cs_client *open_client(void)
{
    cs_config config;
    cs_metadata metadata;
    cs_error error = { 0 };
    cs_client *client = NULL;
    cs_log_configure(CS_LOG_NONE, NULL); /* this program prints what the log would say */
    cs_result result = ksp_configuration_load(&config, &error);
    if (result == CS_OK && (config.server_url == NULL || config.auth == CS_AUTH_NONE))
        result = cs_fail(&error, CS_NOT_CONFIGURED,
                         "%s: write %%ProgramData%%\\CodeSigning\\config.json, or set the CODESIGNING_ variables",
                         config.server_url == NULL ? "serverUrl is not configured" : "credentials are not configured");
    if (result == CS_OK) {
        cs_metadata_collect(&metadata, false);
        result = cs_client_open(&client, &config, &metadata, &error);
    }
    cs_config_release(&config);
    if (result != CS_OK)
        say_failure(&error);
    return result == CS_OK ? client : NULL;
}

cs_result with_signer(cs_client *client, const wchar_t *wanted, signer_user *then, void *context, cs_error *error)
{
    cs_catalogue *catalogue = NULL;
    char *name = cs_narrow(wanted);
    cs_result result = name != NULL ? cs_catalogue_get(client, CS_CACHED, &catalogue, error)
                                    : cs_fail(error, CS_NO_MEMORY, "out of memory");
    if (result == CS_OK) {
        const cs_signer *signer = cs_catalogue_find(catalogue, name);
        result = signer != NULL ? then(client, signer, context, error)
                                : cs_fail(error, CS_NOT_FOUND,
                                          "There is no signer %s, or this identity is not a member of it.", name);
        cs_catalogue_release(client, catalogue);
    }
    cs_secret_free(name);
    return result;
}

typedef struct wanted_chain {
    cs_chain *chain;
    wchar_t *name;
} wanted_chain;

static cs_result take_chain(cs_client *client, const cs_signer *signer, void *context, cs_error *error)
{
    wanted_chain *wanted = context;
    wchar_t *name = cs_wide(signer->name);
    if (name == NULL || wcslen(name) > 64) {
        cs_wide_free(name);
        return cs_fail(error, CS_PROTOCOL, "The answer has an invalid name of the signer.");
    }
    wcscpy(wanted->name, name);
    cs_wide_free(name);
    return cs_signer_chain(client, signer->id, CS_CACHED, &wanted->chain, error);
}

cs_chain *load_chain(cs_client *client, const wchar_t *signer, wchar_t name[65])
{
    cs_error error = { 0 };
    wanted_chain wanted = { .name = name };
    if (with_signer(client, signer, take_chain, &wanted, &error) == CS_OK)
        return wanted.chain;
    say_failure(&error);
    return NULL;
}
