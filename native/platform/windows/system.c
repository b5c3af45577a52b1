#include <windows.h>

#include <shellapi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platform/platform.h"
#include "values/secret.h"
#include "wide.h"

enum { max_path = 32768, max_variable = 32768 };

uint64_t cs_monotonic_ms(void)
{
    return GetTickCount64();
}

void cs_sleep_ms(unsigned milliseconds)
{
    Sleep(milliseconds);
}

char *cs_environment(const char *name)
{
    wchar_t *wide = cs_wide(name);
    DWORD size = wide != NULL ? GetEnvironmentVariableW(wide, NULL, 0) : 0;
    wchar_t *value = size > 1 && size <= max_variable ? calloc(size, sizeof *value) : NULL;
    char *text = NULL;
    if (value != NULL) {
        DWORD length = GetEnvironmentVariableW(wide, value, size);
        if (length > 0 && length < size)
            text = cs_narrow(value);
    }
    cs_wide_free(value);
    cs_wide_free(wide);
    return text;
}

void cs_program_name(char *out, size_t capacity)
{
    wchar_t *path = calloc(max_path, sizeof *path);
    out[0] = '\0';
    if (path == NULL)
        return;
    DWORD length = GetModuleFileNameW(NULL, path, max_path);
    if (length > 0 && length < max_path) {
        wchar_t *name = wcsrchr(path, L'\\');
        name = name != NULL ? name + 1 : path;
        wchar_t *extension = wcsrchr(name, L'.');
        if (extension != NULL && _wcsicmp(extension, L".exe") == 0)
            *extension = L'\0';
        cs_narrow_into(name, out, capacity);
    }
    free(path);
}

void cs_host_name(char *out, size_t capacity)
{
    wchar_t name[256];
    DWORD size = sizeof name / sizeof *name;
    out[0] = '\0';
    if (GetComputerNameExW(ComputerNameDnsHostname, name, &size))
        cs_narrow_into(name, out, capacity);
}

void cs_user_name(char *out, size_t capacity)
{
    wchar_t name[257];
    DWORD size = sizeof name / sizeof *name;
    out[0] = '\0';
    if (GetUserNameW(name, &size))
        cs_narrow_into(name, out, capacity);
}

bool cs_command_line(cs_buffer *words)
{
    int count = 0;
    wchar_t **list = CommandLineToArgvW(GetCommandLineW(), &count);
    bool done = list != NULL && count > 0;
    for (int i = 0; i < count && done; i++) {
        char *word = cs_narrow(list[i]);
        done = word != NULL && cs_buffer_append(words, word, strlen(word) + 1);
        cs_secret_free(word);
    }
    LocalFree(list);
    return done;
}
