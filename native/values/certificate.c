#include "certificate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "subject_name.h"

static bool equals(cs_span span, const void *bytes, size_t length)
{
    return span.length == length && memcmp(span.data, bytes, length) == 0;
}

/* Keeps the day: YYMMDD… with the century of RFC 5280, section 4.1.2.5.1, or YYYYMMDD… */
static bool read_day(cs_span *validity, char day[9])
{
    cs_der_element time;
    if (!cs_der_take(validity, &time))
        return false;
    size_t digits = time.tag == CS_DER_UTC_TIME ? 6 : time.tag == CS_DER_GENERALIZED_TIME ? 8 : 0;
    if (digits == 0 || time.content.length < digits)
        return false;
    for (size_t i = 0; i < digits; i++)
        if (time.content.data[i] < '0' || time.content.data[i] > '9')
            return false;
    const char *century = digits == 8 ? "" : time.content.data[0] >= '5' ? "19" : "20";
    snprintf(day, 9, "%s%.*s", century, (int)digits, (const char *)time.content.data);
    return true;
}

static bool read_unsigned(cs_span *rest, cs_span *number)
{
    cs_der_element integer;
    if (!cs_der_expect(rest, CS_DER_INTEGER, &integer) || integer.content.length == 0
        || (integer.content.data[0] & 0x80) != 0)
        return false;
    *number = integer.content;
    if (number->length > 1 && number->data[0] == 0) {
        number->data++;
        number->length--;
    }
    return true;
}

static void read_rsa_key(cs_certificate *certificate, cs_span bits)
{
    cs_der_element sequence;
    cs_span modulus, exponent;
    if (!cs_der_expect(&bits, CS_DER_SEQUENCE, &sequence) || bits.length != 0
        || !read_unsigned(&sequence.content, &modulus) || !read_unsigned(&sequence.content, &exponent)
        || sequence.content.length != 0 || (modulus.data[0] & 0x80) == 0)
        return;
    for (int key = CS_KEY_RSA_2048; key <= CS_KEY_RSA_4096; key++)
        if (modulus.length * 8 == cs_key_algorithm_bits((cs_key_algorithm)key))
            certificate->key = (cs_key_algorithm)key;
    certificate->modulus = modulus;
    certificate->exponent = exponent;
}

static void read_ec_key(cs_certificate *certificate, cs_der_element curve, cs_span point)
{
    static const unsigned char p256[] = { 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07 };
    static const unsigned char p384[] = { 0x2b, 0x81, 0x04, 0x00, 0x22 };
    static const unsigned char p521[] = { 0x2b, 0x81, 0x04, 0x00, 0x23 };
    cs_key_algorithm key = equals(curve.content, p256, sizeof p256) ? CS_KEY_EC_P256
        : equals(curve.content, p384, sizeof p384)                  ? CS_KEY_EC_P384
        : equals(curve.content, p521, sizeof p521)                  ? CS_KEY_EC_P521
                                                                    : CS_KEY_UNKNOWN;
    if (key == CS_KEY_UNKNOWN || point.length != 1 + cs_signature_length(key) || point.data[0] != 4)
        return;
    certificate->key = key;
    certificate->curve = curve.whole;
    certificate->point = point;
}

/* Leaves CS_KEY_UNKNOWN for a key outside the contract: a root may have any. */
static bool read_public_key(cs_certificate *certificate, cs_span info)
{
    static const unsigned char rsa[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01 };
    static const unsigned char ec[] = { 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01 };
    cs_der_element algorithm, oid, parameters, bits;
    if (!cs_der_expect(&info, CS_DER_SEQUENCE, &algorithm) || !cs_der_expect(&algorithm.content, CS_DER_OID, &oid)
        || !cs_der_expect(&info, CS_DER_BIT_STRING, &bits) || bits.content.length < 1 || bits.content.data[0] != 0)
        return false;
    cs_span key = { bits.content.data + 1, bits.content.length - 1 };
    if (equals(oid.content, rsa, sizeof rsa))
        read_rsa_key(certificate, key);
    else if (equals(oid.content, ec, sizeof ec) && cs_der_expect(&algorithm.content, CS_DER_OID, &parameters))
        read_ec_key(certificate, parameters, key);
    return true;
}

static bool read_certificate(cs_certificate *certificate)
{
    cs_span rest = { certificate->der, certificate->der_length };
    cs_der_element outer, body, element;
    if (!cs_der_expect(&rest, CS_DER_SEQUENCE, &outer) || rest.length != 0
        || !cs_der_expect(&outer.content, CS_DER_SEQUENCE, &body))
        return false;
    rest = body.content;
    if (!cs_der_take(&rest, &element))
        return false;
    if (element.tag == CS_DER_CONTEXT_0 && !cs_der_take(&rest, &element))
        return false;
    if (element.tag != CS_DER_INTEGER)
        return false;
    certificate->serial = element.whole;
    if (!cs_der_expect(&rest, CS_DER_SEQUENCE, &element) || !cs_der_expect(&rest, CS_DER_SEQUENCE, &element))
        return false;
    certificate->issuer = element.whole;
    if (!cs_der_expect(&rest, CS_DER_SEQUENCE, &element) || !read_day(&element.content, certificate->not_before)
        || !read_day(&element.content, certificate->not_after))
        return false;
    if (!cs_der_expect(&rest, CS_DER_SEQUENCE, &element))
        return false;
    certificate->subject = element.whole;
    cs_subject_name(element.whole, certificate->name, sizeof certificate->name);
    if (!cs_der_expect(&rest, CS_DER_SEQUENCE, &element))
        return false;
    certificate->public_key = element.whole;
    return read_public_key(certificate, element.content);
}

cs_result cs_certificate_parse(cs_certificate *certificate, const unsigned char *der, size_t length, cs_error *error)
{
    memset(certificate, 0, sizeof *certificate);
    certificate->der = malloc(length != 0 ? length : 1);
    if (certificate->der == NULL)
        return cs_fail(error, CS_NO_MEMORY, "out of memory");
    if (length != 0)
        memcpy(certificate->der, der, length);
    certificate->der_length = length;
    if (read_certificate(certificate))
        return CS_OK;
    cs_certificate_release(certificate);
    return cs_fail(error, CS_PROTOCOL, "a certificate is invalid: expected X.509 in DER");
}

void cs_certificate_release(cs_certificate *certificate)
{
    free(certificate->der);
    memset(certificate, 0, sizeof *certificate);
}

bool cs_certificate_equals(const cs_certificate *left, const cs_certificate *right)
{
    return left->der_length == right->der_length && memcmp(left->der, right->der, left->der_length) == 0;
}
