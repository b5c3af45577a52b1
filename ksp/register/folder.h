/* %ProgramData%\CodeSigning, the folder of the configuration. */
#ifndef CODESIGNING_KSP_REGISTER_FOLDER_H
#define CODESIGNING_KSP_REGISTER_FOLDER_H

#include <windows.h>

#include <stdbool.h>

/* Makes %ProgramData%\CodeSigning for the system and administrators, unless it exists; returns the error code, or 0. */
DWORD make_configuration_folder(void);

/* Whether an administrator made it, and no group of all users may write into it. A folder that does not exist is safe; one
 * whose rights this user may not read is not. */
bool is_configuration_folder_safe(void);

/* The message when it is not. */
extern const char unsafe_configuration_folder[];

#endif
