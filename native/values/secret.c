#include "secret.h"

#include <stdlib.h>
#include <string.h>

void cs_wipe(void *memory, size_t length)
{
    volatile unsigned char *byte = memory;
    while (length-- > 0)
        *byte++ = 0;
}

char *cs_duplicate_span(const char *text, size_t length)
{
    char *copy = malloc(length + 1);
    if (copy != NULL) {
        memcpy(copy, text, length);
        copy[length] = '\0';
    }
    return copy;
}

char *cs_duplicate(const char *text)
{
    return text == NULL ? NULL : cs_duplicate_span(text, strlen(text));
}

void cs_secret_free(char *text)
{
    if (text != NULL)
        cs_wipe(text, strlen(text));
    free(text);
}
