#include "public_key.h"

#include <string.h>

static const unsigned char rsa_oid[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01 };
static const unsigned char ec_oid[] = { 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01 };

static bool equals(cs_span span, const void *bytes, size_t length)
{
    return span.length == length && memcmp(span.data, bytes, length) == 0;
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

static void read_rsa_key(cs_public_key *key, cs_span bits)
{
    cs_der_element sequence;
    cs_span modulus, exponent;
    if (!cs_der_expect(&bits, CS_DER_SEQUENCE, &sequence) || bits.length != 0
        || !read_unsigned(&sequence.content, &modulus) || !read_unsigned(&sequence.content, &exponent)
        || sequence.content.length != 0 || (modulus.data[0] & 0x80) == 0)
        return;
    for (int algorithm = CS_KEY_RSA_2048; algorithm <= CS_KEY_RSA_4096; algorithm++)
        if (modulus.length * 8 == cs_key_algorithm_bits((cs_key_algorithm)algorithm))
            key->algorithm = (cs_key_algorithm)algorithm;
    key->modulus = modulus;
    key->exponent = exponent;
}

static void read_ec_key(cs_public_key *key, cs_der_element curve, cs_span point)
{
    static const unsigned char p256[] = { 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07 };
    static const unsigned char p384[] = { 0x2b, 0x81, 0x04, 0x00, 0x22 };
    static const unsigned char p521[] = { 0x2b, 0x81, 0x04, 0x00, 0x23 };
    cs_key_algorithm algorithm = equals(curve.content, p256, sizeof p256) ? CS_KEY_EC_P256
        : equals(curve.content, p384, sizeof p384)                  ? CS_KEY_EC_P384
        : equals(curve.content, p521, sizeof p521)                  ? CS_KEY_EC_P521
                                                                    : CS_KEY_UNKNOWN;
    if (algorithm == CS_KEY_UNKNOWN || point.length != 1 + cs_signature_length(algorithm) || point.data[0] != 4)
        return;
    key->algorithm = algorithm;
    key->curve = curve.whole;
    key->point = point;
}

bool cs_public_key_read(cs_public_key *key, cs_span info)
{
    cs_der_element outer, algorithm, oid, parameters, bits;
    *key = (cs_public_key){ .info = info };
    if (!cs_der_expect(&info, CS_DER_SEQUENCE, &outer) || !cs_der_expect(&outer.content, CS_DER_SEQUENCE, &algorithm)
        || !cs_der_expect(&algorithm.content, CS_DER_OID, &oid) || !cs_der_expect(&outer.content, CS_DER_BIT_STRING, &bits)
        || bits.content.length < 1 || bits.content.data[0] != 0)
        return false;
    cs_span content = { bits.content.data + 1, bits.content.length - 1 };
    if (equals(oid.content, rsa_oid, sizeof rsa_oid))
        read_rsa_key(key, content);
    else if (equals(oid.content, ec_oid, sizeof ec_oid) && cs_der_expect(&algorithm.content, CS_DER_OID, &parameters))
        read_ec_key(key, parameters, content);
    return true;
}

/* --- writing ---------------------------------------------------------------------------------------------------- */

static cs_span without_leading_zeros(cs_span number)
{
    while (number.length > 1 && number.data[0] == 0) {
        number.data++;
        number.length--;
    }
    return number;
}

static void write_integer(cs_buffer *out, cs_span number)
{
    cs_buffer content = { 0 };
    number = without_leading_zeros(number);
    if (number.length == 0 || (number.data[0] & 0x80) != 0)
        cs_buffer_append(&content, "", 1);
    cs_buffer_append(&content, number.data, number.length);
    cs_der_wrap(out, CS_DER_INTEGER, &content);
}

/* Empties `algorithm` and `key`. */
static bool write_info(cs_buffer *info, cs_buffer *algorithm, cs_buffer *key)
{
    cs_buffer content = { 0 }, bits = { 0 };
    cs_der_wrap(&content, CS_DER_SEQUENCE, algorithm);
    cs_buffer_append(&bits, "", 1); /* no unused bits */
    cs_buffer_append(&bits, key->data, key->length);
    bits.failed = bits.failed || key->failed;
    cs_buffer_release(key);
    cs_der_wrap(&content, CS_DER_BIT_STRING, &bits);
    cs_der_wrap(info, CS_DER_SEQUENCE, &content);
    return !info->failed;
}

bool cs_public_key_write_rsa(cs_buffer *info, cs_span modulus, cs_span exponent)
{
    static const unsigned char null[] = { 0x05, 0x00 };
    cs_buffer algorithm = { 0 }, oid = { 0 }, numbers = { 0 }, key = { 0 };
    cs_buffer_append(&oid, rsa_oid, sizeof rsa_oid);
    cs_der_wrap(&algorithm, CS_DER_OID, &oid);
    cs_buffer_append(&algorithm, null, sizeof null);
    write_integer(&numbers, modulus);
    write_integer(&numbers, exponent);
    cs_der_wrap(&key, CS_DER_SEQUENCE, &numbers);
    return write_info(info, &algorithm, &key);
}

bool cs_public_key_write_ec(cs_buffer *info, cs_span curve, cs_span point)
{
    cs_buffer algorithm = { 0 }, oid = { 0 }, key = { 0 };
    cs_buffer_append(&oid, ec_oid, sizeof ec_oid);
    cs_der_wrap(&algorithm, CS_DER_OID, &oid);
    cs_buffer_append(&algorithm, curve.data, curve.length);
    cs_buffer_append(&key, point.data, point.length);
    return write_info(info, &algorithm, &key);
}
