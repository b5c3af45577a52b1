#include "paths.h"

#include <stdio.h>

#include "key_storage.h"

bool system_path(bool wow64, wchar_t path[MAX_PATH])
{
    wchar_t folder[MAX_PATH];
    UINT length = wow64 ? GetSystemWow64DirectoryW(folder, MAX_PATH) : GetSystemDirectoryW(folder, MAX_PATH);
    return length > 0 && length < MAX_PATH
        && _snwprintf(path, MAX_PATH, L"%ls\\" KSP_IMAGE_NAME, folder) < MAX_PATH - 1;
}
