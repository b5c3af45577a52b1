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

/* Up to three bytes of length: a message may be as long as a buffer, 1 MiB. */
static void put_header(cs_buffer *out, unsigned char tag, size_t length)
{
    unsigned char header[5] = { tag, 0x83, (unsigned char)(length >> 16), (unsigned char)(length >> 8), (unsigned char)length };
    if (length >= 0x10000) {
        cs_buffer_append(out, header, 5);
    } else if (length >= 0x100) {
        const unsigned char shorter[] = { tag, 0x82, header[3], header[4] };
        cs_buffer_append(out, shorter, sizeof shorter);
    } else if (length >= 0x80) {
        const unsigned char shorter[] = { tag, 0x81, header[4] };
        cs_buffer_append(out, shorter, sizeof shorter);
    } else {
        const unsigned char shorter[] = { tag, header[4] };
        cs_buffer_append(out, shorter, sizeof shorter);
    }
}

void cs_der_wrap(cs_buffer *out, unsigned char tag, cs_buffer *content)
{
    put_header(out, tag, content->length);
    cs_buffer_append(out, content->data != NULL ? content->data : "", content->length);
    out->failed = out->failed || content->failed;
    cs_buffer_release(content);
}
