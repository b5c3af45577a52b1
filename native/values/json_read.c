#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "json_value.h"
#include "secret.h"
#include "text.h"

enum { max_depth = 32, max_values = 65536, max_members = 256 };
static const size_t max_text = 1024 * 1024;

struct cs_json {
    char *text; /* strings are decoded in place: no character is longer than its escape */
    size_t text_length;
    cs_json_value *values; /* one block, for as many as the text may have */
    size_t capacity;
    size_t count;
};

typedef struct reader {
    cs_json *document;
    char *at;
    char *end;
    const char *expected; /* what was not found; NULL until then */
} reader;

static cs_json_value *read_value(reader *r, int depth);

static cs_json_value *refuse(reader *r, const char *expected)
{
    if (r->expected == NULL)
        r->expected = expected;
    return NULL;
}

static void skip_space(reader *r)
{
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\t' || *r->at == '\n' || *r->at == '\r'))
        r->at++;
}

static bool take(reader *r, char c)
{
    skip_space(r);
    if (r->at == r->end || *r->at != c)
        return false;
    r->at++;
    return true;
}

static cs_json_value *new_value(reader *r, cs_json_kind kind)
{
    if (r->document->count == r->document->capacity)
        return refuse(r, "fewer values");
    cs_json_value *value = &r->document->values[r->document->count++];
    value->kind = kind;
    return value;
}

static bool read_hex4(reader *r, unsigned *code)
{
    *code = 0;
    if (r->end - r->at < 4)
        return false;
    for (int i = 0; i < 4; i++) {
        char c = *r->at++;
        unsigned digit = c >= '0' && c <= '9' ? (unsigned)(c - '0')
            : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10)
            : c >= 'A' && c <= 'F' ? (unsigned)(c - 'A' + 10)
            : 16;
        if (digit == 16)
            return false;
        *code = *code << 4 | digit;
    }
    return true;
}

