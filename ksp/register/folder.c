/* Windows lets every user make folders in %ProgramData%: whoever made this one first could configure there which server the
 * machine signs with, and wait for its secret. */
#include "folder.h"

#include <aclapi.h>
#include <sddl.h>
#include <wchar.h>

const char unsafe_configuration_folder[] =
    "%ProgramData%\\CodeSigning belongs to another user, or lets every user write into it, so that its contents cannot be "
    "trusted: look at it, delete it, and run codesigning-ksp-register install again.";

static bool folder_path(wchar_t path[MAX_PATH])
{
    static const wchar_t name[] = L"\\CodeSigning";
    DWORD length = GetEnvironmentVariableW(L"ProgramData", path, MAX_PATH);
    if (length == 0 || length > MAX_PATH - sizeof name / sizeof *name)
        return false;
    wcscat(path, name);
    return true;
}

/* Only for the system and administrators: the file will hold a secret. icacls lets in who may sign. */
DWORD make_configuration_folder(void)
{
    wchar_t path[MAX_PATH];
    SECURITY_ATTRIBUTES attributes = { .nLength = sizeof attributes };
    if (!folder_path(path))
        return ERROR_PATH_NOT_FOUND;
    if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(L"D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)", SDDL_REVISION_1,
                                                              &attributes.lpSecurityDescriptor, NULL))
        return GetLastError();
    DWORD code = CreateDirectoryW(path, &attributes) ? ERROR_SUCCESS : GetLastError();
    LocalFree(attributes.lpSecurityDescriptor);
    return code == ERROR_ALREADY_EXISTS ? ERROR_SUCCESS : code;
}

/* The user of this process counts as an administrator: where it matters, it is one. */
static bool is_own_user(PSID sid)
{
    HANDLE token;
    union {
        TOKEN_USER user;
        BYTE room[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE];
    } own;
    DWORD size;
    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token))
        return false;
    bool same = GetTokenInformation(token, TokenUser, &own, sizeof own, &size) && EqualSid(sid, own.user.User.Sid);
    CloseHandle(token);
    return same;
}

static bool is_trusted_owner(PSID sid)
{
    return sid != NULL
        && (IsWellKnownSid(sid, WinBuiltinAdministratorsSid) || IsWellKnownSid(sid, WinLocalSystemSid) || is_own_user(sid));
}

static bool lets_all_users_write(const ACE_HEADER *header)
{
    static const WELL_KNOWN_SID_TYPE all_users[] = { WinWorldSid, WinBuiltinUsersSid, WinAuthenticatedUserSid,
                                                     WinInteractiveSid };
    static const DWORD writing = FILE_WRITE_DATA | FILE_APPEND_DATA | FILE_DELETE_CHILD | DELETE | WRITE_DAC | WRITE_OWNER
        | GENERIC_WRITE | GENERIC_ALL;
    const ACCESS_ALLOWED_ACE *entry = (const ACCESS_ALLOWED_ACE *)header;
    if (header->AceType != ACCESS_ALLOWED_ACE_TYPE || (entry->Mask & writing) == 0)
        return false;
    for (size_t i = 0; i < sizeof all_users / sizeof *all_users; i++)
        if (IsWellKnownSid((PSID)&entry->SidStart, all_users[i]))
            return true;
    return false;
}

static bool is_list_safe(PACL list)
{
    for (DWORD i = 0; list != NULL && i < list->AceCount; i++) {
        void *entry;
        if (!GetAce(list, i, &entry) || lets_all_users_write(entry))
            return false;
    }
    return list != NULL; /* without a list every user has every right */
}

bool is_configuration_folder_safe(void)
{
    wchar_t path[MAX_PATH];
    PSID owner = NULL;
    PACL list = NULL;
    PSECURITY_DESCRIPTOR descriptor = NULL;
    if (!folder_path(path))
        return false;
    DWORD code = GetNamedSecurityInfoW(path, SE_FILE_OBJECT, OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION, &owner,
                                       NULL, &list, NULL, &descriptor);
    if (code != ERROR_SUCCESS)
        return code == ERROR_FILE_NOT_FOUND || code == ERROR_PATH_NOT_FOUND;
    DWORD attributes = GetFileAttributesW(path);
    bool safe = attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_REPARSE_POINT) == 0
        && is_trusted_owner(owner) && is_list_safe(list);
    LocalFree(descriptor);
    return safe;
}
