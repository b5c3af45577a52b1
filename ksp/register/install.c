#include <stdio.h>
#include <wchar.h>

#include "commands.h"
#include "event.h"
#include "failure.h"
#include "folder.h"
#include "key_storage.h"
#include "registration.h"

/* The Windows SDK declares these in its driver kit only; bcrypt.dll has had them since Windows Vista. */
typedef NTSTATUS(WINAPI *register_function)(LPCWSTR provider, ULONG flags, PCRYPT_PROVIDER_REG registration);
typedef NTSTATUS(WINAPI *unregister_function)(LPCWSTR provider);
typedef NTSTATUS(WINAPI *add_function)(ULONG table, LPCWSTR context, ULONG interface_id, LPCWSTR function, LPCWSTR provider,
                                       ULONG position);
typedef NTSTATUS(WINAPI *remove_function)(ULONG table, LPCWSTR context, ULONG interface_id, LPCWSTR function,
                                          LPCWSTR provider);

static const NTSTATUS access_denied = (NTSTATUS)0xC0000022L;
static const NTSTATUS not_found = (NTSTATUS)0xC0000225L;

static const wchar_t event_source_key[] = L"SYSTEM\\CurrentControlSet\\Services\\EventLog\\Application\\" KSP_EVENT_SOURCE;

typedef void (*any_function)(void);

static any_function of_bcrypt(const char *name)
{
    return (any_function)GetProcAddress(GetModuleHandleW(L"bcrypt.dll"), name);
}

static int nt_failed(const char *what, NTSTATUS status)
{
    return failed(what, status == access_denied ? ERROR_ACCESS_DENIED : (DWORD)status);
}

/* --- the DLLs --------------------------------------------------------------------------------------------------- */

/* A DLL that programs have loaded cannot be overwritten, but it can be moved aside until the next start of Windows. */
static bool put_aside(const wchar_t *path)
{
    wchar_t aside[MAX_PATH];
    if (_snwprintf(aside, MAX_PATH, L"%ls.%lu.old", path, GetTickCount()) >= MAX_PATH - 1
        || !MoveFileExW(path, aside, MOVEFILE_REPLACE_EXISTING))
        return false;
    if (!DeleteFileW(aside))
        MoveFileExW(aside, NULL, MOVEFILE_DELAY_UNTIL_REBOOT);
    return true;
}

static bool copy_dll(const wchar_t *source, const wchar_t *target)
{
    return CopyFileW(source, target, FALSE) || (put_aside(target) && CopyFileW(source, target, FALSE));
}

/* Beside this program: the DLL of its own word size, and in x86 the one for 32-bit programs. */
static bool source_path(const wchar_t *folder, wchar_t path[MAX_PATH])
{
    wchar_t own[MAX_PATH];
    DWORD length = GetModuleFileNameW(NULL, own, MAX_PATH);
    wchar_t *name = length > 0 && length < MAX_PATH ? wcsrchr(own, L'\\') : NULL;
    if (name == NULL)
        return false;
    name[1] = L'\0';
    return _snwprintf(path, MAX_PATH, L"%ls%ls" KSP_IMAGE_NAME, own, folder) < MAX_PATH - 1;
}

static int copy_dlls(void)
{
    wchar_t source[MAX_PATH], target[MAX_PATH];
    if (!source_path(L"", source) || !installed_dll_path(false, target) || !copy_dll(source, target))
        return failed("codesigning-ksp.dll cannot be copied into the system's folder", GetLastError());
    printf("Copied the DLL to %ls.\n", target);
    if (!source_path(L"x86\\", source) || GetFileAttributesW(source) == INVALID_FILE_ATTRIBUTES || !installed_dll_path(true, target)) {
        printf("32-bit programs cannot use the provider: there is no x86\\codesigning-ksp.dll beside this program.\n");
        return 0;
    }
    if (!copy_dll(source, target))
        return failed("x86\\codesigning-ksp.dll cannot be copied", GetLastError());
    printf("Copied the 32-bit DLL to %ls.\n", target);
    return 0;
}

/* --- the registration ------------------------------------------------------------------------------------------- */

