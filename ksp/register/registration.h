/* What Windows knows of the provider, read from the registry. */
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

#endif
