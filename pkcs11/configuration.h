/* Where the module finds its configuration, and what it says about it. */
#ifndef CODESIGNING_PKCS11_CONFIGURATION_H
#define CODESIGNING_PKCS11_CONFIGURATION_H

#include "settings/config.h"

/* Reads the configuration, sets up the log by it, and warns of what a person should mend there. `asked_for` is false when a
 * loader of every module of the machine brought this one along. Release `config` in either case. */
cs_result p11_configure(cs_config *config, bool asked_for, cs_error *error);

#endif
