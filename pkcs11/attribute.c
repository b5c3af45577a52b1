#include "attribute.h"

#include <string.h>

#include "mechanism.h"
#include "platform/platform.h"
#include "tokens.h"

static CK_RV bytes(p11_value *value, const void *data, size_t length)
{
    value->data = data;
    value->length = length;
    return CKR_OK;
}

static CK_RV span(p11_value *value, cs_span data)
{
    return data.data != NULL ? bytes(value, data.data, data.length) : CKR_ATTRIBUTE_TYPE_INVALID;
}

static CK_RV computed(p11_value *value, const void *data, size_t length)
{
    memcpy(value->scratch, data, length);
    return bytes(value, value->scratch, length);
}

static CK_RV boolean(p11_value *value, bool truth)
{
    CK_BBOOL byte = truth ? CK_TRUE : CK_FALSE;
    return computed(value, &byte, sizeof byte);
}

static CK_RV number(p11_value *value, CK_ULONG integer)
{
    return computed(value, &integer, sizeof integer);
}

static CK_RV date(p11_value *value, const char day[9])
{
    return bytes(value, day, 8); /* CK_DATE is YYYYMMDD in characters */
}

static CK_RV text(p11_value *value, const char *string)
{
    return bytes(value, string, strlen(string));
}

/* Private key, public key and leaf share the signer's id; the id of another certificate of the chain is its hash. */
static CK_RV identifier(const p11_object *object, p11_value *value)
{
    unsigned char hash[CS_MAX_DIGEST_LENGTH];
    if (object->position == 0)
        return text(value, object->signer->id);
    if (!cs_digest_compute(CS_HASH_SHA256, object->certificate->der, object->certificate->der_length, hash))
        return CKR_GENERAL_ERROR;
    return computed(value, hash, 20);
}

static CK_RV check_value(const p11_object *object, p11_value *value)
{
    unsigned char hash[CS_MAX_DIGEST_LENGTH];
    if (!cs_digest_compute(CS_HASH_SHA1, object->certificate->der, object->certificate->der_length, hash))
        return CKR_GENERAL_ERROR;
    return computed(value, hash, 3);
}

/* DER OCTET STRING around the uncompressed point. */
static CK_RV ec_point(const cs_certificate *certificate, p11_value *value)
{
    size_t length = certificate->key.point.length;
    unsigned char *at = value->scratch;
    if (certificate->key.point.data == NULL)
        return CKR_ATTRIBUTE_TYPE_INVALID;
    *at++ = 0x04;
    if (length >= 0x80)
        *at++ = 0x81;
    *at++ = (unsigned char)length;
    memcpy(at, certificate->key.point.data, length);
    return bytes(value, value->scratch, (size_t)(at - value->scratch) + length);
}

static CK_RV allowed_mechanisms(const cs_certificate *certificate, p11_value *value)
{
    CK_MECHANISM_TYPE types[P11_MECHANISMS];
    bool rsa = cs_key_algorithm_is_rsa(certificate->key.algorithm);
    size_t count = p11_mechanisms(rsa, !rsa, types, sizeof types / sizeof *types);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (!p11_mechanism_find(types[i])->digest_only)
            types[kept++] = types[i];
    return computed(value, types, kept * sizeof *types);
}

static CK_RV storage_attribute(const p11_object *object, CK_ATTRIBUTE_TYPE type, p11_value *value)
{
    switch (type) {
    case CKA_CLASS:
        return number(value, object->class);
    case CKA_TOKEN:
        return boolean(value, true);
    case CKA_PRIVATE: /* seen only after a login, where one is needed */
        return boolean(value, object->class == CKO_PRIVATE_KEY && object->signer->slot == P11_LOGIN_SLOT);
    case CKA_COPYABLE:
        return boolean(value, object->class == CKO_CERTIFICATE);
    case CKA_MODIFIABLE:
    case CKA_DESTROYABLE:
        return boolean(value, false);
    case CKA_LABEL:
        return text(value, object->label);
    case CKA_ID:
        return identifier(object, value);
    case CKA_START_DATE:
        return date(value, object->certificate->not_before);
    case CKA_END_DATE:
        return date(value, object->certificate->not_after);
    case CKA_SUBJECT:
        return span(value, object->certificate->subject);
    case CKA_PUBLIC_KEY_INFO:
        return span(value, object->certificate->key.info);
    default:
        return CKR_ATTRIBUTE_TYPE_INVALID;
    }
}

