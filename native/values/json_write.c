#include <stdio.h>
#include <string.h>

#include "json_value.h"
#include "text.h"

static void write_control(cs_buffer *out, unsigned char c)
{
    char escape[8];
    snprintf(escape, sizeof escape, "\\u%04x", c);
    cs_buffer_append_text(out, escape);
}

static void write_string(cs_buffer *out, const char *text, size_t length)
{
    cs_buffer_append(out, "\"", 1);
    for (size_t i = 0; i < length;) {
        unsigned char c = (unsigned char)text[i];
        size_t run = cs_utf8_sequence(text + i, length - i);
        if (run == 0)
            cs_buffer_append_text(out, "\xef\xbf\xbd");
        else if (c < 0x20)
            write_control(out, c);
        else {
            if (c == '"' || c == '\\')
                cs_buffer_append(out, "\\", 1);
            cs_buffer_append(out, text + i, run);
        }
        i += run != 0 ? run : 1;
    }
    cs_buffer_append(out, "\"", 1);
}

void cs_json_write_string(cs_buffer *out, const char *text)
{
    write_string(out, text, strlen(text));
}

void cs_json_write_name(cs_buffer *out, const char *name)
{
    if (out->length > 0 && out->data[out->length - 1] != '{')
        cs_buffer_append(out, ",", 1);
    cs_json_write_string(out, name);
    cs_buffer_append(out, ":", 1);
}

void cs_json_write_member(cs_buffer *out, const char *name, const char *text)
{
    cs_json_write_name(out, name);
    cs_json_write_string(out, text);
}

static void write_container(cs_buffer *out, const cs_json_value *container)
{
    bool object = container->kind == CS_JSON_OBJECT;
    cs_buffer_append(out, object ? "{" : "[", 1);
    for (const cs_json_value *value = container->first; value != NULL; value = value->next) {
        if (value != container->first)
            cs_buffer_append(out, ",", 1);
        if (object) {
            cs_json_write_string(out, value->name);
            cs_buffer_append(out, ":", 1);
        }
        cs_json_write_value(out, value);
    }
    cs_buffer_append(out, object ? "}" : "]", 1);
}

void cs_json_write_value(cs_buffer *out, const cs_json_value *value)
{
    switch (cs_json_kind_of(value)) {
    case CS_JSON_NULL:
        cs_buffer_append_text(out, "null");
        break;
    case CS_JSON_BOOLEAN:
        cs_buffer_append_text(out, value->boolean ? "true" : "false");
        break;
    case CS_JSON_NUMBER:
        cs_buffer_append(out, value->text, value->length);
        break;
    case CS_JSON_STRING:
        write_string(out, value->text, value->length);
        break;
    case CS_JSON_ARRAY:
    case CS_JSON_OBJECT:
        write_container(out, value);
        break;
    }
}
