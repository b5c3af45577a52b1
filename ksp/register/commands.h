/* The commands of codesigning-ksp-register. Each prints what it found or did, in words, and returns the exit status. */
#ifndef CODESIGNING_KSP_COMMANDS_H
#define CODESIGNING_KSP_COMMANDS_H

#include <windows.h>

#include <stdbool.h>

#include "codesigning/client.h"
#include "key_storage.h"

/* Copies the DLLs into the system's folders, registers the provider and the event source, and makes the folder of the
 * configuration. Needs an administrator. */
int install_provider(void);
int uninstall_provider(void);

/* Whether Windows knows the provider, and whether its configuration can be used. Touches no network. */
int show_status(void);

/* From the configuration to the server, its log-in, its signers, and with `sign` to a signature. `signer` may be NULL. */
int test_server(const wchar_t *signer, bool sign);

/* Writes the certificate (.cer, .crt, .der: DER) or the whole chain (.pem, .p7b). */
int export_certificate(const wchar_t *signer, const wchar_t *file);

/* Puts the certificate into the "My" store, bound to the key, and its CAs into "CA". */
int install_certificate(const wchar_t *signer, bool for_machine);

/* --- shared ----------------------------------------------------------------------------------------------------- */

/* Where Windows keeps what is registered. */
#define KSP_PROVIDER_REGISTRY_KEY L"SYSTEM\\CurrentControlSet\\Control\\Cryptography\\Providers\\" KSP_PROVIDER_NAME L"\\UM"

/* Whether the provider is registered under the DLL's name. */
bool is_registered(void);

/* Makes %ProgramData%\CodeSigning for the system and administrators, unless it is there; the error's number, or 0. */
DWORD make_configuration_folder(void);

/* Whether it was made by an administrator, and only those and whom they let in may write into it. A folder that is not
 * there is safe; one whose rights this user may not see is not. */
bool is_configuration_folder_safe(void);

/* What to say when it is not. */
extern const char unsafe_configuration_folder[];

/* Full path of the DLL in System32, or for `wow64` in SysWOW64; false when there is no such folder. */
bool system_path(bool wow64, wchar_t path[MAX_PATH]);

/* Prints "what: why" to standard error and returns the exit status of failures. */
int failed(const char *what, DWORD code);

/* A client by the configuration; NULL after having said why there is none. */
cs_client *open_client(void);

/* The signer's certificates, leaf first; NULL after having said why there are none. `name` receives the signer's own
 * name, which may be asked for by id. */
cs_chain *load_chain(cs_client *client, const wchar_t *signer, wchar_t name[65]);

#endif
