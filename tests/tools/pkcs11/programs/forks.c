/* forks CHILDREN THREADS: forks while so many threads of the parent sign without a pause. Each child finds the module not
 * initialised, initialises it, signs over a connection of its own and exits; it has 30 seconds. The parent goes on. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "token.h"

enum { at_once = 8 };

static CK_FUNCTION_LIST_PTR p11;
static CK_SLOT_ID slot;
static EVP_PKEY *public_key;
static CK_SESSION_HANDLE inherited;
static atomic_bool over;
static atomic_uint signatures;

static void *work(void *unused)
{
    while (!atomic_load(&over))
        sign_once(p11, slot, public_key, atomic_fetch_add(&signatures, 1));
    return unused;
}

static void be_a_child(unsigned number)
{
    CK_SESSION_INFO info;
    alarm(30);
    must("a child is not initialised", p11->C_GetSessionInfo(inherited, &info) == CKR_CRYPTOKI_NOT_INITIALIZED ? CKR_OK : CKR_GENERAL_ERROR);
    must("C_Initialize in a child", p11->C_Initialize(NULL));
    sign_once(p11, find_slot(p11, "p256"), public_key, number);
    /* Some leave by exit, whose handlers run; some finish first; some just go. */
    if (number % 3 == 0)
        must("C_Finalize in a child", p11->C_Finalize(NULL));
    number % 3 == 1 ? exit(0) : _exit(0);
}

static void reap(void)
{
    int status;
    if (wait(&status) < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        fprintf(stderr, "a child ended with status 0x%x\n", status);
        _exit(1);
    }
}

int main(int count, char **arguments)
{
    pthread_t threads[64];
    unsigned children = count == 3 ? (unsigned)atoi(arguments[1]) : 0;
    unsigned thread_count = count == 3 ? (unsigned)atoi(arguments[2]) : 0;
    if (children == 0 || thread_count > 64)
        return 2;
    p11 = load_module(NULL);
    must("C_Initialize", p11->C_Initialize(NULL));
    slot = find_slot(p11, "p256");
    public_key = read_public_key("p256");
    inherited = open_session(p11, slot);
    sign_once(p11, slot, public_key, 0);
    for (unsigned i = 0; i < thread_count; i++)
        pthread_create(&threads[i], NULL, work, NULL);
    double longest = 0;
    for (unsigned i = 0; i < children; i++) {
        if (i >= at_once)
            reap();
        double start = now_ms();
        pid_t child = fork();
        if (child == 0)
            be_a_child(i);
        double took = now_ms() - start;
        longest = took > longest ? took : longest;
        must("fork", child > 0 ? CKR_OK : CKR_HOST_MEMORY);
    }
    for (unsigned i = 0; i < (children < at_once ? children : at_once); i++)
        reap();
    atomic_store(&over, true);
    for (unsigned i = 0; i < thread_count; i++)
        pthread_join(threads[i], NULL);
    sign_once(p11, slot, public_key, 1);
    must("C_Finalize", p11->C_Finalize(NULL));
    EVP_PKEY_free(public_key);
    printf("%u children, the longest fork %.1f ms, %u signatures of the parent meanwhile\n", children, longest, atomic_load(&signatures));
    return 0;
}
