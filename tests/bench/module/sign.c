/* Signs with a token's only private key from several threads, each as fast as it is answered, and prints one JSON object: signatures
   a second, and how long a C_Sign took.   sign TOKEN-LABEL rsa|p256 THREADS SECONDS
   From the environment: MODULE, and PIN where the token needs a login. */
#include "../../tools/pkcs11/programs/token.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_THREADS = 256, MAX_SAMPLES = 1 << 18 };

typedef struct {
    pthread_t id;
    CK_SESSION_HANDLE session;
    CK_OBJECT_HANDLE key;
    unsigned count;
    float *took_us;
} worker;

static CK_FUNCTION_LIST_PTR p11;
static CK_MECHANISM_TYPE mechanism;
static worker workers[MAX_THREADS];
static double end_ms;

/* What CKM_RSA_PKCS signs of SHA-256 is a DigestInfo (RFC 8017, section 9.2). */
static const unsigned char sha256_info[] = { 0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
                                             0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20 };

static void *sign_on(void *argument)
{
    worker *w = argument;
    CK_MECHANISM used = { mechanism, NULL, 0 };
    unsigned char data[sizeof sha256_info + 32], signature[512];
    size_t skipped = mechanism == CKM_ECDSA ? sizeof sha256_info : 0;
    memcpy(data, sha256_info, sizeof sha256_info);
    for (double now = now_ms(); now < end_ms && w->count < MAX_SAMPLES; w->count++) {
        CK_ULONG length = sizeof signature;
        make_digest(w->count, data + sizeof sha256_info);
        must("C_SignInit", p11->C_SignInit(w->session, &used, w->key));
        must("C_Sign", p11->C_Sign(w->session, data + skipped, sizeof data - skipped, signature, &length));
        double after = now_ms();
        w->took_us[w->count] = (float)((after - now) * 1000);
        now = after;
    }
    return NULL;
}

static int compare(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static void print_result(int threads, double seconds)
{
    size_t total = 0;
    for (int i = 0; i < threads; i++)
        total += workers[i].count;
    float *all = malloc((total + 1) * sizeof *all);
    size_t filled = 0;
    for (int i = 0; i < threads; i++) {
        memcpy(all + filled, workers[i].took_us, workers[i].count * sizeof *all);
        filled += workers[i].count;
    }
    must("one signature", total > 0 ? CKR_OK : CKR_GENERAL_ERROR);
    qsort(all, total, sizeof *all, compare);
    printf("{\"perSecond\":%.1f,\"p50Us\":%.0f,\"p99Us\":%.0f}\n", (double)total / seconds, all[total / 2], all[(total - 1) * 99 / 100]);
    free(all);
}

int main(int count, char **arguments)
{
    if (count != 5)
        return 2;
    CK_C_INITIALIZE_ARGS threaded = { .flags = CKF_OS_LOCKING_OK };
    const char *pin = getenv("PIN");
    int threads = atoi(arguments[3]);
    must("at most 256 threads", threads > 0 && threads <= MAX_THREADS ? CKR_OK : CKR_ARGUMENTS_BAD);
    mechanism = strcmp(arguments[2], "rsa") == 0 ? CKM_RSA_PKCS : CKM_ECDSA;
    p11 = load_module(NULL);
    must("C_Initialize", p11->C_Initialize(&threaded));
    CK_SLOT_ID slot = find_slot(p11, arguments[1]);
    for (int i = 0; i < threads; i++) {
        worker *w = &workers[i];
        w->session = open_session(p11, slot);
        if (i == 0 && pin != NULL)
            must("C_Login", p11->C_Login(w->session, CKU_USER, (CK_UTF8CHAR_PTR)pin, strlen(pin)));
        w->key = find_private_key(p11, w->session);
        w->took_us = calloc(MAX_SAMPLES, sizeof *w->took_us);
    }
    double began = now_ms();
    end_ms = began + atof(arguments[4]) * 1000;
    for (int i = 0; i < threads; i++)
        pthread_create(&workers[i].id, NULL, sign_on, &workers[i]);
    for (int i = 0; i < threads; i++)
        pthread_join(workers[i].id, NULL);
    print_result(threads, (now_ms() - began) / 1000);
    must("C_Finalize", p11->C_Finalize(NULL));
    for (int i = 0; i < threads; i++)
        free(workers[i].took_us);
    return 0;
}
