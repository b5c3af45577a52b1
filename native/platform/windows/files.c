#include <windows.h>

#include <aclapi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platform/platform.h"
#include "wide.h"

static cs_result read_all(HANDLE file, const char *path, cs_buffer *out, cs_error *error)
{
    char block[4096];
    DWORD got;
    for (;;) {
        if (!ReadFile(file, block, sizeof block, &got, NULL))
            return cs_fail(error, CS_INVALID_CONFIGURATION, "%s cannot be read: error %lu", path, GetLastError());
        if (got == 0)
            return CS_OK;
        bool kept = cs_buffer_append(out, block, got);
        SecureZeroMemory(block, got);
        if (!kept)
            return cs_fail(error, CS_INVALID_CONFIGURATION, "%s is too large", path);
    }
}

cs_result cs_file_read(const char *path, cs_buffer *out, cs_error *error)
{
    wchar_t *wide = cs_wide(path);
    if (wide == NULL)
        return cs_fail(error, CS_NO_MEMORY, "out of memory");
    HANDLE file = CreateFileW(wide, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, OPEN_EXISTING,
                              FILE_ATTRIBUTE_NORMAL, NULL);
    DWORD code = GetLastError();
    cs_wide_free(wide);
    if (file == INVALID_HANDLE_VALUE) {
        if (code == ERROR_FILE_NOT_FOUND || code == ERROR_PATH_NOT_FOUND)
            return cs_fail(error, CS_NOT_FOUND, "%s: no such file", path);
        return cs_fail(error, CS_INVALID_CONFIGURATION, "%s cannot be opened: error %lu%s", path, code,
                       code == ERROR_ACCESS_DENIED ? " (this user may not read it)" : "");
    }
    /* Neither a pipe nor a device, which could hang the host. */
    cs_result result = GetFileType(file) == FILE_TYPE_DISK
        ? read_all(file, path, out, error)
        : cs_fail(error, CS_INVALID_CONFIGURATION, "%s is not a file", path);
    CloseHandle(file);
    return result;
}

/* Whether an entry lets a group of all users read. */
static bool lets_all_users_read(const ACE_HEADER *header)
{
    static const WELL_KNOWN_SID_TYPE all_users[] = { WinWorldSid, WinBuiltinUsersSid, WinAuthenticatedUserSid };
    if (header->AceType != ACCESS_ALLOWED_ACE_TYPE)
        return false;
    const ACCESS_ALLOWED_ACE *entry = (const ACCESS_ALLOWED_ACE *)header;
    if ((entry->Mask & (FILE_READ_DATA | GENERIC_READ | GENERIC_ALL)) == 0)
        return false;
    for (size_t i = 0; i < sizeof all_users / sizeof *all_users; i++)
        if (IsWellKnownSid((PSID)&entry->SidStart, all_users[i]))
            return true;
    return false;
}

bool cs_file_is_exposed(const char *path)
{
    wchar_t *wide = cs_wide(path);
    PACL list = NULL;
    PSECURITY_DESCRIPTOR descriptor = NULL;
    bool exposed = false;
    if (wide != NULL && GetNamedSecurityInfoW(wide, SE_FILE_OBJECT, DACL_SECURITY_INFORMATION, NULL, NULL, &list, NULL,
                                              &descriptor) == ERROR_SUCCESS) {
        exposed = list == NULL; /* without a list every user has every right */
        for (DWORD i = 0; list != NULL && i < list->AceCount && !exposed; i++) {
            void *entry;
            exposed = GetAce(list, i, &entry) && lets_all_users_read(entry);
        }
        LocalFree(descriptor);
    }
    cs_wide_free(wide);
    return exposed;
}

/* Without a security descriptor: the folder decides who may read the log. */
static HANDLE open_log(const char *file)
{
    if (file == NULL)
        return GetStdHandle(STD_ERROR_HANDLE);
    wchar_t *wide = cs_wide(file);
    if (wide == NULL)
        return INVALID_HANDLE_VALUE;
    HANDLE handle = CreateFileW(wide, FILE_APPEND_DATA, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                                OPEN_ALWAYS, FILE_ATTRIBUTE_NORMAL, NULL);
    cs_wide_free(wide);
    return handle;
}

void cs_log_write_line(const char *file, const char *level, const char *text)
{
    SYSTEMTIME utc;
    char line[1280];
    GetSystemTime(&utc);
    int length = snprintf(line, sizeof line, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ codesigning[%lu] %s: %s\r\n", utc.wYear,
                          utc.wMonth, utc.wDay, utc.wHour, utc.wMinute, utc.wSecond, utc.wMilliseconds,
                          GetCurrentProcessId(), level, text);
    if (length < 0)
        return;
    DWORD size = (size_t)length < sizeof line ? (DWORD)length : (DWORD)sizeof line - 1;
    HANDLE handle = open_log(file);
    if (handle == INVALID_HANDLE_VALUE || handle == NULL)
        return;
    DWORD written;
    WriteFile(handle, line, size, &written, NULL);
    if (file != NULL)
        CloseHandle(handle);
}
