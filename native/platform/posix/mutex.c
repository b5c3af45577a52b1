#include <pthread.h>
#include <stdlib.h>

#include "platform/platform.h"

struct cs_mutex {
    pthread_mutex_t mutex;
};

cs_mutex *cs_mutex_create(void)
{
    cs_mutex *mutex = malloc(sizeof *mutex);
    if (mutex != NULL && pthread_mutex_init(&mutex->mutex, NULL) != 0) {
        free(mutex);
        mutex = NULL;
    }
    return mutex;
}

void cs_mutex_destroy(cs_mutex *mutex)
{
    if (mutex == NULL)
        return;
    pthread_mutex_destroy(&mutex->mutex);
    free(mutex);
}

void cs_mutex_lock(cs_mutex *mutex)
{
    pthread_mutex_lock(&mutex->mutex);
}

bool cs_mutex_try_lock(cs_mutex *mutex)
{
    return pthread_mutex_trylock(&mutex->mutex) == 0;
}

void cs_mutex_unlock(cs_mutex *mutex)
{
    pthread_mutex_unlock(&mutex->mutex);
}

void cs_mutex_lock_waiting(cs_mutex *mutex)
{
    if (cs_mutex_try_lock(mutex))
        return;
    cs_blocking_begin();
    cs_mutex_lock(mutex);
    cs_blocking_end();
}
