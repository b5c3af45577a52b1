#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "platform/platform.h"
#include "values/secret.h"

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
    /* Non-blocking: a named pipe in the file's place must not hang the host. */
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
