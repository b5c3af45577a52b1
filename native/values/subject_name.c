#include "subject_name.h"

#include <stdint.h>
#include <string.h>

enum { not_text = 0xfffd };

/* How a string type writes its characters. */
typedef enum encoding { encoding_none, encoding_utf8, encoding_bytes, encoding_utf16, encoding_utf32 } encoding;

/* TeletexString is read as ISO 8859-1, which is what CAs write there. */
static encoding encoding_of(unsigned char tag)
{
    switch (tag) {
    case CS_DER_UTF8_STRING:
        return encoding_utf8;
    case CS_DER_PRINTABLE_STRING:
    case CS_DER_NUMERIC_STRING:
    case CS_DER_TELETEX_STRING:
    case CS_DER_IA5_STRING:
    case CS_DER_VISIBLE_STRING:
        return encoding_bytes;
    case CS_DER_BMP_STRING:
        return encoding_utf16;
    case CS_DER_UNIVERSAL_STRING:
        return encoding_utf32;
    default:
        return encoding_none;
    }
}

static uint32_t take_units(cs_span *text, size_t size)
{
    uint32_t unit = 0;
    if (text->length < size)
        size = text->length;
    for (size_t i = 0; i < size; i++)
        unit = unit << 8 | text->data[i];
    text->data += size;
    text->length -= size;
    return unit;
}

static uint32_t take_utf16(cs_span *text)
{
    if (text->length < 2) {
        take_units(text, 2);
        return not_text;
    }
    uint32_t high = take_units(text, 2);
    if (high < 0xd800 || high > 0xdfff)
        return high;
    bool paired = high < 0xdc00 && text->length >= 2 && (text->data[0] & 0xfc) == 0xdc;
    return paired ? 0x10000 + ((high - 0xd800) << 10) + (take_units(text, 2) - 0xdc00) : not_text;
}

static uint32_t take_utf8(cs_span *text)
{
    static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
    unsigned char first = (unsigned char)take_units(text, 1);
    size_t length = first < 0x80           ? 1
        : first >= 0xc2 && first < 0xe0    ? 2
        : first >= 0xe0 && first < 0xf0    ? 3
        : first >= 0xf0 && first < 0xf8    ? 4
                                           : 0;
    if (length <= 1)
        return length == 1 ? first : not_text;
    uint32_t character = first & (0x7fu >> length);
    for (size_t i = 1; i < length; i++) {
        if (text->length == 0 || (text->data[0] & 0xc0) != 0x80)
            return not_text;
        character = character << 6 | (take_units(text, 1) & 0x3f);
    }
    return character >= least[length] ? character : not_text;
}

static uint32_t take_character(cs_span *text, encoding how)
{
    uint32_t character = how == encoding_utf8 ? take_utf8(text)
        : how == encoding_utf16               ? take_utf16(text)
        : how == encoding_utf32               ? take_units(text, 4)
                                              : take_units(text, 1);
    bool control = character < 0x20 || (character >= 0x7f && character < 0xa0);
    bool surrogate = character >= 0xd800 && character <= 0xdfff;
    return control || surrogate || character > 0x10ffff ? not_text : character;
}

static size_t write_utf8(uint32_t character, char bytes[4])
{
    size_t length = character < 0x80 ? 1 : character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;
    if (length == 1) {
        bytes[0] = (char)character;
        return 1;
    }
    for (size_t i = length - 1; i > 0; i--, character >>= 6)
        bytes[i] = (char)(0x80 | (character & 0x3f));
    bytes[0] = (char)((0xf00u >> length & 0xff) | character);
    return length;
}

/* False, and nothing written, when it has no visible character. */
static bool write_text(cs_der_element value, char *out, size_t capacity)
{
    encoding how = encoding_of(value.tag);
    size_t length = 0, seen = 0;
    bool fits = true;
    while (how != encoding_none && value.content.length > 0 && fits) {
        char bytes[4];
        uint32_t character = take_character(&value.content, how);
        size_t size = write_utf8(character, bytes);
        if (character == ' ' && length == 0)
            continue;
        fits = length + size < capacity;
        if (!fits)
            break;
        memcpy(out + length, bytes, size);
        length += size;
        seen = character != ' ' ? length : seen;
    }
    if (seen > 0)
        out[seen] = '\0';
    return seen > 0;
}

/* The higher, the better it names its owner. */
static int rank(cs_span type)
{
    static const unsigned char common_name[] = { 0x55, 0x04, 0x03 };
    static const unsigned char organizational_unit[] = { 0x55, 0x04, 0x0b };
    static const unsigned char organization[] = { 0x55, 0x04, 0x0a };
    if (type.length != sizeof common_name)
        return 1;
    return memcmp(type.data, common_name, type.length) == 0       ? 4
        : memcmp(type.data, organizational_unit, type.length) == 0 ? 3
        : memcmp(type.data, organization, type.length) == 0        ? 2
                                                                   : 1;
}

void cs_subject_name(cs_span name, char *out, size_t capacity)
{
    cs_der_element sequence, set, attribute, type, value;
    int best = 0;
    out[0] = '\0';
    if (!cs_der_expect(&name, CS_DER_SEQUENCE, &sequence))
        return;
    while (cs_der_expect(&sequence.content, CS_DER_SET, &set)) {
        while (cs_der_expect(&set.content, CS_DER_SEQUENCE, &attribute)) {
            if (!cs_der_expect(&attribute.content, CS_DER_OID, &type) || !cs_der_take(&attribute.content, &value))
                continue;
            if (rank(type.content) >= best && write_text(value, out, capacity))
                best = rank(type.content);
        }
    }
}
