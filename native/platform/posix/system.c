#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

/* The kernel's name may be cut to 15 bytes, and may be a thread's; users know the first word of the command line. */
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

/* The environment first: the directory of users may be remote, and initialising must not wait for a network. */
void cs_user_name(char *out, size_t capacity)
{
    struct passwd entry, *found = NULL;
    char names[4096];
    const char *named = secure_getenv("LOGNAME") != NULL ? secure_getenv("LOGNAME") : secure_getenv("USER");
    if (named != NULL && named[0] != '\0')
        snprintf(out, capacity, "%s", named);
    else if (getpwuid_r(geteuid(), &entry, names, sizeof names, &found) == 0 && found != NULL)
        snprintf(out, capacity, "%s", found->pw_name);
    else
        snprintf(out, capacity, "%ld", (long)geteuid());
}

bool cs_command_line(cs_buffer *words)
{
    return cs_file_read("/proc/self/cmdline", words, NULL) == CS_OK && words->length > 0;
}
