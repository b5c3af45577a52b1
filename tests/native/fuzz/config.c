/* A configuration is refused or whole; command lines are redacted within their bounds. */
#include <stdlib.h>
#include <string.h>

#include "client/redact.h"
#include "settings/config.h"
#include "settings/server_url.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void redact(const unsigned char *data, size_t size)
{
    char *text = malloc(size + 1);
    const char *words[16];
    size_t count = 0;
    memcpy(text, data, size);
    text[size] = '\0';
    for (size_t at = 0; at < size && count < 16; at += strlen(text + at) + 1)
        words[count++] = text + at;
    char out[64];
    cs_command_line_redact(words, count, out, sizeof out);
    if (memchr(out, '\0', sizeof out) == NULL)
        abort();
    free(text);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    cs_config config;
    cs_error error = { 0 };
    cs_result result = cs_config_parse(&config, (const char *)data, size, "file", &error);
    if (result == CS_OK && config.server_url != NULL && cs_server_url_fault(config.server_url) != NULL)
        abort();
    if (result != CS_OK && error.message[0] == '\0')
        abort();
    cs_config_release(&config);
    redact(data, size);
    return 0;
}
