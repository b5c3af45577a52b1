/* The inside of a JSON value, for the files that read and write JSON. */
#ifndef CODESIGNING_VALUES_JSON_VALUE_H
#define CODESIGNING_VALUES_JSON_VALUE_H

#include "json.h"

struct cs_json_value {
    cs_json_kind kind;
    bool boolean;
    bool integral;    /* a number without fraction and exponent */
    const char *name; /* of a member */
    char *text;       /* a string, NUL-terminated; or a number, of `length` bytes */
    size_t length;
    cs_json_value *first;
    cs_json_value *next;
};

#endif
