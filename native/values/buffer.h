/* A buffer that grows up to a limit, and is wiped when it is released: it may hold tokens and secrets. */
#ifndef CODESIGNING_VALUES_BUFFER_H
#define CODESIGNING_VALUES_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

typedef struct cs_buffer {
    char *data;    /* always NUL-terminated once anything was appended */
    size_t length; /* without the NUL */
    size_t capacity;
    size_t limit;  /* 0: 1 MiB */
    bool failed;   /* out of memory or past the limit; appends after that do nothing */
} cs_buffer;

bool cs_buffer_append(cs_buffer *buffer, const void *bytes, size_t length);
bool cs_buffer_append_text(cs_buffer *buffer, const char *text);

/* Lower-case hexadecimal. */
bool cs_buffer_append_hex(cs_buffer *buffer, const void *bytes, size_t length);

/* RFC 3986 percent-encoding of everything but unreserved characters. */
bool cs_buffer_append_escaped_path(cs_buffer *buffer, const char *text);

/* Wipes and frees; the buffer can be used again. */
void cs_buffer_release(cs_buffer *buffer);

#endif
