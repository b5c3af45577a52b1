/* Many threads, many rounds, no memory, and what a failure looks like to the caller. */
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "checks.h"

enum { thread_count = 32, rounds = 6, leak_rounds = 20, most_failures = 4000 };

typedef struct worker {
    key_storage_functions *f;
    const wchar_t *signer;
    SECURITY_STATUS status;
} worker;

SECURITY_STATUS sign_once(key_storage_functions *f, const wchar_t *signer)
{
    NCRYPT_PROV_HANDLE provider = 0;
    NCRYPT_KEY_HANDLE key = 0;
    BYTE digest[32] = { 7 }, signature[512];
    wchar_t group[16] = L"";
    DWORD length = 0;
    BCRYPT_PKCS1_PADDING_INFO padding = { BCRYPT_SHA256_ALGORITHM };
    SECURITY_STATUS status = f->OpenProvider(&provider, KSP_PROVIDER_NAME, 0);
    if (status != ERROR_SUCCESS)
        return status;
    status = f->OpenKey(provider, &key, signer, 0, 0);
    if (status == ERROR_SUCCESS) {
        status = f->GetKeyProperty(provider, key, NCRYPT_ALGORITHM_GROUP_PROPERTY, (PBYTE)group, sizeof group, &length, 0);
        DWORD flags = wcscmp(group, L"RSA") == 0 ? BCRYPT_PAD_PKCS1 : 0;
        if (status == ERROR_SUCCESS)
            status = f->SignHash(provider, key, flags != 0 ? &padding : NULL, digest, 32, signature, sizeof signature, &length,
                                 flags);
        if (status == ERROR_SUCCESS)
            status = f->VerifySignature(provider, key, flags != 0 ? &padding : NULL, digest, 32, signature, length, flags);
        f->FreeKey(provider, key);
    }
    f->FreeProvider(provider);
    return status;
}

static DWORD WINAPI work(void *context)
{
    worker *own = context;
    for (int i = 0; i < rounds && own->status == ERROR_SUCCESS; i++)
        own->status = sign_once(own->f, own->signer);
    return 0;
}

void check_threads(key_storage_functions *f, int signer_count, wchar_t **signers)
{
    worker workers[thread_count];
    HANDLE threads[thread_count];
    NCRYPT_PROV_HANDLE held = 0;
    CHECK_STATUS("OpenProvider", ERROR_SUCCESS, f->OpenProvider(&held, KSP_PROVIDER_NAME, 0));
    for (int i = 0; i < thread_count; i++) {
        workers[i] = (worker){ .f = f, .signer = signers[i % signer_count] };
        threads[i] = CreateThread(NULL, 0, work, &workers[i], 0, NULL);
    }
    WaitForMultipleObjects(thread_count, threads, TRUE, INFINITE);
    for (int i = 0; i < thread_count; i++) {
        CHECK_STATUS("A thread of 32 signs and verifies", ERROR_SUCCESS, workers[i].status);
        CloseHandle(threads[i]);
    }
    CHECK_STATUS("FreeProvider", ERROR_SUCCESS, f->FreeProvider(held));
}

/* --- one list among many threads -------------------------------------------------------------------------------- */

typedef struct shared_list {
    key_storage_functions *f;
    NCRYPT_PROV_HANDLE provider;
    PVOID state;
    LONG given;
    LONG bad;
} shared_list;

static DWORD WINAPI take_names(void *context)
{
    shared_list *shared = context;
    for (;;) {
        NCryptKeyName *name = NULL;
        PVOID state = shared->state;
        SECURITY_STATUS status = shared->f->EnumKeys(shared->provider, NULL, &name, &state, 0);
        if (status == NTE_NO_MORE_ITEMS)
            return 0;
        if (status != ERROR_SUCCESS || wcslen(name->pszName) == 0 || shared->f->FreeBuffer(name) != ERROR_SUCCESS) {
            InterlockedIncrement(&shared->bad);
            return 0;
        }
        InterlockedIncrement(&shared->given);
    }
}

void check_shared_list(key_storage_functions *f, int signer_count)
{
    shared_list shared = { .f = f };
    HANDLE threads[thread_count];
    NCryptKeyName *first = NULL;
    CHECK_STATUS("OpenProvider", ERROR_SUCCESS, f->OpenProvider(&shared.provider, KSP_PROVIDER_NAME, 0));
    CHECK_STATUS("A list is begun", ERROR_SUCCESS, f->EnumKeys(shared.provider, NULL, &first, &shared.state, 0));
    for (int i = 0; i < thread_count; i++)
        threads[i] = CreateThread(NULL, 0, take_names, &shared, 0, NULL);
    WaitForMultipleObjects(thread_count, threads, TRUE, INFINITE);
    for (int i = 0; i < thread_count; i++)
        CloseHandle(threads[i]);
    CHECK("32 threads that share a list are given each key once", shared.bad == 0 && shared.given + 1 == signer_count);
    f->FreeBuffer(first);
    CHECK_STATUS("FreeBuffer of the list", ERROR_SUCCESS, f->FreeBuffer(shared.state));
    f->FreeProvider(shared.provider);
}

