#include "algorithm.h"

#include <string.h>

static const struct {
    const char *name;
    unsigned bits;
    size_t signature_length;
} keys[] = {
    [CS_KEY_UNKNOWN] = { "", 0, 0 },
    [CS_KEY_RSA_2048] = { "RSA_2048", 2048, 256 },
    [CS_KEY_RSA_3072] = { "RSA_3072", 3072, 384 },
    [CS_KEY_RSA_4096] = { "RSA_4096", 4096, 512 },
    [CS_KEY_EC_P256] = { "EC_P256", 256, 64 },
    [CS_KEY_EC_P384] = { "EC_P384", 384, 96 },
    [CS_KEY_EC_P521] = { "EC_P521", 521, 132 },
};

cs_key_algorithm cs_key_algorithm_from_name(const char *name)
{
    for (int key = CS_KEY_RSA_2048; key <= CS_KEY_EC_P521; key++)
        if (name != NULL && strcmp(keys[key].name, name) == 0)
            return (cs_key_algorithm)key;
    return CS_KEY_UNKNOWN;
}

bool cs_key_algorithm_is_rsa(cs_key_algorithm key)
{
    return key >= CS_KEY_RSA_2048 && key <= CS_KEY_RSA_4096;
}

unsigned cs_key_algorithm_bits(cs_key_algorithm key)
{
    return keys[key].bits;
}

size_t cs_signature_length(cs_key_algorithm key)
{
    return keys[key].signature_length;
}

size_t cs_hash_length(cs_hash hash)
{
    static const size_t lengths[] = {
        [CS_HASH_NONE] = 0, [CS_HASH_SHA1] = 20, [CS_HASH_SHA256] = 32, [CS_HASH_SHA384] = 48, [CS_HASH_SHA512] = 64,
    };
    return lengths[hash];
}

const char *cs_signing_algorithm_name(cs_scheme scheme, cs_hash hash)
{
    static const char *const names[3][3] = {
        [CS_SCHEME_RSA_PKCS1] = { "RSASSA_PKCS1_V1_5_SHA256", "RSASSA_PKCS1_V1_5_SHA384", "RSASSA_PKCS1_V1_5_SHA512" },
        [CS_SCHEME_RSA_PSS] = { "RSASSA_PSS_SHA256", "RSASSA_PSS_SHA384", "RSASSA_PSS_SHA512" },
        [CS_SCHEME_ECDSA] = { "ECDSA_SHA256", "ECDSA_SHA384", "ECDSA_SHA512" },
    };
    return hash >= CS_HASH_SHA256 && hash <= CS_HASH_SHA512 ? names[scheme][hash - CS_HASH_SHA256] : NULL;
}

cs_hash cs_digest_info_read(const unsigned char *data, size_t length, const unsigned char **digest)
{
    /* SEQUENCE { SEQUENCE { OID 2.16.840.1.101.3.4.2.x, NULL }, OCTET STRING }; three bytes differ by hash. */
    static const unsigned char prefix[19] = {
        0x30, 0, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0, 0x05, 0x00, 0x04, 0,
    };
    for (int hash = CS_HASH_SHA256; hash <= CS_HASH_SHA512; hash++) {
        size_t digest_length = cs_hash_length((cs_hash)hash);
        unsigned char expected[sizeof prefix];
        memcpy(expected, prefix, sizeof prefix);
        expected[1] = (unsigned char)(17 + digest_length);
        expected[14] = (unsigned char)(1 + hash - CS_HASH_SHA256);
        expected[18] = (unsigned char)digest_length;
        if (length == sizeof prefix + digest_length && memcmp(data, expected, sizeof prefix) == 0) {
            *digest = data + sizeof prefix;
            return (cs_hash)hash;
        }
    }
    return CS_HASH_NONE;
}
