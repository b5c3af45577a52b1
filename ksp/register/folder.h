/* %ProgramData%\CodeSigning, the folder of the configuration. */
#ifndef CODESIGNING_KSP_REGISTER_FOLDER_H
#define CODESIGNING_KSP_REGISTER_FOLDER_H

#include <windows.h>

#include <stdbool.h>

/* Makes %ProgramData%\CodeSigning for the system and administrators, unless it is there; the error's number, or 0. */
DWORD make_configuration_folder(void);

/* Whether it was made by an administrator, and only those and whom they let in may write into it. A folder that is not
 * there is safe; one whose rights this user may not see is not. */
bool is_configuration_folder_safe(void);

/* What to say when it is not. */
extern const char unsafe_configuration_folder[];

#endif
