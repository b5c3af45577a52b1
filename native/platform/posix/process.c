/* Forks and the end of the process.
 *
 * A call passes a gate, and is outside of it again while it waits for the network, for a lock held over the network, or
 * sleeps. A fork closes the gate and waits until no thread is inside: then no other thread holds a lock of the TLS library,
 * of the loader or of ours, and the child finds them all free. Since waiting threads are outside, a slow server does not
 * delay a fork. The end of the process does the same, because the TLS library frees its state there. */
#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "platform/platform.h"

enum { timeout_seconds = 2 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static unsigned inside;
static bool closed;
static atomic_bool ending;
static void (*child_handler)(void);

static _Thread_local bool calling; /* this thread is within a call, inside or waiting */
static _Thread_local bool counted; /* this thread is one of `inside` */

static void enter(void)
{
    pthread_mutex_lock(&lock);
    while (closed && !atomic_load(&ending))
        pthread_cond_wait(&changed, &lock);
    inside++;
    counted = true;
    pthread_mutex_unlock(&lock);
}

static void leave(void)
{
    pthread_mutex_lock(&lock);
    inside--;
    counted = false;
    if (closed)
        pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

bool cs_call_begin(void)
{
    if (calling)
        return false;
    calling = true;
    enter();
    if (!atomic_load(&ending))
        ERR_set_mark(); /* the host may use the same OpenSSL: our failures must not be left in its error queue */
    return true;
}

void cs_call_end(void)
{
    if (!atomic_load(&ending))
        ERR_pop_to_mark();
    leave();
    calling = false;
}

void cs_blocking_begin(void)
{
    if (calling)
        leave();
}

bool cs_blocking_end(void)
{
    if (calling)
        enter();
    return !atomic_load(&ending);
}

bool cs_process_is_ending(void)
{
    return atomic_load(&ending);
}

/* With the lock held. A fork may come from within a call, such as from a plug-in of the resolver: that call is not waited
 * for. */
static void drain(void)
{
    struct timespec deadline;
    clock_gettime(CLOCK_REALTIME, &deadline);
    deadline.tv_sec += timeout_seconds;
    unsigned own = counted ? 1 : 0;
    while (inside > own && pthread_cond_timedwait(&changed, &lock, &deadline) != ETIMEDOUT)
        ;
}

static void before_fork(void)
{
    pthread_mutex_lock(&lock);
    while (closed)
        pthread_cond_wait(&changed, &lock);
    closed = true;
    drain();
}

static void after_fork_in_parent(void)
{
    closed = false;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

void cs_reset_after_fork(void)
{
    pthread_mutex_init(&lock, NULL);
    pthread_cond_init(&changed, NULL);
    inside = counted ? 1 : 0;
    closed = false;
    child_handler();
}

static void at_exit(void)
{
    pthread_mutex_lock(&lock);
    atomic_store(&ending, true);
    pthread_cond_broadcast(&changed);
    closed = true;
    drain();
    closed = false;
    pthread_mutex_unlock(&lock);
}

bool cs_watch_process(void (*in_child)(void))
{
    static bool watching; /* its caller holds a lock */
    if (watching)
        return true;
    OPENSSL_init_crypto(0, NULL); /* registers its exit handler before ours */
    child_handler = in_child;
    if (pthread_atfork(before_fork, after_fork_in_parent, cs_reset_after_fork) != 0 || atexit(at_exit) != 0)
        return false;
    watching = true;
    return true;
}

unsigned long cs_process_id(void)
{
    return (unsigned long)getpid();
}
