#include "certificate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "subject_name.h"

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
    return cs_public_key_read(&certificate->key, element.whole);
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
