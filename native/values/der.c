#include "der.h"

bool cs_der_take(cs_span *rest, cs_der_element *element)
{
    const unsigned char *data = rest->data;
    if (rest->length < 2 || (data[0] & 0x1f) == 0x1f)
        return false;
    size_t header = 2;
    size_t length = data[1];
    if (length >= 0x80) {
        size_t count = length & 0x7f;
        if (count == 0 || count > 3 || rest->length < 2 + count || data[2] == 0)
            return false;
        length = 0;
        for (size_t i = 0; i < count; i++)
            length = length << 8 | data[2 + i];
        if (length < 0x80)
            return false;
        header += count;
    }
    if (length > rest->length - header)
        return false;
    element->tag = data[0];
    element->whole = (cs_span){ data, header + length };
    element->content = (cs_span){ data + header, length };
    rest->data += header + length;
    rest->length -= header + length;
    return true;
}

bool cs_der_expect(cs_span *rest, unsigned char tag, cs_der_element *element)
{
    return cs_der_take(rest, element) && element->tag == tag;
}
