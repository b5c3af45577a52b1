/* Certificates in DER and in PEM: what is pointed to lies within what was given. */
#include <stdlib.h>
#include <string.h>

#include "values/chain.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void check(const cs_certificate *certificate)
{
    const cs_span spans[] = { certificate->serial, certificate->issuer, certificate->subject, certificate->key.info,
                              certificate->key.modulus, certificate->key.exponent, certificate->key.curve, certificate->key.point };
    for (size_t i = 0; i < sizeof spans / sizeof *spans; i++)
        if (spans[i].data != NULL
            && (spans[i].data < certificate->der || spans[i].length > (size_t)(certificate->der + certificate->der_length - spans[i].data)))
            abort();
    if (memchr(certificate->name, 0, sizeof certificate->name) == NULL)
        abort();
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    cs_certificate certificate;
    if (cs_certificate_parse(&certificate, data, size, NULL) == CS_OK) {
        check(&certificate);
        cs_certificate_release(&certificate);
    }
    cs_chain *chain = cs_chain_parse((const char *)data, size, NULL);
    for (size_t i = 0; i < cs_chain_length(chain); i++)
        check(cs_chain_at(chain, i));
    cs_chain_release(chain);
    const unsigned char *digest;
    if (cs_digest_info_read(data, size, &digest) != CS_HASH_NONE && (digest < data || digest > data + size))
        abort();
    return 0;
}
