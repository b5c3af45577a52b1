/* What the module costs, measured beside libcurl sending the same request on a connection that is kept alive, turn by
 * turn so that whatever else the machine does falls on both. Prints name=value lines; times in milliseconds. */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "token.h"

enum { rounds = 400, warm_up = 50 };

static long resident_kib(void)
{
    long pages = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file == NULL || fscanf(file, "%ld %ld", &pages, &resident) != 2)
        return 0;
    fclose(file);
    return resident * 4;
}

static size_t ignore(char *bytes, size_t size, size_t count, void *context)
{
    (void)bytes;
    (void)context;
    return size * count;
}

static int by_size(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static double median(double *values)
{
    qsort(values, rounds, sizeof *values, by_size);
    return values[rounds / 2];
}

/* REQUEST_URL, REQUEST_TOKEN, REQUEST_BODY and REQUEST_CA come from the script. */
static CURL *prepare(void)
{
    CURL *curl = curl_easy_init();
    curl_easy_setopt(curl, CURLOPT_URL, getenv("REQUEST_URL"));
    curl_easy_setopt(curl, CURLOPT_CAINFO, getenv("REQUEST_CA"));
    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, getenv("REQUEST_BODY"));
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, ignore);
    return curl;
}

/* With an idempotency key of its own, as the module sends: keeping the answer is part of the server's work. */
static struct curl_slist *make_headers(void)
{
    char authorization[8192], key[64];
    unsigned char chance[16];
    must("random", getrandom(chance, sizeof chance, 0) == sizeof chance ? CKR_OK : CKR_GENERAL_ERROR);
    int length = snprintf(key, sizeof key, "Idempotency-Key: ");
    for (size_t i = 0; i < sizeof chance; i++)
        length += snprintf(key + length, sizeof key - (size_t)length, "%02x", chance[i]);
    snprintf(authorization, sizeof authorization, "Authorization: Bearer %s", getenv("REQUEST_TOKEN"));
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
    return curl_slist_append(curl_slist_append(headers, authorization), key);
}

static void post(CURL *curl)
{
    long status = 0;
    struct curl_slist *headers = make_headers();
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    must("curl", curl_easy_perform(curl) == CURLE_OK ? CKR_OK : CKR_GENERAL_ERROR);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    must("200 for curl", status == 200 ? CKR_OK : (CK_RV)status);
    curl_slist_free_all(headers);
}

int main(void)
{
    static double module_times[rounds], curl_times[rounds];
    unsigned char digest[32], signature[64];
    long before = resident_kib();
    double start = now_ms();
    CK_FUNCTION_LIST_PTR p11 = load_module(NULL);
    must("C_Initialize", p11->C_Initialize(NULL));
    printf("initialize_ms=%.2f\n", now_ms() - start);
    start = now_ms();
    CK_SLOT_ID slot = find_slot(p11, "p256");
    CK_SESSION_HANDLE session = open_session(p11, slot);
    CK_OBJECT_HANDLE key = find_private_key(p11, session);
    make_digest(0, digest);
    must("sign", sign_p256(p11, session, key, digest, signature));
    printf("first_signature_ms=%.2f\n", now_ms() - start);
    printf("resident_kib=%ld\n", resident_kib() - before);

    CURL *curl = prepare();
    for (int i = -warm_up; i < rounds; i++) {
        double begin = now_ms();
        must("sign", sign_p256(p11, session, key, digest, signature));
        double middle = now_ms();
        post(curl);
        if (i >= 0) {
            module_times[i] = middle - begin;
            curl_times[i] = now_ms() - middle;
        }
    }
    double by_module = median(module_times), by_curl = median(curl_times);
    printf("module_ms=%.3f\ncurl_ms=%.3f\noverhead_ms=%.3f\n", by_module, by_curl, by_module - by_curl);
    curl_easy_cleanup(curl);
    return 0;
}
