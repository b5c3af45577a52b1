/* Command lines without their secrets. */
#ifndef CODESIGNING_CLIENT_REDACT_H
#define CODESIGNING_CLIENT_REDACT_H

#include <stddef.h>

/* Writes the command line into `out`, words separated by spaces, values of options that look secret replaced by "***":
 * `--pin 1234`, `-storepass:env X`, `pass:x`, `pin-value=1`, `https://user:pw@host`. Cut to fit `capacity`. */
void cs_command_line_redact(const char *const *words, size_t count, char *out, size_t capacity);

#endif
