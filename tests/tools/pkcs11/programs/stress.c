/* stress COUNT THREADS: so many P-256 signatures from so many threads, each in a session of its own that is opened and
 * closed for it, each checked. SIGPIPE must neither come nor be touched. */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "token.h"

static CK_FUNCTION_LIST_PTR p11;
static CK_SLOT_ID slot;
static EVP_PKEY *public_key;
static unsigned wanted;
static atomic_uint taken;
static atomic_int pipes;

static void on_pipe(int number)
{
    (void)number;
    atomic_fetch_add(&pipes, 1);
}

static void *work(void *unused)
{
    unsigned number;
    while ((number = atomic_fetch_add(&taken, 1)) < wanted)
        sign_once(p11, slot, public_key, number);
    return unused;
}

int main(int count, char **arguments)
{
    pthread_t threads[256];
    struct sigaction action = { .sa_handler = on_pipe }, after;
    unsigned thread_count = count == 3 ? (unsigned)atoi(arguments[2]) : 0;
    if (thread_count == 0 || thread_count > 256)
        return 2;
    wanted = (unsigned)atoi(arguments[1]);
    sigaction(SIGPIPE, &action, NULL);
    p11 = load_module(NULL);
    must("C_Initialize", p11->C_Initialize(NULL));
    slot = find_slot(p11, "p256");
    public_key = read_public_key("p256");
    double start = now_ms();
    for (unsigned i = 0; i < thread_count; i++)
        pthread_create(&threads[i], NULL, work, NULL);
    for (unsigned i = 0; i < thread_count; i++)
        pthread_join(threads[i], NULL);
    double seconds = (now_ms() - start) / 1000;
    sigaction(SIGPIPE, NULL, &after);
    must("no SIGPIPE", atomic_load(&pipes) == 0 ? CKR_OK : CKR_GENERAL_ERROR);
    must("SIGPIPE's handler as it was", after.sa_handler == on_pipe ? CKR_OK : CKR_GENERAL_ERROR);
    must("C_Finalize", p11->C_Finalize(NULL));
    EVP_PKEY_free(public_key);
    printf("%u signatures from %u threads in %.1f s, %.0f a second\n", wanted, thread_count, seconds, wanted / seconds);
    return 0;
}
