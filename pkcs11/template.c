#include "template.h"

#include <stdlib.h>
#include <string.h>

#include "platform/platform.h"
#include "values/buffer.h"
#include "values/certificate.h"
#include "values/der.h"
#include "values/public_key.h"

typedef enum form { form_bytes, form_boolean, form_number, form_date } form;

enum {
    of_data = 1,
    of_certificate = 2,
    of_rsa_key = 4, /* public keys */
    of_ec_key = 8,
    of_key = of_rsa_key | of_ec_key,
    of_all = of_data | of_certificate | of_key,
};

/* An attribute and the classes that have it, by the tables of PKCS#11 v2.40, sections 4.3 to 4.8, and of the Current
 * Mechanisms, sections 2.1.2 and 2.3.3. */
typedef struct rule {
    CK_ATTRIBUTE_TYPE type;
    form form;
    unsigned classes;
    unsigned required;   /* the classes whose objects must be given it */
    unsigned changeable; /* the classes whose objects may change it later */
    CK_ULONG otherwise;  /* the default of a number or a boolean; bytes are empty by default */
} rule;

static const rule rules[] = {
    { CKA_CLASS, form_number, of_all, of_all, 0, 0 },
    { CKA_TOKEN, form_boolean, of_all, 0, 0, CK_FALSE },
    { CKA_PRIVATE, form_boolean, of_all, 0, 0, CK_FALSE },
    { CKA_MODIFIABLE, form_boolean, of_all, 0, 0, CK_TRUE },
    { CKA_COPYABLE, form_boolean, of_all, 0, 0, CK_TRUE },
    { CKA_DESTROYABLE, form_boolean, of_all, 0, 0, CK_TRUE },
    { CKA_LABEL, form_bytes, of_all, 0, of_all, 0 },
    { CKA_VALUE, form_bytes, of_data | of_certificate, of_certificate, of_data, 0 },
    { CKA_APPLICATION, form_bytes, of_data, 0, of_data, 0 },
    { CKA_OBJECT_ID, form_bytes, of_data, 0, of_data, 0 },
    { CKA_CERTIFICATE_TYPE, form_number, of_certificate, of_certificate, 0, 0 },
    { CKA_TRUSTED, form_boolean, of_certificate | of_key, 0, 0, CK_FALSE },
    { CKA_CERTIFICATE_CATEGORY, form_number, of_certificate, 0, 0, 0 },
    { CKA_CHECK_VALUE, form_bytes, of_certificate, 0, 0, 0 },
    { CKA_START_DATE, form_date, of_certificate | of_key, 0, of_key, 0 },
    { CKA_END_DATE, form_date, of_certificate | of_key, 0, of_key, 0 },
    { CKA_PUBLIC_KEY_INFO, form_bytes, of_certificate | of_key, 0, 0, 0 },
    { CKA_SUBJECT, form_bytes, of_certificate | of_key, of_certificate, of_key, 0 },
    { CKA_ID, form_bytes, of_certificate | of_key, 0, of_certificate | of_key, 0 },
    { CKA_ISSUER, form_bytes, of_certificate, 0, of_certificate, 0 },
    { CKA_SERIAL_NUMBER, form_bytes, of_certificate, 0, of_certificate, 0 },
    { CKA_URL, form_bytes, of_certificate, 0, 0, 0 },
    { CKA_HASH_OF_SUBJECT_PUBLIC_KEY, form_bytes, of_certificate, 0, 0, 0 },
    { CKA_HASH_OF_ISSUER_PUBLIC_KEY, form_bytes, of_certificate, 0, 0, 0 },
    { CKA_JAVA_MIDP_SECURITY_DOMAIN, form_number, of_certificate, 0, 0, 0 },
    { CKA_NAME_HASH_ALGORITHM, form_number, of_certificate, 0, 0, CKM_SHA_1 },
    { CKA_KEY_TYPE, form_number, of_key, of_key, 0, 0 },
    { CKA_DERIVE, form_boolean, of_key, 0, of_key, CK_FALSE },
    { CKA_LOCAL, form_boolean, of_key, 0, 0, CK_FALSE },
    { CKA_KEY_GEN_MECHANISM, form_number, of_key, 0, 0, (CK_ULONG)CK_UNAVAILABLE_INFORMATION },
    { CKA_ENCRYPT, form_boolean, of_key, 0, of_key, CK_FALSE },
    { CKA_VERIFY, form_boolean, of_key, 0, of_key, CK_TRUE },
    { CKA_VERIFY_RECOVER, form_boolean, of_key, 0, of_key, CK_FALSE },
    { CKA_WRAP, form_boolean, of_key, 0, of_key, CK_FALSE },
    { CKA_MODULUS, form_bytes, of_rsa_key, of_rsa_key, 0, 0 },
    { CKA_MODULUS_BITS, form_number, of_rsa_key, 0, 0, 0 },
    { CKA_PUBLIC_EXPONENT, form_bytes, of_rsa_key, of_rsa_key, 0, 0 },
    { CKA_EC_PARAMS, form_bytes, of_ec_key, of_ec_key, 0, 0 },
    { CKA_EC_POINT, form_bytes, of_ec_key, of_ec_key, 0, 0 },
};

