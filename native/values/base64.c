#include "base64.h"

#include <stdint.h>
#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

bool cs_buffer_append_base64(cs_buffer *buffer, const void *bytes, size_t length)
{
    const unsigned char *in = bytes;
    for (size_t i = 0; i < length; i += 3) {
        size_t rest = length - i;
        uint32_t bits = (uint32_t)in[i] << 16;
        if (rest > 1)
            bits |= (uint32_t)in[i + 1] << 8;
        if (rest > 2)
            bits |= in[i + 2];
        const char quad[4] = {
            alphabet[bits >> 18],
            alphabet[(bits >> 12) & 63],
            rest > 1 ? alphabet[(bits >> 6) & 63] : '=',
            rest > 2 ? alphabet[bits & 63] : '=',
        };
        if (!cs_buffer_append(buffer, quad, 4))
            return false;
    }
    return true;
}

static int value_of(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool cs_base64_decode(const char *text, size_t text_length, unsigned char *bytes, size_t capacity, size_t *length)
{
    *length = 0;
    if (text_length % 4 != 0)
        return false;
    for (size_t i = 0; i < text_length; i += 4) {
        bool last = i + 4 == text_length;
        size_t padding = last && text[i + 3] == '=' ? (text[i + 2] == '=' ? 2 : 1) : 0;
        uint32_t bits = 0;
        for (size_t j = 0; j < 4; j++) {
            int value = j >= 4 - padding ? 0 : value_of(text[i + j]);
            if (value < 0)
                return false;
            bits = (bits << 6) | (uint32_t)value;
        }
        size_t count = 3 - padding;
        /* Bits behind the last byte must be zero, or two texts would stand for the same bytes. */
        if ((padding == 1 && (bits & 0xff) != 0) || (padding == 2 && (bits & 0xffff) != 0))
            return false;
        if (count > capacity - *length)
            return false;
        for (size_t j = 0; j < count; j++)
            bytes[(*length)++] = (unsigned char)(bits >> (16 - 8 * j));
    }
    return true;
}
