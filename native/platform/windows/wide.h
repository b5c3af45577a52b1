/* Conversion of UTF-8, which the core uses, to UTF-16, which Windows uses, and back. */
#ifndef CODESIGNING_PLATFORM_WINDOWS_WIDE_H
#define CODESIGNING_PLATFORM_WINDOWS_WIDE_H

#include <stddef.h>
#include <wchar.h>

/* A copy to be freed with cs_wide_free; NULL for NULL, for text that is not UTF-8, and when out of memory. */
wchar_t *cs_wide(const char *text);

/* Wipes and frees: the text may have held a token. NULL is allowed. */
void cs_wide_free(wchar_t *text);

/* A copy to be freed with cs_secret_free; lone surrogates become U+FFFD. NULL for NULL and when out of memory. */
char *cs_narrow(const wchar_t *text);

/* Writes NUL-terminated UTF-8, cut at a whole character to fit. */
void cs_narrow_into(const wchar_t *text, char *out, size_t capacity);

#endif
