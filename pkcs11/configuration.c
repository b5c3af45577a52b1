#include "configuration.h"

#include <stdio.h>
#include <string.h>

#include "platform/platform.h"
#include "settings/log.h"
#include "values/secret.h"

/* Where the configuration is: in a directory that the environment names, or at a fixed path. */
static const struct {
    const char *variable;
    const char *path;
} locations[] = {
#if defined(_WIN32)
    { "APPDATA", "\\CodeSigning\\pkcs11.json" },
    { "ProgramData", "\\CodeSigning\\pkcs11.json" },
#else
    { "HOME", "/.config/codesigning/pkcs11.json" },
    { NULL, "/etc/codesigning/pkcs11.json" },
#endif
};

enum { location_count = sizeof locations / sizeof *locations };

static bool get_location(size_t index, char *path, size_t capacity)
{
    char *directory = locations[index].variable != NULL ? cs_environment(locations[index].variable) : NULL;
    bool known = locations[index].variable == NULL || directory != NULL;
    snprintf(path, capacity, "%s%s", directory != NULL ? directory : "", locations[index].path);
    cs_secret_free(directory);
    return known;
}

static cs_result load_config(cs_config *config, cs_error *error)
{
    char found[location_count][1024];
    char *named = cs_config_variable("CODESIGNING_PKCS11_CONFIG");
    const char *paths[1 + location_count] = { named };
    for (size_t i = 0; i < location_count; i++)
        paths[1 + i] = get_location(i, found[i], sizeof found[i]) ? found[i] : NULL;
    cs_result result = cs_config_load(config, paths, named != NULL ? 1 : 1 + location_count, named != NULL, error);
    cs_secret_free(named);
    return result;
}

static void warn_of_exposure(const cs_config *config)
{
    if (config->source != NULL && (config->client_secret != NULL || config->token != NULL)
        && cs_file_is_exposed(config->source))
        cs_log(CS_LOG_WARN, "%s holds a secret and every user may read it: chmod 600", config->source);
}

/* Tools only say that there are no slots. Programs that p11-kit brings this module to, as it does all modules of the machine,
 * are not warned. */
static void warn_of_missing_server(const cs_config *config, bool asked_for)
{
    char looked_at[location_count * 1024] = "", place[1024];
    if (config->server_url != NULL)
        return;
    if (config->source != NULL) {
        cs_log(CS_LOG_WARN, "%s names no serverUrl, so there are no tokens: add it, or set CODESIGNING_SERVER_URL",
               config->source);
        return;
    }
    for (size_t i = 0; i < location_count; i++) {
        size_t length = strlen(looked_at);
        if (get_location(i, place, sizeof place))
            snprintf(looked_at + length, sizeof looked_at - length, "%s%s", length > 0 ? " or " : "", place);
    }
    cs_log(
        asked_for ? CS_LOG_WARN : CS_LOG_INFO,
        "nothing is configured, so there are no tokens: write %s, or set CODESIGNING_PKCS11_CONFIG or CODESIGNING_SERVER_URL",
        looked_at);
}

cs_result p11_configure(cs_config *config, bool asked_for, cs_error *error)
{
    cs_result result = load_config(config, error);
    if (result != CS_OK)
        return result;
    cs_log_configure(config->log_level, config->log_file);
    warn_of_exposure(config);
    warn_of_missing_server(config, asked_for);
    return CS_OK;
}
