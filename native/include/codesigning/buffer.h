/* A growing, bounded run of bytes, wiped when it is released: it may hold tokens and secrets. */
#ifndef CODESIGNING_BUFFER_H
#define CODESIGNING_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

typedef struct cs_buffer {
    char *data;    /* always NUL-terminated once anything was appended */
    size_t length; /* without the NUL */
    size_t capacity;
    size_t limit;  /* 0 stands for 1 MiB */
    bool failed;   /* out of memory or past the limit; appends after that do nothing */
} cs_buffer;

bool cs_buffer_append(cs_buffer *buffer, const void *bytes, size_t length);
bool cs_buffer_append_text(cs_buffer *buffer, const char *text);

/* Base64 with padding, no line breaks. */
bool cs_buffer_append_base64(cs_buffer *buffer, const void *bytes, size_t length);

/* Lower-case hexadecimal. */
bool cs_buffer_append_hex(cs_buffer *buffer, const void *bytes, size_t length);

/* RFC 3986 percent-encoding of everything but unreserved characters. */
bool cs_buffer_append_escaped_path(cs_buffer *buffer, const char *text);

/* Wipes and frees; the buffer can be used again. */
void cs_buffer_release(cs_buffer *buffer);

/* Decodes strict base64 (padding demanded, no white space). False when malformed or longer than `capacity`. */
bool cs_base64_decode(const char *text, size_t text_length, unsigned char *bytes, size_t capacity, size_t *length);

/* What editors, shells and CI systems put around a value is no part of it: a UTF-8 byte order mark in front, blanks and line
 * ends at both ends. Moves the start and the length. */
void cs_trim(const char **text, size_t *length);

/* Whether there is nothing but visible ASCII characters, as in tokens, ids and secrets of the server. */
bool cs_is_one_word(const char *text);

/* Whether a file begins as UTF-16 does, which nothing here reads. */
bool cs_is_utf16(const char *text, size_t length);

/* Overwrites memory in a way that the compiler may not leave out. */
void cs_wipe(void *memory, size_t length);

/* A copy that `cs_secret_free` wipes; NULL for NULL or when out of memory. */
char *cs_duplicate(const char *text);
char *cs_duplicate_span(const char *text, size_t length);
void cs_secret_free(char *text);

#endif
