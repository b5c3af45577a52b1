/* The commands of codesigning-ksp-register. Each prints what it found or did, in words, and returns the exit status. */
#ifndef CODESIGNING_KSP_REGISTER_COMMANDS_H
#define CODESIGNING_KSP_REGISTER_COMMANDS_H

#include <stdbool.h>
#include <wchar.h>
#include "values/chain.h"

/* Copies the DLLs into the system's folders, registers the provider and the event source, and makes the folder of the
 * configuration. Needs an administrator. */
int install_provider(void);
int uninstall_provider(void);

/* Whether Windows knows the provider, and whether its configuration can be used. Touches no network. */
int show_status(void);

/* Tries the configuration, the connection, the login, the signers, and with `sign` a signature. `signer` may be NULL. */
int test_server(const wchar_t *signer, bool sign);

/* Writes the certificate (.cer, .crt, .der: DER) or the whole chain (.pem, .p7b). */
int export_certificate(const wchar_t *signer, const wchar_t *file);

/* Puts the certificate into the "My" store, bound to the key, and its CAs into "CA". */
int install_certificate(const wchar_t *signer, bool for_machine);

#endif
