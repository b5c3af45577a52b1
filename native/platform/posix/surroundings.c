#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "platform/platform.h"
#include "values/secret.h"

uint64_t cs_monotonic_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void cs_sleep_ms(unsigned milliseconds)
{
    struct timespec left = { .tv_sec = milliseconds / 1000, .tv_nsec = (long)(milliseconds % 1000) * 1000000 };
    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        ;
}

char *cs_environment(const char *name)
{
    const char *value = secure_getenv(name);
    return value != NULL && value[0] != '\0' ? cs_duplicate(value) : NULL;
}

static cs_result read_all(int file, const char *path, cs_buffer *out, cs_error *error)
{
    char block[4096];
    ssize_t got;
    while ((got = read(file, block, sizeof block)) != 0) {
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return cs_fail(error, CS_INVALID_CONFIGURATION, "%s cannot be read: %s", path, strerror(errno));
        bool kept = cs_buffer_append(out, block, (size_t)got);
        cs_wipe(block, (size_t)got);
        if (!kept)
            return cs_fail(error, CS_INVALID_CONFIGURATION, "%s is too large", path);
    }
    return CS_OK;
}

cs_result cs_file_read(const char *path, cs_buffer *out, cs_error *error)
{
    /* Not blocking: a named pipe in a file's place must not hang the host. */
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (file < 0 && (errno == ENOENT || errno == ENOTDIR))
        return cs_fail(error, CS_NOT_FOUND, "%s: no such file", path);
    if (file < 0)
        return cs_fail(error, CS_INVALID_CONFIGURATION, "%s cannot be opened: %s", path, strerror(errno));
    cs_result result = read_all(file, path, out, error);
    close(file);
    return result;
}

bool cs_file_is_exposed(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && (status.st_mode & S_IROTH) != 0;
}

void cs_log_write_line(const char *file, const char *level, const char *text)
{
    struct timespec now;
    struct tm utc;
    char line[1280];
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    int length = snprintf(line, sizeof line, "%04d-%02d-%02dT%02d:%02d:%02d.%03ldZ codesigning[%ld] %s: %s\n",
                          utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec,
                          now.tv_nsec / 1000000, (long)getpid(), level, text);
    if (length < 0)
        return;
    size_t size = (size_t)length < sizeof line ? (size_t)length : sizeof line - 1;
    int descriptor = file == NULL ? STDERR_FILENO
                                  : open(file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0600);
    if (descriptor < 0)
        return;
    ssize_t written = write(descriptor, line, size);
    (void)written;
    if (file != NULL)
        close(descriptor);
}

/* The name as the kernel has it may be cut to 15 bytes and may be a thread's; the first word of the command line is
 * what the user knows. */
void cs_program_name(char *out, size_t capacity)
{
    snprintf(out, capacity, "%s", program_invocation_short_name);
}

void cs_host_name(char *out, size_t capacity)
{
    if (gethostname(out, capacity) != 0)
        out[0] = '\0';
    out[capacity - 1] = '\0';
}

/* The environment first: the list of users may be far away, and initialising must not wait for a network. */
void cs_user_name(char *out, size_t capacity)
{
    struct passwd entry, *found = NULL;
    char names[4096];
    const char *said = secure_getenv("LOGNAME") != NULL ? secure_getenv("LOGNAME") : secure_getenv("USER");
    if (said != NULL && said[0] != '\0')
        snprintf(out, capacity, "%s", said);
    else if (getpwuid_r(geteuid(), &entry, names, sizeof names, &found) == 0 && found != NULL)
        snprintf(out, capacity, "%s", found->pw_name);
    else
        snprintf(out, capacity, "%ld", (long)geteuid());
}

bool cs_command_line(cs_buffer *words)
{
    return cs_file_read("/proc/self/cmdline", words, NULL) == CS_OK && words->length > 0;
}