static CK_RV certificate_attribute(const p11_object *object, CK_ATTRIBUTE_TYPE type, p11_value *value)
{
    const cs_certificate *certificate = object->certificate;
    switch (type) {
    case CKA_CERTIFICATE_TYPE:
        return number(value, CKC_X_509);
    case CKA_CERTIFICATE_CATEGORY:
        return number(value, object->position == 0 ? 1 : 2); /* token user, authority */
    case CKA_TRUSTED:
        return boolean(value, false);
    case CKA_VALUE:
        return bytes(value, certificate->der, certificate->der_length);
    case CKA_ISSUER:
        return span(value, certificate->issuer);
    case CKA_SERIAL_NUMBER:
        return span(value, certificate->serial);
    case CKA_CHECK_VALUE:
        return check_value(object, value);
    case CKA_URL: /* empty, since the certificate itself is here */
    case CKA_HASH_OF_SUBJECT_PUBLIC_KEY:
    case CKA_HASH_OF_ISSUER_PUBLIC_KEY:
        return bytes(value, "", 0);
    case CKA_NAME_HASH_ALGORITHM:
        return number(value, CKM_SHA_1);
    case CKA_JAVA_MIDP_SECURITY_DOMAIN:
        return number(value, 0); /* unspecified */
    default:
        return CKR_ATTRIBUTE_TYPE_INVALID;
    }
}

/* What public and private keys have in common. */
static CK_RV key_attribute(const p11_object *object, CK_ATTRIBUTE_TYPE type, p11_value *value)
{
    const cs_certificate *certificate = object->certificate;
    switch (type) {
    case CKA_KEY_TYPE:
        return number(value, cs_key_algorithm_is_rsa(certificate->key.algorithm) ? CKK_RSA : CKK_EC);
    case CKA_DERIVE:
    case CKA_LOCAL: /* generated in the server's vault or imported there: this module cannot tell */
        return boolean(value, false);
    case CKA_KEY_GEN_MECHANISM:
        return number(value, CK_UNAVAILABLE_INFORMATION);
    case CKA_ALLOWED_MECHANISMS:
        return allowed_mechanisms(certificate, value);
    case CKA_MODULUS:
        return span(value, certificate->key.modulus);
    case CKA_PUBLIC_EXPONENT:
        return span(value, certificate->key.exponent);
    case CKA_MODULUS_BITS:
        return certificate->key.modulus.data != NULL ? number(value, cs_key_algorithm_bits(certificate->key.algorithm))
                                                 : CKR_ATTRIBUTE_TYPE_INVALID;
    case CKA_EC_PARAMS:
        return span(value, certificate->key.curve);
    case CKA_EC_POINT:
        return ec_point(certificate, value);
    default:
        return CKR_ATTRIBUTE_TYPE_INVALID;
    }
}

static CK_RV public_key_attribute(const p11_object *object, CK_ATTRIBUTE_TYPE type, p11_value *value)
{
    switch (type) {
    case CKA_VERIFY:
        return boolean(value, true);
    case CKA_ENCRYPT:
    case CKA_VERIFY_RECOVER:
    case CKA_WRAP:
    case CKA_TRUSTED:
        return boolean(value, false);
    case CKA_WRAP_TEMPLATE:
        return bytes(value, "", 0);
    default:
        return key_attribute(object, type, value);
    }
}

static CK_RV private_key_attribute(const p11_object *object, CK_ATTRIBUTE_TYPE type, p11_value *value)
{
    bool rsa = cs_key_algorithm_is_rsa(object->certificate->key.algorithm);
    switch (type) {
    case CKA_SIGN:
    case CKA_SENSITIVE:
    case CKA_ALWAYS_SENSITIVE:  /* no call of this module gives a private key away */
    case CKA_NEVER_EXTRACTABLE:
        return boolean(value, true);
    case CKA_EXTRACTABLE:
    case CKA_DECRYPT:
    case CKA_SIGN_RECOVER:
    case CKA_UNWRAP:
    case CKA_WRAP_WITH_TRUSTED:
    case CKA_ALWAYS_AUTHENTICATE:
        return boolean(value, false);
    case CKA_UNWRAP_TEMPLATE:
        return bytes(value, "", 0);
    case CKA_VALUE:
        return rsa ? CKR_ATTRIBUTE_TYPE_INVALID : CKR_ATTRIBUTE_SENSITIVE;
    case CKA_PRIVATE_EXPONENT:
    case CKA_PRIME_1:
    case CKA_PRIME_2:
    case CKA_EXPONENT_1:
    case CKA_EXPONENT_2:
    case CKA_COEFFICIENT:
        return rsa ? CKR_ATTRIBUTE_SENSITIVE : CKR_ATTRIBUTE_TYPE_INVALID;
    default:
        return key_attribute(object, type, value);
    }
}

CK_RV p11_attribute(const p11_object *object, CK_ATTRIBUTE_TYPE type, p11_value *value)
{
    if (object->template != NULL)
        return p11_template_read(object->template, type, value);
    CK_RV rv = storage_attribute(object, type, value);
    if (rv != CKR_ATTRIBUTE_TYPE_INVALID)
        return rv;
    return object->class == CKO_CERTIFICATE ? certificate_attribute(object, type, value)
        : object->class == CKO_PUBLIC_KEY   ? public_key_attribute(object, type, value)
                                            : private_key_attribute(object, type, value);
}
