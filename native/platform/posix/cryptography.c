#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <sys/random.h>
#include <errno.h>

#include "platform/platform.h"

struct cs_digest {
    EVP_MD_CTX *context;
};

bool cs_random(void *bytes, size_t length)
{
    unsigned char *at = bytes;
    while (length > 0) {
        ssize_t got = getrandom(at, length, 0);
        if (got < 0 && errno != EINTR)
            return false;
        if (got > 0) {
            at += got;
            length -= (size_t)got;
        }
    }
    return true;
}

static const EVP_MD *message_digest(cs_hash hash)
{
    switch (hash) {
    case CS_HASH_SHA1:
        return EVP_sha1();
    case CS_HASH_SHA256:
        return EVP_sha256();
    case CS_HASH_SHA384:
        return EVP_sha384();
    case CS_HASH_SHA512:
        return EVP_sha512();
    case CS_HASH_NONE:
        break;
    }
    return NULL;
}

cs_digest *cs_digest_start(cs_hash hash)
{
    cs_digest *digest = calloc(1, sizeof *digest);
    if (digest == NULL || cs_process_is_ending()) {
        free(digest);
        return NULL;
    }
    digest->context = EVP_MD_CTX_new();
    if (digest->context != NULL && EVP_DigestInit_ex(digest->context, message_digest(hash), NULL) == 1)
        return digest;
    cs_digest_free(digest);
    return NULL;
}

bool cs_digest_update(cs_digest *digest, const void *bytes, size_t length)
{
    return !cs_process_is_ending() && EVP_DigestUpdate(digest->context, bytes, length) == 1;
}

bool cs_digest_finish(cs_digest *digest, unsigned char *out)
{
    return !cs_process_is_ending() && EVP_DigestFinal_ex(digest->context, out, NULL) == 1;
}

/* Once the process is ending, OpenSSL may have freed its state: what it made is left to the system. */
void cs_digest_free(cs_digest *digest)
{
    if (digest == NULL || cs_process_is_ending())
        return;
    EVP_MD_CTX_free(digest->context);
    free(digest);
}

bool cs_digest_compute(cs_hash hash, const void *bytes, size_t length, unsigned char *out)
{
    return !cs_process_is_ending() && EVP_Digest(bytes, length, out, NULL, message_digest(hash), NULL) == 1;
}

/* r and s one after the other, as DER; to be freed by the caller. */
static unsigned char *ecdsa_to_der(const unsigned char *signature, size_t length, int *der_length)
{
    unsigned char *der = NULL;
    ECDSA_SIG *pair = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(signature, (int)(length / 2), NULL);
    BIGNUM *s = BN_bin2bn(signature + length / 2, (int)(length / 2), NULL);
    if (pair == NULL || r == NULL || s == NULL || ECDSA_SIG_set0(pair, r, s) != 1) {
        BN_free(r);
        BN_free(s);
    } else {
        *der_length = i2d_ECDSA_SIG(pair, &der);
    }
    ECDSA_SIG_free(pair);
    return der;
}

static bool configure(EVP_PKEY_CTX *context, cs_scheme scheme, const EVP_MD *hash)
{
    if (EVP_PKEY_verify_init(context) != 1 || EVP_PKEY_CTX_set_signature_md(context, hash) != 1)
        return false;
    if (scheme == CS_SCHEME_RSA_PSS)
        return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1
            && EVP_PKEY_CTX_set_rsa_mgf1_md(context, hash) == 1
            && EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1;
    return scheme != CS_SCHEME_RSA_PKCS1 || EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1;
}

static cs_verdict verify(EVP_PKEY *key, cs_scheme scheme, cs_hash hash, const unsigned char *digest,
                         const unsigned char *signature, size_t length)
{
    cs_verdict verdict = CS_SIGNATURE_UNCHECKED;
    unsigned char *der = NULL;
    int der_length = 0;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
    if (scheme == CS_SCHEME_ECDSA) {
        der = ecdsa_to_der(signature, length, &der_length);
        signature = der;
        length = (size_t)der_length;
    }
    if (context != NULL && signature != NULL && configure(context, scheme, message_digest(hash)))
        verdict = EVP_PKEY_verify(context, signature, length, digest, cs_hash_length(hash)) == 1 ? CS_SIGNATURE_VALID
                                                                                               : CS_SIGNATURE_INVALID;
    OPENSSL_free(der);
    EVP_PKEY_CTX_free(context);
    return verdict;
}

cs_verdict cs_verify(const cs_public_key *key, cs_scheme scheme, cs_hash hash, const unsigned char *digest,
                     const unsigned char *signature, size_t signature_length)
{
    if (cs_process_is_ending())
        return CS_SIGNATURE_UNCHECKED;
    if (signature_length != cs_signature_length(key->algorithm))
        return CS_SIGNATURE_INVALID;
    const unsigned char *info = key->info.data;
    EVP_PKEY *parsed = d2i_PUBKEY(NULL, &info, (long)key->info.length);
    cs_verdict verdict =
        parsed != NULL ? verify(parsed, scheme, hash, digest, signature, signature_length) : CS_SIGNATURE_UNCHECKED;
    EVP_PKEY_free(parsed);
    return verdict;
}