static char *write_utf8(char *to, unsigned code)
{
    if (code < 0x80) {
        *to++ = (char)code;
    } else if (code < 0x800) {
        *to++ = (char)(0xc0 | code >> 6);
        *to++ = (char)(0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
        *to++ = (char)(0xe0 | code >> 12);
        *to++ = (char)(0x80 | (code >> 6 & 0x3f));
        *to++ = (char)(0x80 | (code & 0x3f));
    } else {
        *to++ = (char)(0xf0 | code >> 18);
        *to++ = (char)(0x80 | (code >> 12 & 0x3f));
        *to++ = (char)(0x80 | (code >> 6 & 0x3f));
        *to++ = (char)(0x80 | (code & 0x3f));
    }
    return to;
}

/* Past the backslash. NULL when the escape is malformed, a lone surrogate, or U+0000, which would end a C string. */
static char *read_escape(reader *r, char *to)
{
    static const char names[] = "\"\\/bfnrt";
    static const char stand_for[] = "\"\\/\b\f\n\r\t";
    if (r->at == r->end)
        return NULL;
    char c = *r->at++;
    const char *simple = c != '\0' ? strchr(names, c) : NULL;
    if (simple != NULL) {
        *to++ = stand_for[simple - names];
        return to;
    }
    unsigned code;
    if (c != 'u' || !read_hex4(r, &code) || code == 0 || (code >= 0xdc00 && code <= 0xdfff))
        return NULL;
    if (code >= 0xd800 && code <= 0xdbff) {
        unsigned low;
        if (r->end - r->at < 6 || r->at[0] != '\\' || r->at[1] != 'u')
            return NULL;
        r->at += 2;
        if (!read_hex4(r, &low) || low < 0xdc00 || low > 0xdfff)
            return NULL;
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    }
    return write_utf8(to, code);
}

/* The opening quote has been taken. */
static char *read_string(reader *r, size_t *length)
{
    char *start = r->at;
    char *to = start;
    while (r->at < r->end) {
        unsigned char c = (unsigned char)*r->at;
        if (c == '"') {
            r->at++;
            *to = '\0';
            *length = (size_t)(to - start);
            return start;
        }
        if (c < 0x20) {
            refuse(r, "no control character in a string");
            return NULL;
        }
        if (c == '\\') {
            r->at++;
            to = read_escape(r, to);
            if (to == NULL) {
                refuse(r, "a valid escape");
                return NULL;
            }
            continue;
        }
        size_t run = cs_utf8_sequence(r->at, (size_t)(r->end - r->at));
        if (run == 0) {
            refuse(r, "UTF-8");
            return NULL;
        }
        memmove(to, r->at, run);
        to += run;
        r->at += run;
    }
    refuse(r, "the end of a string");
    return NULL;
}

static bool skip_digits(reader *r)
{
    char *start = r->at;
    while (r->at < r->end && *r->at >= '0' && *r->at <= '9')
        r->at++;
    return r->at > start;
}

static cs_json_value *read_number(reader *r)
{
    char *start = r->at;
    bool integral = true;
    if (*r->at == '-')
        r->at++;
    char *first = r->at;
    if (!skip_digits(r) || (*first == '0' && r->at - first > 1))
        return refuse(r, "a number");
    if (r->at < r->end && *r->at == '.') {
        r->at++;
        integral = false;
        if (!skip_digits(r))
            return refuse(r, "a digit");
    }
    if (r->at < r->end && (*r->at == 'e' || *r->at == 'E')) {
        r->at++;
        integral = false;
        if (r->at < r->end && (*r->at == '+' || *r->at == '-'))
            r->at++;
        if (!skip_digits(r))
            return refuse(r, "a digit");
    }
    cs_json_value *value = new_value(r, CS_JSON_NUMBER);
    if (value == NULL)
        return NULL;
    value->text = start;
    value->length = (size_t)(r->at - start);
    value->integral = integral;
    return value;
}

static cs_json_value *read_word(reader *r, const char *word, cs_json_kind kind, bool boolean)
{
    size_t length = strlen(word);
    if ((size_t)(r->end - r->at) < length || memcmp(r->at, word, length) != 0)
        return refuse(r, "a value");
    r->at += length;
    cs_json_value *value = new_value(r, kind);
    if (value != NULL)
        value->boolean = boolean;
    return value;
}

static cs_json_value *read_array(reader *r, int depth)
{
    cs_json_value *array = new_value(r, CS_JSON_ARRAY);
    if (array == NULL || take(r, ']'))
        return array;
    cs_json_value **link = &array->first;
    do {
        cs_json_value *element = read_value(r, depth + 1);
        if (element == NULL)
            return NULL;
        *link = element;
        link = &element->next;
    } while (take(r, ','));
    return take(r, ']') ? array : refuse(r, "',' or ']'");
}

static cs_json_value *read_object(reader *r, int depth)
{
    cs_json_value *object = new_value(r, CS_JSON_OBJECT);
    if (object == NULL || take(r, '}'))
        return object;
    cs_json_value **link = &object->first;
    int members = 0;
    do {
        size_t length;
        if (++members > max_members) /* the search for repeated names is quadratic */
            return refuse(r, "fewer members");
        if (!take(r, '"'))
            return refuse(r, "a name in quotes");
        char *name = read_string(r, &length);
        if (name == NULL)
            return NULL;
        if (cs_json_get(object, name) != NULL)
            return refuse(r, "each name once");
        if (!take(r, ':'))
            return refuse(r, "':'");
        cs_json_value *member = read_value(r, depth + 1);
        if (member == NULL)
            return NULL;
        member->name = name;
        *link = member;
        link = &member->next;
    } while (take(r, ','));
    return take(r, '}') ? object : refuse(r, "',' or '}'");
}

static cs_json_value *read_value(reader *r, int depth)
{
    skip_space(r);
    if (depth > max_depth)
        return refuse(r, "less nesting");
    if (r->at == r->end)
        return refuse(r, "a value");
    switch (*r->at) {
    case '{':
        r->at++;
        return read_object(r, depth);
    case '[':
        r->at++;
        return read_array(r, depth);
    case '"': {
        r->at++;
        cs_json_value *value = new_value(r, CS_JSON_STRING);
        if (value == NULL)
            return NULL;
        value->text = read_string(r, &value->length);
        return value->text != NULL ? value : NULL;
    }
    case 't':
        return read_word(r, "true", CS_JSON_BOOLEAN, true);
    case 'f':
        return read_word(r, "false", CS_JSON_BOOLEAN, false);
    case 'n':
        return read_word(r, "null", CS_JSON_NULL, false);
    default:
        return read_number(r);
    }
}

/* A text has at most one value more than commas and opening brackets. */
static size_t count_values(const char *text, size_t length)
{
    size_t count = 1;
    for (size_t i = 0; i < length; i++)
        count += text[i] == ',' || text[i] == '[' || text[i] == '{';
    return count < max_values ? count : max_values;
}

static int line_of(const reader *r)
{
    int line = 1;
    for (const char *at = r->document->text; at < r->at; at++)
        line += *at == '\n';
    return line;
}

static cs_json *copy_text(const char *text, size_t length)
{
    cs_json *document = calloc(1, sizeof *document);
    if (document == NULL)
        return NULL;
    document->text = cs_duplicate_span(text, length);
    document->text_length = length;
    document->capacity = count_values(text, length);
    document->values = calloc(document->capacity, sizeof *document->values);
    if (document->text == NULL || document->values == NULL) {
        cs_json_free(document);
        return NULL;
    }
    return document;
}

cs_json *cs_json_parse(const char *text, size_t length, cs_error *error)
{
    if (length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
        text += 3;
        length -= 3;
    }
    if (length > max_text) {
        cs_fail(error, CS_PROTOCOL, "JSON of more than 1 MiB");
        return NULL;
    }
    cs_json *document = copy_text(text, length);
    if (document == NULL) {
        cs_fail(error, CS_NO_MEMORY, "out of memory");
        return NULL;
    }
    reader r = { .document = document, .at = document->text, .end = document->text + length };
    cs_json_value *root = read_value(&r, 0);
    skip_space(&r);
    if (root != NULL && r.at != r.end)
        root = refuse(&r, "nothing after the value");
    if (root == NULL) {
        cs_fail(error, CS_PROTOCOL, "line %d: expected %s", line_of(&r), r.expected);
        cs_json_free(document);
        return NULL;
    }
    return document;
}

void cs_json_free(cs_json *document)
{
    if (document == NULL)
        return;
    if (document->text != NULL)
        cs_wipe(document->text, document->text_length);
    free(document->text);
    free(document->values);
    free(document);
}

const cs_json_value *cs_json_root(const cs_json *document)
{
    return document == NULL ? NULL : &document->values[0];
}