enum { rule_count = sizeof rules / sizeof *rules };

typedef struct value {
    unsigned char *bytes;
    size_t length;
} value;

struct p11_template {
    unsigned class;           /* one of of_… */
    value values[rule_count]; /* by rule */
};

static size_t rule_of(unsigned class, CK_ATTRIBUTE_TYPE type)
{
    size_t i = 0;
    while (i < rule_count && (rules[i].type != type || (rules[i].classes & class) == 0))
        i++;
    return i;
}

/* For a type that the class has. */
static const value *get(const p11_template *template, CK_ATTRIBUTE_TYPE type)
{
    return &template->values[rule_of(template->class, type)];
}

void p11_template_free(p11_template *template)
{
    for (size_t i = 0; template != NULL && i < rule_count; i++)
        free(template->values[i].bytes);
    free(template);
}

size_t p11_template_size(const p11_template *template)
{
    size_t size = sizeof *template;
    for (size_t i = 0; i < rule_count; i++)
        size += template->values[i].length;
    return size;
}

bool p11_template_is(const p11_template *template, CK_ATTRIBUTE_TYPE type)
{
    const value *truth = get(template, type);
    return truth->length == 1 && truth->bytes[0] == CK_TRUE;
}

CK_RV p11_template_read(const p11_template *template, CK_ATTRIBUTE_TYPE type, p11_value *out)
{
    size_t at = rule_of(template->class, type);
    if (at == rule_count)
        return CKR_ATTRIBUTE_TYPE_INVALID;
    out->data = template->values[at].bytes;
    out->length = template->values[at].length;
    return CKR_OK;
}

/* --- creating --------------------------------------------------------------------------------------------------- */

static CK_RV store(p11_template *template, size_t at, const void *bytes, size_t length)
{
    unsigned char *copy = malloc(length != 0 ? length : 1);
    if (copy == NULL)
        return CKR_HOST_MEMORY;
    if (length != 0)
        memcpy(copy, bytes, length);
    free(template->values[at].bytes);
    template->values[at] = (value){ copy, length };
    return CKR_OK;
}

static bool has_form(const CK_ATTRIBUTE *given, form wanted)
{
    if (given->ulValueLen == (CK_ULONG)-1 || (given->pValue == NULL && given->ulValueLen != 0))
        return false;
    switch (wanted) {
    case form_boolean:
        return given->ulValueLen == sizeof(CK_BBOOL) && *(CK_BBOOL *)given->pValue <= CK_TRUE;
    case form_number:
        return given->ulValueLen == sizeof(CK_ULONG);
    case form_date:
        return given->ulValueLen == 0 || given->ulValueLen == sizeof(CK_DATE);
    case form_bytes:
        break;
    }
    return true;
}

