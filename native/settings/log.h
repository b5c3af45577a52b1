/* The log: one line a happening, to a file or to standard error. Secrets and tokens are never given to it. */
#ifndef CODESIGNING_SETTINGS_LOG_H
#define CODESIGNING_SETTINGS_LOG_H

typedef enum cs_log_level {
    CS_LOG_NONE,
    CS_LOG_ERROR,
    CS_LOG_WARN,
    CS_LOG_INFO,
    CS_LOG_DEBUG,
} cs_log_level;

/* Sets where lines go. `file` NULL stands for standard error. The file is opened for each line, so that a fork, a
 * rotation or a daemon closing its descriptors can do no harm. Before the first call: warnings to standard error. */
void cs_log_configure(cs_log_level level, const char *file);

void cs_log(cs_log_level level, const char *format, ...)
#if defined(__MINGW32__)
    __attribute__((format(gnu_printf, 2, 3)))
#elif defined(__GNUC__)
    __attribute__((format(printf, 2, 3)))
#endif
    ;

#endif
