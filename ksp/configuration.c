#include "configuration.h"

#include "platform/platform.h"
#include "values/secret.h"

char *ksp_configuration_path(void)
{
    cs_buffer path = { 0 };
    char *folder = cs_environment("ProgramData");
    bool done = folder != NULL && cs_buffer_append_text(&path, folder)
        && cs_buffer_append_text(&path, "\\CodeSigning\\config.json");
    cs_secret_free(folder);
    char *copy = done ? cs_duplicate(path.data) : NULL;
    cs_buffer_release(&path);
    return copy;
}

cs_result ksp_configuration_load(cs_config *config, cs_error *error)
{
    char *path = ksp_configuration_path();
    const char *const paths[] = { path };
    cs_result result = cs_config_load(config, paths, 1, false, error);
    cs_secret_free(path);
    return result;
}
