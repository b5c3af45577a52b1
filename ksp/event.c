#include "event.h"

#include <stdio.h>

#include "platform/windows/wide.h"

/* EventCreate.exe, which the source is registered with, has the text "%1" for the numbers 1 to 1000. */
enum { failure_event = 1 };

void ksp_event_write(const char *message, SECURITY_STATUS status)
{
    wchar_t text[512];
    wchar_t *wide = cs_wide(message);
    HANDLE source = wide != NULL ? RegisterEventSourceW(NULL, KSP_EVENT_SOURCE) : NULL;
    if (source != NULL) {
        LPCWSTR strings[] = { text };
        _snwprintf(text, sizeof text / sizeof *text - 1, L"%ls (0x%08lx)", wide, (unsigned long)status);
        text[sizeof text / sizeof *text - 1] = L'\0';
        ReportEventW(source, EVENTLOG_ERROR_TYPE, 0, failure_event, NULL, 1, 0, strings, NULL);
        DeregisterEventSource(source);
    }
    cs_wide_free(wide);
}
