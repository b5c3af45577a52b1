#include <stdio.h>
#include <wchar.h>

#include "commands.h"
#include "configuration.h"
#include "folder.h"
#include "key_storage.h"
#include "platform/platform.h"
#include "registration.h"

typedef NTSTATUS(WINAPI *get_interface_function)(LPCWSTR, key_storage_functions **, DWORD);

static bool say(bool good, const char *when_good, const char *otherwise)
{
    printf("%s %s\n", good ? "ok  " : "BAD ", good ? when_good : otherwise);
    return good;
}

static bool can_be_loaded(const wchar_t *path)
{
    HMODULE module = LoadLibraryExW(path, NULL, LOAD_LIBRARY_SEARCH_SYSTEM32 | LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR);
    if (module == NULL)
        return false;
    key_storage_functions *functions = NULL;
    get_interface_function get = (get_interface_function)(void (*)(void))GetProcAddress(module, "GetKeyStorageInterface");
    bool good = get != NULL && get(KSP_PROVIDER_NAME, &functions, 0) == ERROR_SUCCESS && functions != NULL;
    FreeLibrary(module);
    return good;
}

static bool check_dlls(void)
{
    wchar_t path[MAX_PATH];
    bool good = say(installed_dll_path(false, path) && can_be_loaded(path), "the DLL is in the system's folder and can be loaded",
                    "the DLL is not in the system's folder, or cannot be loaded: run codesigning-ksp-register install");
    if (installed_dll_path(true, path))
        printf("     32-bit programs %s\n", GetFileAttributesW(path) != INVALID_FILE_ATTRIBUTES
                   ? "have a DLL too"
                   : "have no DLL: put x86\\codesigning-ksp.dll beside this program and install again");
    return good;
}

static bool check_configuration(void)
{
    cs_config config;
    cs_error error = { 0 };
    cs_result result = ksp_configuration_load(&config, &error);
    bool good = say(result == CS_OK, "the configuration can be read", error.message);
    if (good) {
        printf("     it comes from %s\n", config.source != NULL ? config.source : "the environment alone");
        good = say(config.server_url != NULL, "serverUrl is set",
                   "serverUrl is missing: write %ProgramData%\\CodeSigning\\config.json or set CODESIGNING_SERVER_URL");
        good = say(config.auth != CS_AUTH_NONE, "credentials are set",
                   "credentials are missing: set auth, or CODESIGNING_CLIENT_ID and CODESIGNING_CLIENT_SECRET") && good;
        if (config.source != NULL)
            good =
                say(is_configuration_folder_safe(), "only administrators may change it", unsafe_configuration_folder) && good;
        good = say(config.ca_certificate == NULL, "the system's trusted roots are used",
                   "caCertificate cannot be used on Windows: certutil -addstore Root FILE, and remove the setting") && good;
        if (config.source != NULL && (config.client_secret != NULL || config.token != NULL))
            say(!cs_file_is_exposed(config.source), "other users may not read the secret",
                "every user may read the secret: restrict the file with icacls");
    }
    cs_config_release(&config);
    return good;
}

int show_status(void)
{
    bool good = say(is_registered(), "the provider is registered",
                    "the provider is not registered: run codesigning-ksp-register install as administrator");
    good = say(is_listed(), "it is listed among the key storage providers",
               "it is not listed among the key storage providers: run codesigning-ksp-register install as administrator")
        && good;
    good = check_dlls() && good;
    good = check_configuration() && good;
    return good ? 0 : 1;
}
