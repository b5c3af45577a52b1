#include "json_value.h"

#include <string.h>

cs_json_kind cs_json_kind_of(const cs_json_value *value)
{
    return value == NULL ? CS_JSON_NULL : value->kind;
}

const cs_json_value *cs_json_get(const cs_json_value *object, const char *name)
{
    if (object == NULL || object->kind != CS_JSON_OBJECT)
        return NULL;
    for (const cs_json_value *member = object->first; member != NULL; member = member->next)
        if (strcmp(member->name, name) == 0)
            return member;
    return NULL;
}

const char *cs_json_string(const cs_json_value *value)
{
    return value != NULL && value->kind == CS_JSON_STRING ? value->text : NULL;
}

bool cs_json_integer(const cs_json_value *value, int64_t *integer)
{
    if (value == NULL || value->kind != CS_JSON_NUMBER || !value->integral)
        return false;
    bool negative = value->text[0] == '-';
    int64_t result = 0;
    for (size_t i = negative ? 1 : 0; i < value->length; i++) {
        int digit = value->text[i] - '0';
        if (result < (INT64_MIN + digit) / 10)
            return false;
        result = result * 10 - digit;
    }
    if (!negative && result == INT64_MIN)
        return false;
    *integer = negative ? result : -result;
    return true;
}

bool cs_json_boolean(const cs_json_value *value, bool *boolean)
{
    if (value == NULL || value->kind != CS_JSON_BOOLEAN)
        return false;
    *boolean = value->boolean;
    return true;
}

const cs_json_value *cs_json_first(const cs_json_value *container)
{
    return container == NULL ? NULL : container->first;
}

const cs_json_value *cs_json_next(const cs_json_value *value)
{
    return value == NULL ? NULL : value->next;
}

const char *cs_json_name(const cs_json_value *member)
{
    return member == NULL ? NULL : member->name;
}
