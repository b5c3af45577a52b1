/* Where the module finds its configuration, and what it says about it. */
#ifndef CODESIGNING_PKCS11_CONFIGURATION_H
#define CODESIGNING_PKCS11_CONFIGURATION_H

#include "settings/config.h"

/* Reads the configuration, configures the log by it, and warns of what a person should correct there. `asked_for` is false
 * when p11-kit loaded this module with all others of the machine. Release `config` in either case. */
cs_result p11_configure(cs_config *config, bool asked_for, cs_error *error);

#endif
