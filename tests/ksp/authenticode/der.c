#include "der.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static unsigned char *allocate(size_t length)
{
    unsigned char *memory = malloc(length != 0 ? length : 1);
    if (memory == NULL)
        abort();
    return memory;
}

der der_span(const void *data, size_t length)
{
    return (der){ data, length };
}

der der_join(der a, der b, der c, der d, der e, der f, der g, der h)
{
    const der parts[] = { a, b, c, d, e, f, g, h };
    size_t length = 0;
    for (size_t i = 0; i < 8; i++)
        length += parts[i].length;
    unsigned char *joined = allocate(length), *at = joined;
    for (size_t i = 0; i < 8; i++) {
        if (parts[i].length > 0)
            memcpy(at, parts[i].data, parts[i].length);
        at += parts[i].length;
    }
    return (der){ joined, length };
}

der der_wrap(unsigned char tag, der content)
{
    unsigned char *whole = allocate(content.length + 6);
    size_t at = 0;
    whole[at++] = tag;
    if (content.length < 0x80) {
        whole[at++] = (unsigned char)content.length;
    } else {
        int bytes = content.length > 0xffff ? 3 : content.length > 0xff ? 2 : 1;
        whole[at++] = (unsigned char)(0x80 | bytes);
        for (int i = bytes - 1; i >= 0; i--)
            whole[at++] = (unsigned char)(content.length >> (8 * i));
    }
    if (content.length > 0)
        memcpy(whole + at, content.data, content.length);
    return (der){ whole, at + content.length };
}

der der_unsigned(const unsigned char *bytes, size_t length)
{
    static const unsigned char zero[] = { 0 };
    der none = { NULL, 0 };
    while (length > 1 && bytes[0] == 0) {
        bytes++;
        length--;
    }
    der sign = (bytes[0] & 0x80) != 0 ? der_span(zero, 1) : none;
    return der_wrap(0x02, der_join(sign, der_span(bytes, length), none, none, none, none, none, none));
}

der der_object_identifier(const char *dotted)
{
    unsigned char bytes[64];
    size_t length = 0;
    char *rest;
    unsigned long number = strtoul(dotted, &rest, 10) * 40; /* the first two share one number */
    for (bool first = true; *rest == '.'; first = false) {
        number = (first ? number : 0) + strtoul(rest + 1, &rest, 10);
        for (int shift = 28; shift >= 0; shift -= 7)
            if (number >> shift != 0 || shift == 0)
                bytes[length++] = (unsigned char)((number >> shift & 0x7f) | (shift > 0 ? 0x80 : 0));
    }
    return der_wrap(0x06, der_join(der_span(bytes, length), der_span(NULL, 0), der_span(NULL, 0), der_span(NULL, 0),
                                   der_span(NULL, 0), der_span(NULL, 0), der_span(NULL, 0), der_span(NULL, 0)));
}
