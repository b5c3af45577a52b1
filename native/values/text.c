#include "text.h"

#include <string.h>

static bool is_blank(char character)
{
    return character == ' ' || character == '\t' || character == '\r' || character == '\n';
}

void cs_trim(const char **text, size_t *length)
{
    const char *at = *text;
    size_t left = *length;
    if (left >= 3 && memcmp(at, "\xef\xbb\xbf", 3) == 0) {
        at += 3;
        left -= 3;
    }
    while (left > 0 && is_blank(at[0])) {
        at++;
        left--;
    }
    while (left > 0 && is_blank(at[left - 1]))
        left--;
    *text = at;
    *length = left;
}

bool cs_is_one_word(const char *text)
{
    for (; *text != '\0'; text++)
        if (*text <= 0x20 || *text > 0x7e)
            return false;
    return true;
}

bool cs_is_utf16(const char *text, size_t length)
{
    return length >= 2 && (memcmp(text, "\xff\xfe", 2) == 0 || memcmp(text, "\xfe\xff", 2) == 0);
}

/* RFC 3629, section 4; the Unicode Standard, table 3-7: no overlong forms, no surrogates, nothing above U+10FFFF. */
size_t cs_utf8_sequence(const char *text, size_t available)
{
    const unsigned char *byte = (const unsigned char *)text;
    if (available == 0)
        return 0;
    if (byte[0] < 0x80)
        return 1;
    size_t length = byte[0] >= 0xc2 && byte[0] <= 0xdf ? 2
        : (byte[0] & 0xf0) == 0xe0                     ? 3
        : byte[0] >= 0xf0 && byte[0] <= 0xf4           ? 4
                                                       : 0;
    if (length == 0 || available < length)
        return 0;
    unsigned char low = byte[0] == 0xe0 ? 0xa0 : byte[0] == 0xf0 ? 0x90 : 0x80;
    unsigned char high = byte[0] == 0xed ? 0x9f : byte[0] == 0xf4 ? 0x8f : 0xbf;
    if (byte[1] < low || byte[1] > high)
        return 0;
    for (size_t i = 2; i < length; i++)
        if ((byte[i] & 0xc0) != 0x80)
            return 0;
    return length;
}
