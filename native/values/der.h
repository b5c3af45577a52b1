/* DER, one element at a time. Reads only definite and minimal lengths of at most 1 MiB, and copies nothing. */
#ifndef CODESIGNING_VALUES_DER_H
#define CODESIGNING_VALUES_DER_H

#include "buffer.h"

typedef struct cs_span {
    const unsigned char *data;
    size_t length;
} cs_span;

enum cs_der_tag {
    CS_DER_INTEGER = 0x02,
    CS_DER_BIT_STRING = 0x03,
    CS_DER_OCTET_STRING = 0x04,
    CS_DER_OID = 0x06,
    CS_DER_UTF8_STRING = 0x0c,
    CS_DER_NUMERIC_STRING = 0x12,
    CS_DER_PRINTABLE_STRING = 0x13,
    CS_DER_TELETEX_STRING = 0x14,
    CS_DER_IA5_STRING = 0x16,
    CS_DER_UTC_TIME = 0x17,
    CS_DER_GENERALIZED_TIME = 0x18,
    CS_DER_VISIBLE_STRING = 0x1a,
    CS_DER_UNIVERSAL_STRING = 0x1c,
    CS_DER_BMP_STRING = 0x1e,
    CS_DER_SEQUENCE = 0x30,
    CS_DER_SET = 0x31,
    CS_DER_CONTEXT_0 = 0xa0,
};

typedef struct cs_der_element {
    unsigned char tag;
    cs_span whole;   /* with tag and length */
    cs_span content;
} cs_der_element;

/* Takes the next element off the front of `rest`. */
bool cs_der_take(cs_span *rest, cs_der_element *element);

/* The same, and the tag must be this. */
bool cs_der_expect(cs_span *rest, unsigned char tag, cs_der_element *element);

/* Appends an element of this tag with what `content` holds, at most 1 MiB, and empties `content`. */
void cs_der_wrap(cs_buffer *out, unsigned char tag, cs_buffer *content);

#endif
