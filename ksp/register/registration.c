#include "registration.h"

#include <stdio.h>

static const wchar_t order_key[] =
    L"SYSTEM\\CurrentControlSet\\Control\\Cryptography\\Configuration\\Local\\Default\\00010001\\KEY_STORAGE";

/* BCryptQueryProviderRegistration returns a tree of structures; the registry value that it reads is enough. */
bool is_registered(void)
{
    wchar_t image[MAX_PATH];
    DWORD size = sizeof image;
    return RegGetValueW(HKEY_LOCAL_MACHINE, KSP_PROVIDER_REGISTRY_KEY, L"Image", RRF_RT_REG_SZ, NULL, image, &size)
            == ERROR_SUCCESS
        && _wcsicmp(image, KSP_IMAGE_NAME) == 0;
}

bool is_listed(void)
{
    static wchar_t names[8192];
    DWORD size = sizeof names;
    if (RegGetValueW(HKEY_LOCAL_MACHINE, order_key, L"Providers", RRF_RT_REG_MULTI_SZ, NULL, names, &size) != ERROR_SUCCESS)
        return false;
    for (const wchar_t *name = names; *name != L'\0'; name += wcslen(name) + 1)
        if (wcscmp(name, KSP_PROVIDER_NAME) == 0)
            return true;
    return false;
}

bool installed_dll_path(bool wow64, wchar_t path[MAX_PATH])
{
    wchar_t folder[MAX_PATH];
    UINT length = wow64 ? GetSystemWow64DirectoryW(folder, MAX_PATH) : GetSystemDirectoryW(folder, MAX_PATH);
    return length > 0 && length < MAX_PATH
        && _snwprintf(path, MAX_PATH, L"%ls\\" KSP_IMAGE_NAME, folder) < MAX_PATH - 1;
}
