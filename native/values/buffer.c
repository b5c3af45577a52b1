#include "buffer.h"

#include <stdlib.h>
#include <string.h>

#include "secret.h"

static const size_t default_limit = 1024 * 1024;

/* Grows by copying, never by realloc, which may leave the old bytes behind. */
static bool reserve(cs_buffer *buffer, size_t extra)
{
    size_t limit = buffer->limit != 0 ? buffer->limit : default_limit;
    if (buffer->failed || extra > limit || buffer->length > limit - extra) {
        buffer->failed = true;
        return false;
    }
    size_t needed = buffer->length + extra + 1;
    if (needed <= buffer->capacity)
        return true;
    size_t capacity = buffer->capacity != 0 ? buffer->capacity : 256;
    while (capacity < needed)
        capacity *= 2;
    char *data = malloc(capacity);
    if (data == NULL) {
        buffer->failed = true;
        return false;
    }
    if (buffer->length > 0)
        memcpy(data, buffer->data, buffer->length);
    if (buffer->data != NULL)
        cs_wipe(buffer->data, buffer->length);
    free(buffer->data);
    buffer->data = data;
    buffer->capacity = capacity;
    return true;
}

bool cs_buffer_append(cs_buffer *buffer, const void *bytes, size_t length)
{
    if (!reserve(buffer, length))
        return false;
    if (length > 0)
        memcpy(buffer->data + buffer->length, bytes, length);
    buffer->length += length;
    buffer->data[buffer->length] = '\0';
    return true;
}

bool cs_buffer_append_text(cs_buffer *buffer, const char *text)
{
    return cs_buffer_append(buffer, text, strlen(text));
}

bool cs_buffer_append_hex(cs_buffer *buffer, const void *bytes, size_t length)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *byte = bytes;
    for (size_t i = 0; i < length; i++) {
        const char pair[2] = { digits[byte[i] >> 4], digits[byte[i] & 15] };
        if (!cs_buffer_append(buffer, pair, 2))
            return false;
    }
    return true;
}

bool cs_buffer_append_escaped_path(cs_buffer *buffer, const char *text)
{
    static const char unreserved[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    static const char digits[] = "0123456789ABCDEF";
    for (const char *at = text; *at != '\0'; at++) {
        unsigned char byte = (unsigned char)*at;
        const char escaped[3] = { '%', digits[byte >> 4], digits[byte & 15] };
        bool plain = strchr(unreserved, *at) != NULL;
        if (!cs_buffer_append(buffer, plain ? at : escaped, plain ? 1 : 3))
            return false;
    }
    return true;
}

void cs_buffer_release(cs_buffer *buffer)
{
    if (buffer->data != NULL)
        cs_wipe(buffer->data, buffer->length);
    free(buffer->data);
    size_t limit = buffer->limit;
    memset(buffer, 0, sizeof *buffer);
    buffer->limit = limit;
}