/* Whether another class has it, or none. */
static CK_RV refuse_type(CK_ATTRIBUTE_TYPE type)
{
    bool is_of_another_class = rule_of(of_all, type) < rule_count || (type >= CKA_KEY_TYPE && type <= CKA_ALWAYS_AUTHENTICATE);
    return is_of_another_class ? CKR_TEMPLATE_INCONSISTENT : CKR_ATTRIBUTE_TYPE_INVALID;
}

static CK_RV take(p11_template *template, const CK_ATTRIBUTE *given, CK_ULONG count)
{
    bool taken[rule_count] = { false };
    for (CK_ULONG i = 0; i < count; i++) {
        size_t at = rule_of(template->class, given[i].type);
        if (at == rule_count)
            return refuse_type(given[i].type);
        if (!has_form(&given[i], rules[at].form))
            return CKR_ATTRIBUTE_VALUE_INVALID;
        const value *known = &template->values[at];
        size_t length = given[i].ulValueLen;
        if (taken[at] && (known->length != length || (length != 0 && memcmp(known->bytes, given[i].pValue, length) != 0)))
            return CKR_TEMPLATE_INCONSISTENT;
        CK_RV rv = taken[at] ? CKR_OK : store(template, at, given[i].pValue, given[i].ulValueLen);
        if (rv != CKR_OK)
            return rv;
        taken[at] = true;
    }
    return CKR_OK;
}

/* Adds the defaults of what was not given. */
static CK_RV complete(p11_template *template)
{
    CK_RV rv = CKR_OK;
    for (size_t i = 0; i < rule_count && rv == CKR_OK; i++) {
        if (template->values[i].bytes != NULL || (rules[i].classes & template->class) == 0)
            continue;
        CK_BBOOL truth = (CK_BBOOL)rules[i].otherwise;
        if ((rules[i].required & template->class) != 0)
            rv = CKR_TEMPLATE_INCOMPLETE;
        else if (rules[i].form == form_boolean)
            rv = store(template, i, &truth, sizeof truth);
        else if (rules[i].form == form_number)
            rv = store(template, i, &rules[i].otherwise, sizeof rules[i].otherwise);
        else
            rv = store(template, i, NULL, 0);
    }
    return rv;
}

/* Stores an attribute that follows from others; one that was given must be the same. */
static CK_RV derive(p11_template *template, CK_ATTRIBUTE_TYPE type, const void *bytes, size_t length)
{
    size_t at = rule_of(template->class, type);
    const value *given = &template->values[at];
    if (given->bytes == NULL)
        return store(template, at, bytes, length);
    return given->length == length && memcmp(given->bytes, bytes, length) == 0 ? CKR_OK : CKR_ATTRIBUTE_VALUE_INVALID;
}

/* The check value is the first three bytes of the certificate's SHA-1. An empty one stays so. */
static CK_RV complete_check_value(p11_template *template)
{
    unsigned char hash[CS_MAX_DIGEST_LENGTH];
    const value *der = get(template, CKA_VALUE), *given = get(template, CKA_CHECK_VALUE);
    if (!cs_digest_compute(CS_HASH_SHA1, der->bytes, der->length, hash))
        return CKR_FUNCTION_FAILED;
    return given->bytes != NULL && given->length == 0 ? CKR_OK : derive(template, CKA_CHECK_VALUE, hash, 3);
}

static CK_RV check_certificate(p11_template *template)
{
    const value *type = get(template, CKA_CERTIFICATE_TYPE), *der = get(template, CKA_VALUE);
    CK_CERTIFICATE_TYPE x509 = CKC_X_509;
    cs_certificate parsed;
    if (type->bytes == NULL || der->bytes == NULL)
        return CKR_TEMPLATE_INCOMPLETE;
    if (memcmp(type->bytes, &x509, sizeof x509) != 0
        || cs_certificate_parse(&parsed, der->bytes, der->length, NULL) != CS_OK)
        return CKR_ATTRIBUTE_VALUE_INVALID;
    cs_certificate_release(&parsed);
    if (p11_template_is(template, CKA_TRUSTED))
        return CKR_ATTRIBUTE_READ_ONLY; /* only a security officer may set it, and there is none */
    return complete_check_value(template);
}

