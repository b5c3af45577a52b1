/* Threads that open, use and free the same handles and lists at the same time, without asking each other: each call may
 * fail, but only by saying that the handle is not one, and nothing may stay behind. */
#include <string.h>
#include <wchar.h>

#include "checks.h"

enum { thread_count = 16, rounds = 4000, slots = 4 };

typedef struct turmoil {
    key_storage_functions *f;
    const wchar_t *signer;
    NCRYPT_PROV_HANDLE providers[slots]; /* taken and put by anybody, like what follows */
    NCRYPT_KEY_HANDLE keys[slots];
    PVOID states[slots];
    LONG unexpected;
    LONG good;
    struct {
        NCRYPT_PROV_HANDLE provider;
        NCRYPT_HANDLE handle;
    } opened[thread_count * rounds];
    LONG opened_count;
} turmoil;

typedef struct worker {
    turmoil *shared;
    unsigned chance;
} worker;

static unsigned next(worker *own, unsigned below)
{
    own->chance = own->chance * 1664525u + 1013904223u;
    return (own->chance >> 16) % below;
}

static void note(turmoil *t, SECURITY_STATUS status, SECURITY_STATUS also)
{
    if (status == ERROR_SUCCESS)
        InterlockedIncrement(&t->good);
    else if (status != NTE_INVALID_HANDLE && status != also)
        InterlockedExchange(&t->unexpected, (LONG)status);
}

static void remember(turmoil *t, NCRYPT_PROV_HANDLE provider, NCRYPT_HANDLE handle)
{
    LONG i = InterlockedIncrement(&t->opened_count) - 1;
    t->opened[i].provider = provider;
    t->opened[i].handle = handle;
}

/* Somebody else may free at any moment what is put here: that is the point. */
static void open_something(worker *own, unsigned i)
{
    turmoil *t = own->shared;
    NCRYPT_HANDLE handle = 0, before;
    if (next(own, 4) == 0) {
        note(t, t->f->OpenProvider(&handle, KSP_PROVIDER_NAME, 0), 0);
        remember(t, 0, handle);
        before = (NCRYPT_HANDLE)InterlockedExchangePointer((PVOID *)&t->providers[i], (PVOID)handle);
        if (before != 0)
            note(t, t->f->FreeProvider(before), 0);
        return;
    }
    NCRYPT_PROV_HANDLE provider = t->providers[i];
    note(t, t->f->OpenKey(provider, &handle, t->signer, 0, 0), 0);
    remember(t, provider, handle);
    before = (NCRYPT_HANDLE)InterlockedExchangePointer((PVOID *)&t->keys[i], (PVOID)handle);
    if (before != 0)
        note(t, t->f->FreeKey(provider, before), 0);
}

static void use_key(worker *own, unsigned i)
{
    turmoil *t = own->shared;
    BYTE bytes[512] = { 0 };
    DWORD length = 0;
    BCRYPT_PKCS1_PADDING_INFO padding = { BCRYPT_SHA256_ALGORITHM };
    NCRYPT_PROV_HANDLE provider = t->providers[i];
    NCRYPT_KEY_HANDLE key = t->keys[i];
    note(t, t->f->GetKeyProperty(provider, key, NCRYPT_UNIQUE_NAME_PROPERTY, bytes, sizeof bytes, &length, 0), 0);
    note(t, t->f->ExportKey(provider, key, 0, BCRYPT_RSAPUBLIC_BLOB, NULL, bytes, sizeof bytes, &length, 0), 0);
    if (next(own, 20) == 0)
        note(t, t->f->VerifySignature(provider, key, &padding, bytes, 32, bytes, 384, BCRYPT_PAD_PKCS1), NTE_BAD_SIGNATURE);
}

static void use_list(worker *own, unsigned i)
{
    turmoil *t = own->shared;
    NCryptKeyName *name = NULL;
    PVOID state = t->states[i];
    bool began = state == NULL;
    SECURITY_STATUS status = t->f->EnumKeys(t->providers[i], NULL, &name, &state, 0);
    if (status == NTE_INVALID_PARAMETER && !began)
        return; /* freed meanwhile */
    note(t, status, NTE_NO_MORE_ITEMS);
    if (began)
        remember(t, 0, (NCRYPT_HANDLE)state);
    if (name != NULL)
        note(t, t->f->FreeBuffer(name), NTE_INVALID_PARAMETER); /* at an address that was a list's when somebody freed it */
    PVOID before = began ? InterlockedExchangePointer(&t->states[i], state)
        : status == NTE_NO_MORE_ITEMS ? InterlockedCompareExchangePointer(&t->states[i], NULL, state) : NULL;
    if (before != NULL)
        note(t, t->f->FreeBuffer(before), NTE_INVALID_PARAMETER);
}

static void free_something(worker *own, unsigned i)
{
    turmoil *t = own->shared;
    if (next(own, 3) == 0)
        note(t, t->f->FreeProvider(t->providers[i]), 0);
    else
        note(t, t->f->FreeKey(t->providers[i], t->keys[i]), 0);
}

static DWORD WINAPI work(void *context)
{
    worker *own = context;
    for (int round = 0; round < rounds; round++) {
        unsigned i = next(own, slots), what = next(own, 10);
        if (what < 2)
            open_something(own, i);
        else if (what < 6)
            use_key(own, i);
        else if (what < 9)
            use_list(own, i);
        else
            free_something(own, i);
    }
    return 0;
}

/* Everything that was ever opened, and is not freed yet. */
static void free_all(turmoil *t)
{
    for (LONG i = 0; i < t->opened_count; i++) {
        t->f->FreeKey(t->opened[i].provider, t->opened[i].handle);
        t->f->FreeProvider(t->opened[i].handle);
        t->f->FreeBuffer((PVOID)t->opened[i].handle);
    }
}

void check_turmoil(key_storage_functions *f, const wchar_t *signer)
{
    static turmoil t;
    worker workers[thread_count];
    HANDLE threads[thread_count];
    NCRYPT_PROV_HANDLE held = 0;
    long before = allocations_open();
    t = (turmoil){ .f = f, .signer = signer };
    CHECK_STATUS("A provider that keeps the connection", ERROR_SUCCESS, f->OpenProvider(&held, KSP_PROVIDER_NAME, 0));
    for (int i = 0; i < thread_count; i++) {
        workers[i] = (worker){ .shared = &t, .chance = 12345u + 977u * (unsigned)i };
        threads[i] = CreateThread(NULL, 0, work, &workers[i], 0, NULL);
    }
    WaitForMultipleObjects(thread_count, threads, TRUE, INFINITE);
    for (int i = 0; i < thread_count; i++)
        CloseHandle(threads[i]);
    report(t.unexpected == 0, "Calls that meet freed handles say so, and nothing else", __FILE__, __LINE__, t.unexpected);
    report(t.good > thread_count * rounds / 4, "Enough calls meet open ones", __FILE__, __LINE__, t.good);
    free_all(&t);
    CHECK_STATUS("FreeProvider", ERROR_SUCCESS, f->FreeProvider(held));
    report(allocations_open() == before, "Nothing is left of it", __FILE__, __LINE__, allocations_open() - before);
}
