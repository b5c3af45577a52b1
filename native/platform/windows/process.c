/* Windows has no fork, and a process ends only after its other threads: there is nothing to wait for. */
#include <windows.h>

#include "platform/platform.h"

bool cs_call_begin(void)
{
    return true;
}

void cs_call_end(void)
{
}

bool cs_watch_process(void (*in_child)(void))
{
    (void)in_child;
    return true;
}

unsigned long cs_process_id(void)
{
    return GetCurrentProcessId();
}

void cs_reset_after_fork(void)
{
}

void cs_blocking_begin(void)
{
}

bool cs_blocking_end(void)
{
    return true;
}

bool cs_process_is_ending(void)
{
    return false;
}
