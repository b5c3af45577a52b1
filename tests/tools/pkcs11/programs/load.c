/* Signs with one signer from several threads, with a pause after each signature, until standard input ends; then prints how many
   signatures it got and how long the slowest call took. A call that fails ends it.   load SIGNER THREADS PAUSE-MS */
#include "token.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static CK_FUNCTION_LIST_PTR p11;
static CK_SLOT_ID slot;
static useconds_t pause_us;
static atomic_bool ended;
static atomic_uint signatures;
static _Atomic double slowest_ms;

static void *sign_on(void *unused)
{
    (void)unused;
    CK_SESSION_HANDLE session = open_session(p11, slot);
    CK_OBJECT_HANDLE key = find_private_key(p11, session);
    while (!ended) {
        unsigned char digest[32], signature[64];
        make_digest(signatures, digest);
        double began = now_ms();
        must("C_Sign", sign_p256(p11, session, key, digest, signature));
        double took = now_ms() - began;
        double slowest = slowest_ms;
        while (took > slowest && !atomic_compare_exchange_weak(&slowest_ms, &slowest, took))
            ;
        signatures++;
        usleep(pause_us);
    }
    return NULL;
}

int main(int count, char **arguments)
{
    if (count != 4)
        return 2;
    p11 = load_module(NULL);
    must("C_Initialize", p11->C_Initialize(NULL));
    slot = find_slot(p11, arguments[1]);
    int threads = atoi(arguments[2]);
    pause_us = (useconds_t)atoi(arguments[3]) * 1000;
    pthread_t *ids = calloc((size_t)threads, sizeof *ids);
    for (int i = 0; i < threads; i++)
        pthread_create(&ids[i], NULL, sign_on, NULL);
    while (getchar() != EOF)
        ;
    ended = true;
    for (int i = 0; i < threads; i++)
        pthread_join(ids[i], NULL);
    free(ids);
    must("C_Finalize", p11->C_Finalize(NULL));
    printf("%u %.0f\n", signatures, slowest_ms);
    return 0;
}
