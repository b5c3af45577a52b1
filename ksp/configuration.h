/* Where the provider and its companion program find their configuration. */
#ifndef CODESIGNING_KSP_CONFIGURATION_H
#define CODESIGNING_KSP_CONFIGURATION_H

#include "settings/config.h"

/* %ProgramData%\CodeSigning\config.json; to be freed with cs_secret_free. NULL when there is no %ProgramData%. */
char *ksp_configuration_path(void);

/* Reads that file, if there is one, and the environment. Release `config` in either case. */
cs_result ksp_configuration_load(cs_config *config, cs_error *error);

#endif
