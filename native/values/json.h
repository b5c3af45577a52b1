/* A strict, bounded JSON reader (RFC 8259) and the few calls that write it.
 *
 * One reader for every platform, since Windows has no JSON library to link and the Debian ones have no mingw build,
 * and two parsers would differ in what they make of hostile input. It refuses what is not needed here: more than 1 MiB,
 * more than 32 levels, 256 members of an object or 65,536 values, repeated names, invalid UTF-8, lone surrogates and U+0000. */
#ifndef CODESIGNING_VALUES_JSON_H
#define CODESIGNING_VALUES_JSON_H

#include "buffer.h"
#include "result.h"

typedef struct cs_json cs_json;             /* a document; owns all of its values */
typedef struct cs_json_value cs_json_value; /* lives as long as its document */

typedef enum cs_json_kind {
    CS_JSON_NULL,
    CS_JSON_BOOLEAN,
    CS_JSON_NUMBER,
    CS_JSON_STRING,
    CS_JSON_ARRAY,
    CS_JSON_OBJECT,
} cs_json_kind;

/* Parses a whole document; a leading byte order mark is skipped. NULL, with the line and what was expected in
 * `error`, when it is not JSON. The text is copied. */
cs_json *cs_json_parse(const char *text, size_t length, cs_error *error);

/* Wipes and frees the document. NULL is allowed. */
void cs_json_free(cs_json *document);

const cs_json_value *cs_json_root(const cs_json *document);
cs_json_kind cs_json_kind_of(const cs_json_value *value);

/* The member of that name; NULL when there is none or `object` is NULL or no object. */
const cs_json_value *cs_json_get(const cs_json_value *object, const char *name);

/* NUL-terminated UTF-8; NULL when `value` is NULL or no string. */
const char *cs_json_string(const cs_json_value *value);

/* False when `value` is NULL, no number, no integer, or does not fit. */
bool cs_json_integer(const cs_json_value *value, int64_t *integer);

/* False when `value` is NULL or no boolean. */
bool cs_json_boolean(const cs_json_value *value, bool *boolean);

/* Elements of an array or members of an object, in the order of the text; NULL at the end. */
const cs_json_value *cs_json_first(const cs_json_value *container);
const cs_json_value *cs_json_next(const cs_json_value *value);

/* The name of a member; NULL for an array's element or the root. */
const char *cs_json_name(const cs_json_value *member);

/* Appends a quoted string. Bytes that are not UTF-8 become U+FFFD: command lines and user names may be anything. */
void cs_json_write_string(cs_buffer *out, const char *text);

/* Appends `"name":"text"`, with a comma before it unless an object has just been opened. */
void cs_json_write_member(cs_buffer *out, const char *name, const char *text);

/* Appends `"name":` likewise, for a value that the caller writes next. */
void cs_json_write_name(cs_buffer *out, const char *name);

/* Appends a value as it was read, normalised. */
void cs_json_write_value(cs_buffer *out, const cs_json_value *value);

#endif
