/* leave THREADS MILLISECONDS: calls exit() while so many threads are signing. */
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "token.h"

static CK_FUNCTION_LIST_PTR p11;
static CK_SLOT_ID slot;

static void *work(void *unused)
{
    unsigned char digest[32] = { 1 }, signature[64];
    for (;;) {
        CK_SESSION_HANDLE session;
        if (p11->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &session) != CKR_OK)
            return unused; /* the process is ending */
        sign_p256(p11, session, 1, digest, signature);
        p11->C_CloseSession(session);
    }
}

int main(int count, char **arguments)
{
    pthread_t thread;
    int milliseconds = count == 3 ? atoi(arguments[2]) : 0;
    p11 = load_module(NULL);
    must("C_Initialize", p11->C_Initialize(NULL));
    slot = find_slot(p11, "p256");
    sign_once(p11, slot, read_public_key("p256"), 1);
    for (int i = 0; count == 3 && i < atoi(arguments[1]); i++)
        pthread_create(&thread, NULL, work, NULL);
    struct timespec pause = { .tv_nsec = milliseconds * 1000000L };
    nanosleep(&pause, NULL);
    exit(0);
}
