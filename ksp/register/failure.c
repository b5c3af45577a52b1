#include "failure.h"

#include <stdio.h>
#include <wchar.h>

#include "platform/windows/wide.h"

int failed(const char *what, DWORD code)
{
    wchar_t text[512] = L"";
    char narrow[1024];
    FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, NULL, code, 0, text,
                   sizeof text / sizeof *text - 1, NULL);
    text[wcscspn(text, L"\r\n")] = L'\0';
    cs_narrow_into(text, narrow, sizeof narrow);
    fprintf(stderr, "%s: error 0x%lx%s%s\n", what, code, narrow[0] != '\0' ? ": " : "", narrow);
    if (code == ERROR_ACCESS_DENIED)
        fprintf(stderr, "Run this as administrator.\n");
    return 1;
}
