#include "pkcs7.h"

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

/* Puts what `content` holds under a tag, and empties it. */
static void wrap(cs_buffer *out, unsigned char tag, cs_buffer *content)
{
    put_header(out, tag, content->length);
    cs_buffer_append(out, content->data != NULL ? content->data : "", content->length);
    out->failed = out->failed || content->failed;
    cs_buffer_release(content);
}

bool certificates_as_pkcs7(const cs_chain *chain, cs_buffer *message)
{
    static const unsigned char signed_data_type[] = { 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02 };
    /* version 1, no digest algorithms, content of type data that is not there */
    static const unsigned char beginning[] = { 0x02, 0x01, 0x01, 0x31, 0x00, 0x30, 0x0b, 0x06, 0x09, 0x2a,
                                               0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01 };
    static const unsigned char no_signers[] = { 0x31, 0x00 };
    cs_buffer certificates = { 0 }, fields = { 0 }, signed_data = { 0 }, content = { 0 };
    for (size_t i = 0; i < cs_chain_length(chain); i++)
        cs_buffer_append(&certificates, cs_chain_at(chain, i)->der, cs_chain_at(chain, i)->der_length);
    cs_buffer_append(&fields, beginning, sizeof beginning);
    wrap(&fields, 0xa0, &certificates);
    cs_buffer_append(&fields, no_signers, sizeof no_signers);
    wrap(&signed_data, 0x30, &fields);
    cs_buffer_append(&content, signed_data_type, sizeof signed_data_type);
    wrap(&content, 0xa0, &signed_data);
    wrap(message, 0x30, &content);
    return !message->failed;
}
