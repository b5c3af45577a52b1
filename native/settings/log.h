/* The log: one line for each event, to a file or to standard error. Secrets and tokens are never passed to it. */
#ifndef CODESIGNING_SETTINGS_LOG_H
#define CODESIGNING_SETTINGS_LOG_H

typedef enum cs_log_level {
    CS_LOG_NONE,
    CS_LOG_ERROR,
    CS_LOG_WARN,
    CS_LOG_INFO,
    CS_LOG_DEBUG,
} cs_log_level;

/* Sets where lines go. A NULL `file` is standard error. The file is opened for each line, so that a fork, a
 * rotation or a daemon that closes its descriptors does no harm. Until then warnings go to standard error. */
void cs_log_configure(cs_log_level level, const char *file);

void cs_log(cs_log_level level, const char *format, ...)
#if defined(__MINGW32__)
    __attribute__((format(gnu_printf, 2, 3)))
#elif defined(__GNUC__)
    __attribute__((format(printf, 2, 3)))
#endif
    ;

#endif
