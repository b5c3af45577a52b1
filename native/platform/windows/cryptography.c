#include <windows.h>

#include <bcrypt.h>
#include <stdlib.h>
#include <string.h>

#include "platform/platform.h"
#include "public_blob.h"

struct cs_digest {
    BCRYPT_ALG_HANDLE algorithm;
    BCRYPT_HASH_HANDLE hash;
    cs_hash kind;
};

bool cs_random(void *bytes, size_t length)
{
    return length <= ULONG_MAX
        && BCRYPT_SUCCESS(BCryptGenRandom(NULL, bytes, (ULONG)length, BCRYPT_USE_SYSTEM_PREFERRED_RNG));
}

static const wchar_t *hash_name(cs_hash hash)
{
    switch (hash) {
    case CS_HASH_SHA1:
        return BCRYPT_SHA1_ALGORITHM;
    case CS_HASH_SHA256:
        return BCRYPT_SHA256_ALGORITHM;
    case CS_HASH_SHA384:
        return BCRYPT_SHA384_ALGORITHM;
    case CS_HASH_SHA512:
        return BCRYPT_SHA512_ALGORITHM;
    case CS_HASH_NONE:
        break;
    }
    return NULL;
}

cs_digest *cs_digest_start(cs_hash hash)
{
    const wchar_t *name = hash_name(hash);
    cs_digest *digest = name != NULL ? calloc(1, sizeof *digest) : NULL;
    if (digest == NULL)
        return NULL;
    digest->kind = hash;
    if (BCRYPT_SUCCESS(BCryptOpenAlgorithmProvider(&digest->algorithm, name, NULL, 0))
        && BCRYPT_SUCCESS(BCryptCreateHash(digest->algorithm, &digest->hash, NULL, 0, NULL, 0, 0)))
        return digest;
    cs_digest_free(digest);
    return NULL;
}

bool cs_digest_update(cs_digest *digest, const void *bytes, size_t length)
{
    return length <= ULONG_MAX && BCRYPT_SUCCESS(BCryptHashData(digest->hash, (PUCHAR)bytes, (ULONG)length, 0));
}

bool cs_digest_finish(cs_digest *digest, unsigned char *out)
{
    return BCRYPT_SUCCESS(BCryptFinishHash(digest->hash, out, (ULONG)cs_hash_length(digest->kind), 0));
}

void cs_digest_free(cs_digest *digest)
{
    if (digest == NULL)
        return;
    if (digest->hash != NULL)
        BCryptDestroyHash(digest->hash);
    if (digest->algorithm != NULL)
        BCryptCloseAlgorithmProvider(digest->algorithm, 0);
    free(digest);
}

bool cs_digest_compute(cs_hash hash, const void *bytes, size_t length, unsigned char *out)
{
    cs_digest *digest = cs_digest_start(hash);
    bool done = digest != NULL && cs_digest_update(digest, bytes, length) && cs_digest_finish(digest, out);
    cs_digest_free(digest);
    return done;
}

/* --- public keys ------------------------------------------------------------------------------------------------ */

static const wchar_t *key_name(cs_key_algorithm key)
{
    switch (key) {
    case CS_KEY_EC_P256:
        return BCRYPT_ECDSA_P256_ALGORITHM;
    case CS_KEY_EC_P384:
        return BCRYPT_ECDSA_P384_ALGORITHM;
    case CS_KEY_EC_P521:
        return BCRYPT_ECDSA_P521_ALGORITHM;
    case CS_KEY_UNKNOWN:
        return NULL;
    default:
        return BCRYPT_RSA_ALGORITHM;
    }
}

static ULONG ec_magic(cs_key_algorithm key)
{
    return key == CS_KEY_EC_P256 ? BCRYPT_ECDSA_PUBLIC_P256_MAGIC
        : key == CS_KEY_EC_P384  ? BCRYPT_ECDSA_PUBLIC_P384_MAGIC
                                 : BCRYPT_ECDSA_PUBLIC_P521_MAGIC;
}

static void write_rsa(const cs_public_key *key, unsigned char *blob)
{
    const BCRYPT_RSAKEY_BLOB header = {
        .Magic = BCRYPT_RSAPUBLIC_MAGIC,
        .BitLength = (ULONG)key->modulus.length * 8,
        .cbPublicExp = (ULONG)key->exponent.length,
        .cbModulus = (ULONG)key->modulus.length,
    };
    memcpy(blob, &header, sizeof header);
    memcpy(blob + sizeof header, key->exponent.data, key->exponent.length);
    memcpy(blob + sizeof header + key->exponent.length, key->modulus.data, key->modulus.length);
}

