#include "redact.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

static bool contains_ignoring_case(const char *text, size_t length, const char *what)
{
    size_t what_length = strlen(what);
    for (size_t i = 0; i + what_length <= length; i++) {
        size_t j = 0;
        while (j < what_length && tolower((unsigned char)text[i + j]) == what[j])
            j++;
        if (j == what_length)
            return true;
    }
    return false;
}

/* In doubt it is one: a hidden file name does less harm than a shown password. */
static bool is_secret_name(const char *name, size_t length)
{
    static const char *const hints[] = { "pass", "pwd", "pin", "secret", "token", "storepass", "keypass", "credential",
                                         "apikey", "api-key", "auth", "bearer" };
    for (size_t i = 0; i < sizeof hints / sizeof *hints; i++)
        if (contains_ignoring_case(name, length, hints[i]))
            return true;
    return false;
}

/* `-p` and `/p` of Windows are a password to some tools and a port to others: hidden. */
static bool is_short_password_option(const char *name, size_t length)
{
    return length == 2 && (name[0] == '-' || name[0] == '/') && tolower((unsigned char)name[1]) == 'p';
}

typedef struct writer {
    char *out;
    size_t length;
    size_t capacity;
} writer;

static void put(writer *w, const char *text, size_t length)
{
    size_t room = w->capacity - 1 - w->length;
    if (length > room)
        length = room;
    memcpy(w->out + w->length, text, length);
    w->length += length;
    w->out[w->length] = '\0';
}

static void put_text(writer *w, const char *text)
{
    put(w, text, strlen(text));
}

/* `name=value`, `name:value`, and the attributes of PKCS#11 URIs and web addresses, within one word. */
static void put_redacted(writer *w, const char *word)
{
    const char *at = word;
    const char *user = strstr(word, "://");
    const char *host = user != NULL ? strchr(user + 3, '@') : NULL;
    if (host != NULL) {
        put(w, word, (size_t)(user + 3 - word));
        put_text(w, "***");
        at = host;
    }
    while (*at != '\0') {
        size_t name = strcspn(at, "=:;?&,");
        char separator = at[name];
        put(w, at, separator != '\0' ? name + 1 : name);
        if (separator == '\0')
            return;
        bool hidden = (separator == '=' || separator == ':') &&
                      (is_secret_name(at, name) || is_short_password_option(at, name));
        at += name + 1;
        if (hidden) {
            put_text(w, "***");
            at += strcspn(at, ";?&");
        }
    }
}

/* An option of Windows begins with a slash and has no other, which a path has. */
static bool announces_secret(const char *word)
{
    bool is_option = word[0] == '-' || (word[0] == '/' && strchr(word + 1, '/') == NULL && strchr(word, ':') == NULL);
    if (!is_option || strchr(word, '=') != NULL)
        return false;
    return is_short_password_option(word, strlen(word)) || is_secret_name(word, strlen(word));
}

void cs_command_line_redact(const char *const *words, size_t count, char *out, size_t capacity)
{
    writer w = { .out = out, .capacity = capacity };
    out[0] = '\0';
    bool hide_next = false;
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            put_text(&w, " ");
        if (hide_next && words[i][0] != '-')
            put_text(&w, "***");
        else
            put_redacted(&w, words[i]);
        hide_next = announces_secret(words[i]);
    }
}
