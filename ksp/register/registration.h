/* What Windows has of the provider: entries of the registry, and DLLs in its folders. */
#ifndef CODESIGNING_KSP_REGISTER_REGISTRATION_H
#define CODESIGNING_KSP_REGISTER_REGISTRATION_H

#include <stdbool.h>

#include "key_storage.h"

/* Where Windows keeps what is registered. */
#define KSP_PROVIDER_REGISTRY_KEY L"SYSTEM\\CurrentControlSet\\Control\\Cryptography\\Providers\\" KSP_PROVIDER_NAME L"\\UM"

/* Whether the provider is registered under the DLL's name. */
bool is_registered(void);

/* Whether it is listed among the key storage providers that Windows looks through. */
bool is_listed(void);

/* Full path of the DLL in System32, or for `wow64` in SysWOW64; false when there is no such folder. */
bool installed_dll_path(bool wow64, wchar_t path[MAX_PATH]);

#endif