static cs_span span_of(const value *given)
{
    return (cs_span){ given->bytes, given->length };
}

/* The SubjectPublicKeyInfo of what was given; false when that is no key, or memory is out. */
static bool write_info(const p11_template *template, cs_buffer *info)
{
    if (template->class == of_rsa_key)
        return cs_public_key_write_rsa(info, span_of(get(template, CKA_MODULUS)), span_of(get(template, CKA_PUBLIC_EXPONENT)));
    cs_span rest = span_of(get(template, CKA_EC_POINT));
    cs_der_element point;
    return cs_der_expect(&rest, CS_DER_OCTET_STRING, &point) && rest.length == 0
        && cs_public_key_write_ec(info, span_of(get(template, CKA_EC_PARAMS)), point.content);
}

/* A key must be one that the module can verify with. */
static CK_RV check_key(p11_template *template)
{
    cs_buffer info = { 0 };
    cs_public_key key = { .algorithm = CS_KEY_UNKNOWN };
    for (size_t i = 0; i < rule_count; i++)
        if ((rules[i].required & template->class) != 0 && template->values[i].bytes == NULL)
            return CKR_TEMPLATE_INCOMPLETE;
    if (p11_template_is(template, CKA_TRUSTED) || p11_template_is(template, CKA_LOCAL))
        return CKR_ATTRIBUTE_READ_ONLY;
    bool read = write_info(template, &info) && cs_public_key_read(&key, (cs_span){ (unsigned char *)info.data, info.length });
    CK_RV rv = read && key.algorithm != CS_KEY_UNKNOWN ? CKR_OK : CKR_ATTRIBUTE_VALUE_INVALID;
    CK_ULONG bits = cs_key_algorithm_bits(key.algorithm);
    if (rv == CKR_OK)
        rv = derive(template, CKA_PUBLIC_KEY_INFO, info.data, info.length);
    if (rv == CKR_OK && template->class == of_rsa_key)
        rv = derive(template, CKA_MODULUS_BITS, &bits, sizeof bits);
    cs_buffer_release(&info);
    return rv;
}

static CK_RV check(p11_template *template)
{
    return template->class == of_data       ? CKR_OK
        : template->class == of_certificate ? check_certificate(template)
                                            : check_key(template);
}

/* Frees the template where it fails. */
static CK_RV finish(p11_template *template, CK_RV rv, p11_template **made)
{
    if (rv == CKR_OK)
        rv = check(template);
    if (rv == CKR_OK)
        rv = complete(template);
    if (rv != CKR_OK)
        p11_template_free(template);
    else
        *made = template;
    return rv;
}

static CK_RV read_number(const CK_ATTRIBUTE *given, CK_ULONG count, CK_ATTRIBUTE_TYPE type, CK_ULONG *number)
{
    CK_ULONG i = 0;
    while (i < count && given[i].type != type)
        i++;
    if (i == count)
        return CKR_TEMPLATE_INCOMPLETE;
    if (!has_form(&given[i], form_number))
        return CKR_ATTRIBUTE_VALUE_INVALID;
    memcpy(number, given[i].pValue, sizeof *number);
    return CKR_OK;
}

/* 0 for a class or a type of key that is not supported. */
static unsigned class_of(CK_OBJECT_CLASS class, CK_KEY_TYPE key)
{
    switch (class) {
    case CKO_DATA:
        return of_data;
    case CKO_CERTIFICATE:
        return of_certificate;
    case CKO_PUBLIC_KEY:
        return key == CKK_RSA ? of_rsa_key : key == CKK_EC ? of_ec_key : 0;
    default:
        return 0;
    }
}

static CK_RV start(CK_OBJECT_CLASS class, CK_KEY_TYPE key, p11_template **template)
{
    unsigned supported = class_of(class, key);
    if (supported == 0)
        return CKR_ATTRIBUTE_VALUE_INVALID;
    *template = calloc(1, sizeof **template);
    if (*template == NULL)
        return CKR_HOST_MEMORY;
    (*template)->class = supported;
    return CKR_OK;
}

