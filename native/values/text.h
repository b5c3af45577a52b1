/* What people, shells and CI systems make of a text before it gets here. */
#ifndef CODESIGNING_VALUES_TEXT_H
#define CODESIGNING_VALUES_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Removes a UTF-8 byte order mark in front, and blanks and line ends at both ends, by moving start and length. */
void cs_trim(const char **text, size_t *length);

/* Whether there is nothing but visible ASCII characters, as in the server's tokens, ids and secrets. */
bool cs_is_one_word(const char *text);

/* Whether a file begins with a UTF-16 byte order mark; nothing here reads UTF-16. */
bool cs_is_utf16(const char *text, size_t length);

/* The length, 1 to 4 bytes, of the valid UTF-8 sequence at `text`; 0 when there is none (RFC 3629). */
size_t cs_utf8_sequence(const char *text, size_t available);

#endif
