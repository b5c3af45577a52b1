#include "chain.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base64.h"
#include "buffer.h"

struct cs_chain {
    atomic_size_t references;
    size_t length;
    cs_certificate certificates[CS_MAX_CHAIN_LENGTH];
};

/* memmem is not in C11. */
static const char *find(const char *text, size_t length, const char *what)
{
    size_t what_length = strlen(what);
    for (size_t i = 0; i + what_length <= length; i++)
        if (memcmp(text + i, what, what_length) == 0)
            return text + i;
    return NULL;
}

/* Decodes the base64 between two PEM lines; line ends and spaces are dropped. */
static cs_result decode_one(cs_certificate *certificate, const char *body, size_t length, cs_error *error)
{
    char *text = malloc(length + 1);
    if (text == NULL)
        return cs_fail(error, CS_NO_MEMORY, "out of memory");
    size_t kept = 0;
    for (size_t i = 0; i < length; i++)
        if (body[i] != '\n' && body[i] != '\r' && body[i] != ' ' && body[i] != '\t')
            text[kept++] = body[i];
    size_t der_length;
    unsigned char *der = (unsigned char *)text; /* in place: three bytes are written for four that were read */
    cs_result result = cs_base64_decode(text, kept, der, kept, &der_length)
        ? cs_certificate_parse(certificate, der, der_length, error)
        : cs_fail(error, CS_PROTOCOL, "a certificate is invalid: expected base64");
    free(text);
    return result;
}

static cs_result parse(cs_chain *chain, const char *pem, size_t length, cs_error *error)
{
    static const char begin[] = "-----BEGIN CERTIFICATE-----";
    static const char end[] = "-----END CERTIFICATE-----";
    const char *stop = pem + length;
    const char *at = pem;
    while ((at = find(at, (size_t)(stop - at), begin)) != NULL) {
        at += sizeof begin - 1;
        const char *last = find(at, (size_t)(stop - at), end);
        if (last == NULL)
            return cs_fail(error, CS_PROTOCOL, "a certificate is invalid: expected the line END CERTIFICATE");
        if (chain->length == CS_MAX_CHAIN_LENGTH)
            return cs_fail(error, CS_PROTOCOL, "a chain of more than %d CA certificates", CS_MAX_AUTHORITIES);
        cs_result result = decode_one(&chain->certificates[chain->length], at, (size_t)(last - at), error);
        if (result != CS_OK)
            return result;
        chain->length++;
        at = last;
    }
    return chain->length > 0 ? CS_OK : cs_fail(error, CS_PROTOCOL, "the answer holds no certificate");
}

cs_chain *cs_chain_parse(const char *pem, size_t length, cs_error *error)
{
    cs_chain *chain = calloc(1, sizeof *chain);
    if (chain == NULL) {
        cs_fail(error, CS_NO_MEMORY, "out of memory");
        return NULL;
    }
    atomic_init(&chain->references, 1);
    if (parse(chain, pem, length, error) == CS_OK)
        return chain;
    cs_chain_release(chain);
    return NULL;
}

cs_chain *cs_chain_retain(cs_chain *chain)
{
    if (chain != NULL)
        atomic_fetch_add(&chain->references, 1);
    return chain;
}

void cs_chain_release(cs_chain *chain)
{
    if (chain == NULL || atomic_fetch_sub(&chain->references, 1) != 1)
        return;
    for (size_t i = 0; i < chain->length; i++)
        cs_certificate_release(&chain->certificates[i]);
    free(chain);
}

size_t cs_chain_length(const cs_chain *chain)
{
    return chain == NULL ? 0 : chain->length;
}

const cs_certificate *cs_chain_at(const cs_chain *chain, size_t index)
{
    return &chain->certificates[index];
}