CK_RV p11_template_new(const CK_ATTRIBUTE *given, CK_ULONG count, p11_template **made)
{
    CK_OBJECT_CLASS class;
    CK_KEY_TYPE key = 0;
    p11_template *template;
    CK_RV rv = read_number(given, count, CKA_CLASS, &class);
    if (rv == CKR_OK && class == CKO_PUBLIC_KEY)
        rv = read_number(given, count, CKA_KEY_TYPE, &key);
    if (rv == CKR_OK)
        rv = start(class, key, &template);
    return rv == CKR_OK ? finish(template, take(template, given, count), made) : rv;
}

/* --- copying and changing --------------------------------------------------------------------------------------- */

/* What a copy may have different from its original, besides what may be changed anyway. */
static bool may_differ_in_copy(CK_ATTRIBUTE_TYPE type)
{
    return type == CKA_TOKEN || type == CKA_PRIVATE || type == CKA_MODIFIABLE || type == CKA_DESTROYABLE;
}

static CK_RV check_changes(const p11_template *template, const CK_ATTRIBUTE *given, CK_ULONG count, bool of_a_copy)
{
    for (CK_ULONG i = 0; i < count; i++) {
        size_t at = rule_of(template->class, given[i].type);
        if (at == rule_count)
            return refuse_type(given[i].type);
        bool allowed = (rules[at].changeable & template->class) != 0 || (of_a_copy && may_differ_in_copy(given[i].type));
        if (!allowed)
            return CKR_ATTRIBUTE_READ_ONLY;
    }
    return CKR_OK;
}

static CK_RV duplicate(p11_reader *read_source, const void *source, p11_template **made)
{
    p11_value read;
    p11_template *template;
    CK_OBJECT_CLASS class = CKO_DATA;
    CK_KEY_TYPE key = 0;
    if (read_source(source, CKA_CLASS, &read) == CKR_OK)
        memcpy(&class, read.data, sizeof class);
    if (read_source(source, CKA_KEY_TYPE, &read) == CKR_OK)
        memcpy(&key, read.data, sizeof key);
    CK_RV rv = start(class, key, &template);
    if (rv != CKR_OK)
        return rv;
    for (size_t i = 0; i < rule_count && rv == CKR_OK; i++)
        if ((rules[i].classes & template->class) != 0 && read_source(source, rules[i].type, &read) == CKR_OK)
            rv = store(template, i, read.data, read.length);
    if (rv == CKR_OK)
        *made = template;
    else
        p11_template_free(template);
    return rv;
}

CK_RV p11_template_copy(p11_reader *read_source, const void *source, const CK_ATTRIBUTE *given, CK_ULONG count,
                        p11_template **made)
{
    p11_template *template;
    p11_value copyable;
    if (read_source(source, CKA_COPYABLE, &copyable) != CKR_OK || *(const CK_BBOOL *)copyable.data != CK_TRUE)
        return CKR_ACTION_PROHIBITED;
    CK_RV rv = duplicate(read_source, source, &template);
    if (rv != CKR_OK)
        return rv;
    rv = check_changes(template, given, count, true);
    return finish(template, rv == CKR_OK ? take(template, given, count) : rv, made);
}

static CK_RV read_template(const void *template, CK_ATTRIBUTE_TYPE type, p11_value *out)
{
    return p11_template_read(template, type, out);
}

CK_RV p11_template_change(p11_template **template, const CK_ATTRIBUTE *given, CK_ULONG count, size_t room)
{
    p11_template *changed;
    if (!p11_template_is(*template, CKA_MODIFIABLE))
        return CKR_ACTION_PROHIBITED;
    CK_RV rv = duplicate(read_template, *template, &changed);
    if (rv != CKR_OK)
        return rv;
    rv = check_changes(changed, given, count, false);
    if (rv == CKR_OK)
        rv = take(changed, given, count);
    if (rv == CKR_OK && p11_template_size(changed) > room)
        rv = CKR_DEVICE_MEMORY;
    if (rv == CKR_OK) {
        p11_template *old = *template;
        *template = changed;
        changed = old;
    }
    p11_template_free(changed);
    return rv;
}
