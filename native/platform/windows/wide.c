#include "wide.h"

#include <windows.h>

#include <stdlib.h>
#include <string.h>

#include "values/buffer.h"
#include "values/secret.h"

wchar_t *cs_wide(const char *text)
{
    if (text == NULL)
        return NULL;
    int length = MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text, -1, NULL, 0);
    wchar_t *wide = length > 0 ? malloc((size_t)length * sizeof *wide) : NULL;
    if (wide == NULL)
        return NULL;
    if (MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text, -1, wide, length) == length)
        return wide;
    free(wide);
    return NULL;
}

void cs_wide_free(wchar_t *text)
{
    if (text == NULL)
        return;
    SecureZeroMemory(text, wcslen(text) * sizeof *text);
    free(text);
}

char *cs_narrow(const wchar_t *text)
{
    if (text == NULL)
        return NULL;
    int length = WideCharToMultiByte(CP_UTF8, 0, text, -1, NULL, 0, NULL, NULL);
    char *narrow = length > 0 ? malloc((size_t)length) : NULL;
    if (narrow == NULL)
        return NULL;
    if (WideCharToMultiByte(CP_UTF8, 0, text, -1, narrow, length, NULL, NULL) == length)
        return narrow;
    free(narrow);
    return NULL;
}

void cs_narrow_into(const wchar_t *text, char *out, size_t capacity)
{
    char *narrow = cs_narrow(text);
    size_t length = narrow != NULL ? strlen(narrow) : 0;
    if (length >= capacity)
        length = capacity - 1;
    while (narrow != NULL && length > 0 && ((unsigned char)narrow[length] & 0xc0) == 0x80)
        length--;
    if (length > 0)
        memcpy(out, narrow, length);
    out[length] = '\0';
    cs_secret_free(narrow);
}
