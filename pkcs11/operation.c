#include "operation.h"

#include <string.h>

#include "settings/log.h"
#include "values/secret.h"

static cs_hash hash_of(CK_MECHANISM_TYPE type)
{
    const p11_mechanism *mechanism = p11_mechanism_find(type);
    bool is_signed = mechanism != NULL && mechanism->digest_only && mechanism->hash != CS_HASH_SHA1;
    return is_signed ? mechanism->hash : CS_HASH_NONE;
}

/* The server supports one kind of PSS: MGF1 with the same hash, and a salt as long as the digest. */
static CK_RV read_pss(const CK_MECHANISM *mechanism, cs_hash wanted, cs_hash *hash)
{
    static const CK_RSA_PKCS_MGF_TYPE generators[] = {
        [CS_HASH_SHA256] = CKG_MGF1_SHA256, [CS_HASH_SHA384] = CKG_MGF1_SHA384, [CS_HASH_SHA512] = CKG_MGF1_SHA512,
    };
    CK_RSA_PKCS_PSS_PARAMS parameters;
    if (mechanism->pParameter == NULL || mechanism->ulParameterLen != sizeof parameters)
        return CKR_MECHANISM_PARAM_INVALID;
    memcpy(&parameters, mechanism->pParameter, sizeof parameters);
    *hash = hash_of(parameters.hashAlg);
    if (*hash == CS_HASH_NONE || (wanted != CS_HASH_NONE && *hash != wanted) || parameters.mgf != generators[*hash]
        || parameters.sLen != cs_hash_length(*hash)) {
        cs_log(CS_LOG_ERROR, "RSASSA-PSS: only SHA-256, SHA-384 and SHA-512, MGF1 with the same hash, and a salt as long as "
                             "the digest are signed; set the tool's salt length to `digest`");
        return CKR_MECHANISM_PARAM_INVALID;
    }
    return CKR_OK;
}

static CK_RV read_hash(const CK_MECHANISM *mechanism, const p11_mechanism *known, cs_hash *hash)
{
    if (known->scheme == CS_SCHEME_RSA_PSS)
        return read_pss(mechanism, known->hash, hash);
    *hash = known->hash;
    return mechanism->ulParameterLen == 0 ? CKR_OK : CKR_MECHANISM_PARAM_INVALID;
}

void p11_operation_end(p11_operation *operation)
{
    cs_digest_free(operation->digest);
    cs_wipe(operation, sizeof *operation);
}

CK_RV p11_operation_begin(p11_operation *operation, const CK_MECHANISM *mechanism, const p11_key *key,
                          CK_OBJECT_CLASS class)
{
    cs_hash hash;
    if (mechanism == NULL) {
        p11_operation_end(operation);
        return CKR_OK;
    }
    if (operation->mechanism != NULL)
        return CKR_OPERATION_ACTIVE;
    const p11_mechanism *known = p11_mechanism_find(mechanism->mechanism);
    if (known == NULL || known->digest_only)
        return CKR_MECHANISM_INVALID;
    CK_RV rv = read_hash(mechanism, known, &hash);
    if (rv != CKR_OK)
        return rv;
    if (key == NULL)
        return CKR_KEY_HANDLE_INVALID;
    if (key->class != class || (class == CKO_PUBLIC_KEY && !key->may_verify))
        return CKR_KEY_FUNCTION_NOT_PERMITTED;
    if (cs_key_algorithm_is_rsa(key->algorithm) != p11_mechanism_is_rsa(known))
        return CKR_KEY_TYPE_INCONSISTENT;
    if (known->hash != CS_HASH_NONE && (operation->digest = cs_digest_start(known->hash)) == NULL)
        return CKR_HOST_MEMORY;
    operation->mechanism = known;
    operation->key = *key;
    operation->hash = hash;
    return CKR_OK;
}

CK_RV p11_operation_continue(p11_operation *operation, p11_parts parts)
{
    if (operation->mechanism == NULL)
        return CKR_OPERATION_NOT_INITIALIZED;
    if (operation->parts != P11_UNDECIDED && operation->parts != parts) {
        p11_operation_end(operation);
        return CKR_OPERATION_ACTIVE;
    }
    operation->parts = parts;
    return CKR_OK;
}

CK_RV p11_operation_update(p11_operation *operation, const unsigned char *part, CK_ULONG length)
{
    if (part == NULL && length != 0)
        return CKR_ARGUMENTS_BAD;
    if (operation->digest != NULL)
        return length == 0 || cs_digest_update(operation->digest, part, length) ? CKR_OK : CKR_FUNCTION_FAILED;
    if (length > sizeof operation->data - operation->length)
        return CKR_DATA_LEN_RANGE;
    if (length != 0)
        memcpy(operation->data + operation->length, part, length);
    operation->length += length;
    return CKR_OK;
}

/* CKM_RSA_PKCS: the data is a DigestInfo. */
static CK_RV read_digest_info(p11_operation *operation, unsigned char *digest)
{
    const unsigned char *inside;
    operation->hash = cs_digest_info_read(operation->data, operation->length, &inside);
    if (operation->hash == CS_HASH_NONE) {
        cs_log(CS_LOG_ERROR,
               "CKM_RSA_PKCS: the data is not the DigestInfo of SHA-256, SHA-384 or SHA-512; use one of these, or "
               "a mechanism that hashes, such as SHA256-RSA-PKCS");
        return CKR_DATA_INVALID;
    }
    memcpy(digest, inside, cs_hash_length(operation->hash));
    return CKR_OK;
}

/* CKM_ECDSA and CKM_RSA_PKCS_PSS: the data is a digest, whose length tells the hash where nothing else does. */
static CK_RV take_digest(p11_operation *operation, unsigned char *digest)
{
    if (operation->hash == CS_HASH_NONE)
        operation->hash = operation->length == 32 ? CS_HASH_SHA256
            : operation->length == 48             ? CS_HASH_SHA384
            : operation->length == 64             ? CS_HASH_SHA512
                                                  : CS_HASH_NONE;
    if (operation->hash == CS_HASH_NONE || operation->length != cs_hash_length(operation->hash)) {
        cs_log(CS_LOG_ERROR,
               "the data is invalid: expected a digest of the mechanism's hash, and it has %zu bytes; SHA-256 has 32, "
               "SHA-384 48, SHA-512 64",
               operation->length);
        return CKR_DATA_LEN_RANGE;
    }
    memcpy(digest, operation->data, operation->length);
    return CKR_OK;
}

CK_RV p11_operation_digest(p11_operation *operation, unsigned char *digest)
{
    if (operation->digest != NULL)
        return cs_digest_finish(operation->digest, digest) ? CKR_OK : CKR_FUNCTION_FAILED;
    return operation->mechanism->scheme == CS_SCHEME_RSA_PKCS1 ? read_digest_info(operation, digest)
                                                               : take_digest(operation, digest);
}
