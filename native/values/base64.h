/* Base64 of RFC 4648, section 4, with padding and without line breaks. */
#ifndef CODESIGNING_VALUES_BASE64_H
#define CODESIGNING_VALUES_BASE64_H

#include "buffer.h"

bool cs_buffer_append_base64(cs_buffer *buffer, const void *bytes, size_t length);

/* Decodes strictly: padding is required, white space is not allowed. False when malformed or longer than `capacity`. */
bool cs_base64_decode(const char *text, size_t text_length, unsigned char *bytes, size_t capacity, size_t *length);

#endif
