#include "pkcs7.h"

#include "values/der.h"

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
    cs_der_wrap(&fields, 0xa0, &certificates);
    cs_buffer_append(&fields, no_signers, sizeof no_signers);
    cs_der_wrap(&signed_data, 0x30, &fields);
    cs_buffer_append(&content, signed_data_type, sizeof signed_data_type);
    cs_der_wrap(&content, 0xa0, &signed_data);
    cs_der_wrap(message, 0x30, &content);
    return !message->failed;
}