static NTSTATUS register_provider(void)
{
    static wchar_t function[] = NCRYPT_KEY_STORAGE_ALGORITHM;
    static wchar_t image_name[] = KSP_IMAGE_NAME;
    wchar_t *functions[] = { function };
    CRYPT_INTERFACE_REG interface_registration = { NCRYPT_KEY_STORAGE_INTERFACE, CRYPT_LOCAL, 1, functions };
    CRYPT_INTERFACE_REG *interfaces[] = { &interface_registration };
    CRYPT_IMAGE_REG image = { image_name, 1, interfaces };
    CRYPT_PROVIDER_REG registration = { 0, NULL, &image, NULL };
    register_function call = (register_function)of_bcrypt("BCryptRegisterProvider");
    add_function add = (add_function)of_bcrypt("BCryptAddContextFunctionProvider");
    if (call == NULL || add == NULL)
        return not_found;
    NTSTATUS status = call(KSP_PROVIDER_NAME, CRYPT_OVERWRITE, &registration);
    return BCRYPT_SUCCESS(status) ? add(CRYPT_LOCAL, NULL, NCRYPT_KEY_STORAGE_INTERFACE, NCRYPT_KEY_STORAGE_ALGORITHM,
                                        KSP_PROVIDER_NAME, CRYPT_PRIORITY_BOTTOM)
                                  : status;
}

static NTSTATUS unregister_provider(void)
{
    remove_function remove_from = (remove_function)of_bcrypt("BCryptRemoveContextFunctionProvider");
    unregister_function call = (unregister_function)of_bcrypt("BCryptUnregisterProvider");
    if (call == NULL || remove_from == NULL)
        return not_found;
    NTSTATUS status = remove_from(CRYPT_LOCAL, NULL, NCRYPT_KEY_STORAGE_INTERFACE, NCRYPT_KEY_STORAGE_ALGORITHM,
                                  KSP_PROVIDER_NAME);
    if (!BCRYPT_SUCCESS(status) && status != not_found)
        return status;
    status = call(KSP_PROVIDER_NAME);
    return status == not_found ? 0 : status;
}

static LSTATUS register_event_source(void)
{
    static const wchar_t messages[] = L"%SystemRoot%\\System32\\EventCreate.exe";
    static const DWORD types = EVENTLOG_ERROR_TYPE | EVENTLOG_WARNING_TYPE | EVENTLOG_INFORMATION_TYPE;
    HKEY key;
    LSTATUS status = RegCreateKeyExW(HKEY_LOCAL_MACHINE, event_source_key, 0, NULL, 0, KEY_SET_VALUE, NULL, &key, NULL);
    if (status != ERROR_SUCCESS)
        return status;
    status = RegSetValueExW(key, L"EventMessageFile", 0, REG_EXPAND_SZ, (const BYTE *)messages, sizeof messages);
    if (status == ERROR_SUCCESS)
        status = RegSetValueExW(key, L"TypesSupported", 0, REG_DWORD, (const BYTE *)&types, sizeof types);
    RegCloseKey(key);
    return status;
}

int install_provider(void)
{
    int result = copy_dlls();
    if (result != 0)
        return result;
    NTSTATUS status = register_provider();
    if (!BCRYPT_SUCCESS(status))
        return nt_failed("The provider cannot be registered", status);
    LSTATUS source = register_event_source();
    if (source != ERROR_SUCCESS)
        return failed("The event source cannot be registered", (DWORD)source);
    DWORD folder = make_configuration_folder();
    if (folder != ERROR_SUCCESS)
        return failed("%ProgramData%\\CodeSigning cannot be made", folder);
    if (!is_configuration_folder_safe()) {
        fprintf(stderr, "%s\n", unsafe_configuration_folder);
        return 1;
    }
    if (!is_registered()) {
        fprintf(stderr, "Windows accepted the registration, but it is not there: see docs/ksp.md.\n");
        return 1;
    }
    printf("Registered the provider. Next: write %%ProgramData%%\\CodeSigning\\config.json and run "
           "codesigning-ksp-register test.\n");
    return 0;
}

int uninstall_provider(void)
{
    wchar_t path[MAX_PATH];
    NTSTATUS status = unregister_provider();
    if (!BCRYPT_SUCCESS(status))
        return nt_failed("The provider cannot be unregistered", status);
    for (int wow64 = 0; wow64 <= 1; wow64++)
        if (installed_dll_path(wow64 != 0, path) && GetFileAttributesW(path) != INVALID_FILE_ATTRIBUTES && !DeleteFileW(path)
            && !put_aside(path))
            return failed("The DLL cannot be removed", GetLastError());
    LSTATUS source = RegDeleteKeyW(HKEY_LOCAL_MACHINE, event_source_key);
    if (source != ERROR_SUCCESS && source != ERROR_FILE_NOT_FOUND)
        return failed("The event source cannot be removed", (DWORD)source);
    printf("Unregistered the provider. %%ProgramData%%\\CodeSigning is left unchanged.\n");
    return 0;
}
