/* What functions of the table answer. */
#ifndef CODESIGNING_KSP_ANSWER_H
#define CODESIGNING_KSP_ANSWER_H

#include <windows.h>

#include "values/result.h"

/* The longest name, in characters. */
enum { ksp_max_name = 512 };

/* docs/ksp.md explains each; keep the two consistent. */
SECURITY_STATUS ksp_status(cs_result result);

/* Writes a failure into the event log and returns its status. The core has written it to the log file already, unless
 * it says otherwise. */
SECURITY_STATUS ksp_failed(const cs_error *error);

/* Passes a value to the caller as functions with an output do: only its length for an `output` of NULL, and
 * NTE_BUFFER_TOO_SMALL with the length for one that is too short. */
SECURITY_STATUS ksp_give(const void *value, size_t size, PBYTE output, DWORD capacity, DWORD *length);

/* Whether a name has an end within the limits of CNG. */
BOOL ksp_is_name(LPCWSTR name);

#endif