/* --- what is left ------------------------------------------------------------------------------------------------ */

static DWORD handle_count(void)
{
    DWORD count = 0;
    GetProcessHandleCount(GetCurrentProcess(), &count);
    return count;
}

/* The first rounds let Windows' own libraries load what they keep. */
void check_leaks(key_storage_functions *f, const wchar_t *signer)
{
    long before = allocations_open();
    for (int i = 0; i < 3; i++)
        CHECK_STATUS("A signature", ERROR_SUCCESS, sign_once(f, signer));
    CHECK("Every block and WinHTTP handle is given back", route_is_ncrypt() || allocations_open() == before);
    DWORD handles = handle_count();
    SECURITY_STATUS status = ERROR_SUCCESS;
    for (int i = 0; i < leak_rounds && status == ERROR_SUCCESS; i++)
        status = sign_once(f, signer);
    CHECK_STATUS("20 signatures", ERROR_SUCCESS, status);
    CHECK("No block is left", route_is_ncrypt() || allocations_open() == before);
    DWORD after = handle_count();
    report(after <= handles + 2, "No handle is left", __FILE__, __LINE__, (long)after - (long)handles);
}

/* Each allocation fails in its turn: the call says so, or does without, and nothing stays behind. */
void check_shortage(key_storage_functions *f, const wchar_t *signer)
{
    long before = allocations_open();
    long number = 1;
    bool sound = true;
    for (bool reached = true; reached && number < most_failures && sound; number += 1 + number / 20) {
        allocations_fail(number);
        SECURITY_STATUS status = sign_once(f, signer);
        reached = allocations_failed();
        allocations_fail(0);
        sound = allocations_open() == before
            && (status == ERROR_SUCCESS || status == NTE_NO_MEMORY || status == NTE_INTERNAL_ERROR
                || status == NTE_DEVICE_NOT_READY || status == NTE_FAIL || status == NTE_PROVIDER_DLL_FAIL
                || status == NTE_BAD_KEYSET || status == NTE_PERM);
        if (!sound)
            report(false, "An allocation that fails", __FILE__, (int)number, (long)status);
    }
    CHECK("Allocations were made to fail one by one", number > 40 && sound);
    CHECK_STATUS("With memory it signs again", ERROR_SUCCESS, sign_once(f, signer));
}

void check_status(key_storage_functions *f, const wchar_t *signer, const wchar_t *step, SECURITY_STATUS expected)
{
    NCRYPT_PROV_HANDLE provider = 0;
    if (wcscmp(step, L"provider") == 0) {
        CHECK_STATUS("OpenProvider says what is wrong", expected, f->OpenProvider(&provider, KSP_PROVIDER_NAME, 0));
        return;
    }
    if (wcscmp(step, L"sign") == 0) {
        CHECK_STATUS("SignHash says what is wrong", expected, sign_once(f, signer));
        return;
    }
    NCRYPT_KEY_HANDLE key = 0;
    CHECK_STATUS("OpenProvider", ERROR_SUCCESS, f->OpenProvider(&provider, KSP_PROVIDER_NAME, 0));
    CHECK_STATUS("OpenKey says what is wrong", expected, f->OpenKey(provider, &key, signer, 0, 0));
    CHECK_STATUS("FreeProvider", ERROR_SUCCESS, f->FreeProvider(provider));
}

static bool exists(const wchar_t *folder, const wchar_t *name, bool make)
{
    wchar_t path[512];
    swprintf(path, sizeof path / sizeof *path, L"%ls\\%ls", folder, name);
    HANDLE file = CreateFileW(path, GENERIC_READ | (make ? GENERIC_WRITE : 0), FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
                              make ? CREATE_ALWAYS : OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, NULL);
    if (file == INVALID_HANDLE_VALUE)
        return false;
    CloseHandle(file);
    return true;
}

void check_restart(key_storage_functions *f, const wchar_t *signer, const wchar_t *folder)
{
    NCRYPT_PROV_HANDLE provider = 0;
    NCRYPT_KEY_HANDLE key = 0;
    BYTE digest[32] = { 3 }, signature[512];
    DWORD length = 0;
    CHECK_STATUS("OpenProvider", ERROR_SUCCESS, f->OpenProvider(&provider, KSP_PROVIDER_NAME, 0));
    CHECK_STATUS("OpenKey", ERROR_SUCCESS, f->OpenKey(provider, &key, signer, 0, 0));
    CHECK_STATUS("A signature before", ERROR_SUCCESS,
                 f->SignHash(provider, key, NULL, digest, 32, signature, sizeof signature, &length, 0));
    CHECK("The server is told to stop", exists(folder, L"ready", true));
    while (!exists(folder, L"down", false))
        Sleep(50);
    CHECK_STATUS("A signature that begins while it is down", ERROR_SUCCESS,
                 f->SignHash(provider, key, NULL, digest, 32, signature, sizeof signature, &length, 0));
    CHECK_STATUS("It fits", ERROR_SUCCESS, f->VerifySignature(provider, key, NULL, digest, 32, signature, length, 0));
    f->FreeKey(provider, key);
    f->FreeProvider(provider);
}
