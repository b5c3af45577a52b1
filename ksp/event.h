/* The Application log of Windows, where administrators look first. */
#ifndef CODESIGNING_KSP_EVENT_H
#define CODESIGNING_KSP_EVENT_H

#include "key_storage.h"

#define KSP_EVENT_SOURCE L"CodeSigning"

/* Writes one error event. A failure to do so is ignored. */
void ksp_event_write(const char *message, SECURITY_STATUS status);

#endif
