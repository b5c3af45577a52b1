/* Where the DLLs are. */
#ifndef CODESIGNING_KSP_REGISTER_PATHS_H
#define CODESIGNING_KSP_REGISTER_PATHS_H

#include <windows.h>

#include <stdbool.h>

/* Full path of the DLL in System32, or for `wow64` in SysWOW64; false when there is no such folder. */
bool system_path(bool wow64, wchar_t path[MAX_PATH]);

#endif