static void write_ec(const cs_public_key *key, unsigned char *blob)
{
    const BCRYPT_ECCKEY_BLOB header = {
        .dwMagic = ec_magic(key->algorithm),
        .cbKey = (ULONG)(key->point.length - 1) / 2,
    };
    memcpy(blob, &header, sizeof header);
    memcpy(blob + sizeof header, key->point.data + 1, key->point.length - 1);
}

size_t cs_public_blob(const cs_public_key *key, unsigned char *blob)
{
    if (key->algorithm == CS_KEY_UNKNOWN)
        return 0;
    bool rsa = cs_key_algorithm_is_rsa(key->algorithm);
    size_t length = rsa
        ? sizeof(BCRYPT_RSAKEY_BLOB) + key->exponent.length + key->modulus.length
        : sizeof(BCRYPT_ECCKEY_BLOB) + key->point.length - 1;
    if (blob == NULL || length > CS_MAX_PUBLIC_BLOB)
        return length > CS_MAX_PUBLIC_BLOB ? 0 : length;
    if (rsa)
        write_rsa(key, blob);
    else
        write_ec(key, blob);
    return length;
}

static cs_verdict verdict_of(NTSTATUS status)
{
    static const NTSTATUS invalid_signature = (NTSTATUS)0xC000A000L; /* STATUS_INVALID_SIGNATURE */
    static const NTSTATUS invalid_parameter = (NTSTATUS)0xC000000DL; /* r or s out of range, on some versions */
    if (BCRYPT_SUCCESS(status))
        return CS_SIGNATURE_VALID;
    return status == invalid_signature || status == invalid_parameter ? CS_SIGNATURE_INVALID : CS_SIGNATURE_UNCHECKED;
}

static cs_verdict verify(BCRYPT_KEY_HANDLE key, cs_scheme scheme, cs_hash hash, const unsigned char *digest,
                         const unsigned char *signature, size_t length)
{
    BCRYPT_PKCS1_PADDING_INFO pkcs1 = { .pszAlgId = hash_name(hash) };
    BCRYPT_PSS_PADDING_INFO pss = { .pszAlgId = hash_name(hash), .cbSalt = (ULONG)cs_hash_length(hash) };
    void *padding = scheme == CS_SCHEME_RSA_PKCS1 ? (void *)&pkcs1 : scheme == CS_SCHEME_RSA_PSS ? (void *)&pss : NULL;
    ULONG flags = scheme == CS_SCHEME_RSA_PKCS1 ? BCRYPT_PAD_PKCS1 : scheme == CS_SCHEME_RSA_PSS ? BCRYPT_PAD_PSS : 0;
    return verdict_of(BCryptVerifySignature(key, padding, (PUCHAR)digest, (ULONG)cs_hash_length(hash), (PUCHAR)signature,
                                            (ULONG)length, flags));
}

cs_verdict cs_verify(const cs_public_key *key, cs_scheme scheme, cs_hash hash, const unsigned char *digest,
                     const unsigned char *signature, size_t signature_length)
{
    unsigned char blob[CS_MAX_PUBLIC_BLOB];
    size_t blob_length = cs_public_blob(key, blob);
    BCRYPT_ALG_HANDLE algorithm = NULL;
    BCRYPT_KEY_HANDLE imported = NULL;
    cs_verdict verdict = CS_SIGNATURE_UNCHECKED;
    if (blob_length == 0)
        return CS_SIGNATURE_UNCHECKED;
    if (signature_length != cs_signature_length(key->algorithm))
        return CS_SIGNATURE_INVALID;
    const wchar_t *type = scheme == CS_SCHEME_ECDSA ? BCRYPT_ECCPUBLIC_BLOB : BCRYPT_RSAPUBLIC_BLOB;
    if (BCRYPT_SUCCESS(BCryptOpenAlgorithmProvider(&algorithm, key_name(key->algorithm), NULL, 0))
        && BCRYPT_SUCCESS(BCryptImportKeyPair(algorithm, NULL, type, &imported, blob, (ULONG)blob_length, 0)))
        verdict = verify(imported, scheme, hash, digest, signature, signature_length);
    if (imported != NULL)
        BCryptDestroyKey(imported);
    if (algorithm != NULL)
        BCryptCloseAlgorithmProvider(algorithm, 0);
    return verdict;
}
