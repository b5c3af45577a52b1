/* How a command says that it failed. */
#ifndef CODESIGNING_KSP_REGISTER_FAILURE_H
#define CODESIGNING_KSP_REGISTER_FAILURE_H

#include <windows.h>

/* Prints "what: why" to standard error and returns the exit status of failures. */
int failed(const char *what, DWORD code);

#endif
