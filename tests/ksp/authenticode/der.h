/* Puts DER together, innermost first. Memory is never given back: the program ends soon. */
#ifndef CODESIGNING_KSP_DER_H
#define CODESIGNING_KSP_DER_H

#include <stddef.h>

typedef struct der {
    const unsigned char *data;
    size_t length;
} der;

#define DER_LITERAL(...) ((der){ (const unsigned char[]){ __VA_ARGS__ }, sizeof((const unsigned char[]){ __VA_ARGS__ }) })

der der_span(const void *data, size_t length);

/* One after the other; up to eight, those with a length of 0 count for nothing. */
der der_join(der a, der b, der c, der d, der e, der f, der g, der h);

/* Tag and length in front. */
der der_wrap(unsigned char tag, der content);

/* An INTEGER of an unsigned number, highest byte first. */
der der_unsigned(const unsigned char *bytes, size_t length);

/* An OBJECT IDENTIFIER from "1.2.840.113549". */
der der_object_identifier(const char *dotted);

#endif
