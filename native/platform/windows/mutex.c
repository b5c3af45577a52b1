#include <windows.h>

#include <stdlib.h>

#include "platform/platform.h"

struct cs_mutex {
    SRWLOCK lock;
};

cs_mutex *cs_mutex_create(void)
{
    cs_mutex *mutex = malloc(sizeof *mutex);
    if (mutex != NULL)
        InitializeSRWLock(&mutex->lock);
    return mutex;
}

void cs_mutex_destroy(cs_mutex *mutex)
{
    free(mutex);
}

void cs_mutex_lock(cs_mutex *mutex)
{
    AcquireSRWLockExclusive(&mutex->lock);
}

bool cs_mutex_try_lock(cs_mutex *mutex)
{
    return TryAcquireSRWLockExclusive(&mutex->lock) != 0;
}

void cs_mutex_unlock(cs_mutex *mutex)
{
    ReleaseSRWLockExclusive(&mutex->lock);
}

void cs_mutex_lock_waiting(cs_mutex *mutex)
{
    cs_mutex_lock(mutex);
}
