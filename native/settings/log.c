#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "platform/platform.h"

/* Set once, before threads: a module configures the log while it initialises, under its own lock. */
static struct {
    cs_log_level level;
    char file[1024];
} settings = { .level = CS_LOG_WARN };

void cs_log_configure(cs_log_level level, const char *file)
{
    settings.level = level;
    snprintf(settings.file, sizeof settings.file, "%s", file != NULL ? file : "");
}

void cs_log(cs_log_level level, const char *format, ...)
{
    static const char *const names[] = { "none", "error", "warn", "info", "debug" };
    if (level == CS_LOG_NONE || level > settings.level)
        return;
    char line[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    for (char *at = line; *at != '\0'; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7f)
            *at = ' ';
    cs_log_write_line(settings.file[0] != '\0' ? settings.file : NULL, names[level], line);
}
