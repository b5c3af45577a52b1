#include "mechanism.h"

#include <stddef.h>

static const p11_mechanism mechanisms[P11_MECHANISMS] = {
    { CKM_RSA_PKCS, CS_SCHEME_RSA_PKCS1, CS_HASH_NONE, false },
    { CKM_SHA256_RSA_PKCS, CS_SCHEME_RSA_PKCS1, CS_HASH_SHA256, false },
    { CKM_SHA384_RSA_PKCS, CS_SCHEME_RSA_PKCS1, CS_HASH_SHA384, false },
    { CKM_SHA512_RSA_PKCS, CS_SCHEME_RSA_PKCS1, CS_HASH_SHA512, false },
    { CKM_RSA_PKCS_PSS, CS_SCHEME_RSA_PSS, CS_HASH_NONE, false },
    { CKM_SHA256_RSA_PKCS_PSS, CS_SCHEME_RSA_PSS, CS_HASH_SHA256, false },
    { CKM_SHA384_RSA_PKCS_PSS, CS_SCHEME_RSA_PSS, CS_HASH_SHA384, false },
    { CKM_SHA512_RSA_PKCS_PSS, CS_SCHEME_RSA_PSS, CS_HASH_SHA512, false },
    { CKM_ECDSA, CS_SCHEME_ECDSA, CS_HASH_NONE, false },
    { CKM_ECDSA_SHA256, CS_SCHEME_ECDSA, CS_HASH_SHA256, false },
    { CKM_ECDSA_SHA384, CS_SCHEME_ECDSA, CS_HASH_SHA384, false },
    { CKM_ECDSA_SHA512, CS_SCHEME_ECDSA, CS_HASH_SHA512, false },
    { CKM_SHA_1, CS_SCHEME_RSA_PKCS1, CS_HASH_SHA1, true },
    { CKM_SHA256, CS_SCHEME_RSA_PKCS1, CS_HASH_SHA256, true },
    { CKM_SHA384, CS_SCHEME_RSA_PKCS1, CS_HASH_SHA384, true },
    { CKM_SHA512, CS_SCHEME_RSA_PKCS1, CS_HASH_SHA512, true },
};

const p11_mechanism *p11_mechanism_find(CK_MECHANISM_TYPE type)
{
    for (size_t i = 0; i < P11_MECHANISMS; i++)
        if (mechanisms[i].type == type)
            return &mechanisms[i];
    return NULL;
}

bool p11_mechanism_is_rsa(const p11_mechanism *mechanism)
{
    return mechanism->scheme != CS_SCHEME_ECDSA;
}

bool p11_mechanism_is_offered(const p11_mechanism *mechanism, bool rsa, bool ec)
{
    return mechanism->digest_only || (p11_mechanism_is_rsa(mechanism) ? rsa : ec);
}

size_t p11_mechanisms(bool rsa, bool ec, CK_MECHANISM_TYPE *types, size_t capacity)
{
    size_t count = 0;
    for (size_t i = 0; i < P11_MECHANISMS; i++) {
        if (!p11_mechanism_is_offered(&mechanisms[i], rsa, ec))
            continue;
        if (count < capacity)
            types[count] = mechanisms[i].type;
        count++;
    }
    return count;
}
