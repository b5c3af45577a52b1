#include "server_url.h"

#include <stdbool.h>
#include <string.h>

static bool begins_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

static bool is_dotted_127(const char *host, size_t length)
{
    size_t dots = 0;
    if (length < 9 || length > 15 || !begins_with(host, "127."))
        return false;
    for (size_t i = 0; i < length; i++) {
        dots += host[i] == '.';
        if (host[i] != '.' && (host[i] < '0' || host[i] > '9'))
            return false;
    }
    return dots == 3;
}

static bool is_this_machine(const char *host, size_t length)
{
    return (length == 9 && memcmp(host, "localhost", 9) == 0) || (length == 5 && memcmp(host, "[::1]", 5) == 0)
        || is_dotted_127(host, length);
}

static bool is_port(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (text[i] < '0' || text[i] > '9')
            return false;
    return length >= 1 && length <= 5;
}

const char *cs_server_url_fault(const char *url)
{
    bool secure = begins_with(url, "https://");
    if (!secure && !begins_with(url, "http://"))
        return "must be https://HOST (http:// only for this machine)";
    for (const char *at = url; *at != '\0'; at++) {
        if (*at <= 0x20 || *at > 0x7e || strchr("\\\"<>", *at) != NULL)
            return "is invalid: it has a character that no address has, such as a blank or a quotation mark";
        if (strchr("@?#", *at) != NULL)
            return "is invalid: expected no user, query or fragment";
    }
    const char *host = strstr(url, "://") + 3;
    size_t authority = strcspn(host, "/");
    size_t length = host[0] == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":/");
    if (length == 0 || length > authority)
        return "is invalid: expected a host";
    if (length < authority && (host[length] != ':' || !is_port(host + length + 1, authority - length - 1)))
        return "is invalid: expected a number as the port";
    return secure || is_this_machine(host, length) ? NULL : "must be https:// (http:// only for this machine)";
}
