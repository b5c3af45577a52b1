#include "client.h"

#include <windows.h>

#include "client/client.h"
#include "configuration.h"
#include "platform/platform.h"
#include "settings/log.h"

static SRWLOCK lock = SRWLOCK_INIT;
static cs_client *shared; /* under the lock, like the count */
static size_t references;

static cs_result check(const cs_config *config, cs_error *error)
{
    if (config->server_url == NULL)
        return cs_fail(error, CS_NOT_CONFIGURED,
                       "no serverUrl is configured: write %%ProgramData%%\\CodeSigning\\config.json or set "
                       "CODESIGNING_SERVER_URL");
    if (config->auth == CS_AUTH_NONE)
        return cs_fail(error, CS_NOT_CONFIGURED,
                       "no credentials are configured: set auth in %%ProgramData%%\\CodeSigning\\config.json, or "
                       "CODESIGNING_CLIENT_ID and CODESIGNING_CLIENT_SECRET");
    return CS_OK;
}

static void warn_of_exposure(const cs_config *config)
{
    if (config->source != NULL && (config->client_secret != NULL || config->token != NULL)
        && cs_file_is_exposed(config->source))
        cs_log(CS_LOG_WARN, "%s holds a secret and every user may read it: restrict it with icacls", config->source);
}

static cs_client *open_client(cs_error *error)
{
    cs_config config;
    cs_metadata metadata;
    cs_client *client = NULL;
    cs_result result = ksp_configuration_load(&config, error);
    if (result == CS_OK)
        cs_log_configure(config.log_level, config.log_file);
    if (result == CS_OK)
        result = check(&config, error);
    if (result == CS_OK) {
        warn_of_exposure(&config);
        cs_metadata_collect(&metadata, config.send_command_line);
        result = cs_client_open(&client, &config, &metadata, error);
    }
    if (result == CS_OK)
        cs_client_wait_for_lists(client);
    if (result != CS_OK)
        cs_log(CS_LOG_ERROR, "%s", error->message);
    cs_config_release(&config);
    return result == CS_OK ? client : NULL;
}

cs_client *ksp_client_acquire(cs_error *error)
{
    AcquireSRWLockExclusive(&lock);
    if (shared == NULL)
        shared = open_client(error);
    if (shared != NULL)
        references++;
    cs_client *client = shared;
    ReleaseSRWLockExclusive(&lock);
    return client;
}

void ksp_client_release(void)
{
    cs_client *last = NULL;
    AcquireSRWLockExclusive(&lock);
    if (--references == 0) {
        last = shared;
        shared = NULL;
    }
    ReleaseSRWLockExclusive(&lock);
    cs_client_close(last);
}
