/* Walks the provider's functions: harness PROGRAMDATA ROUTE [fenced] SCENE ARGUMENTS...
 *   ROUTE   ncrypt, or the path of the DLL
 *   fenced  one byte too many of a block of the DLL's, or one too late, ends the program
 *   SCENE   arguments SIGNER | walk SIGNER... | signer SIGNER DIRECTORY | provider SIGNER... | threads SIGNER... |
 *           list SIGNER... (all there are) | turmoil SIGNER | leaks SIGNER | shortage SIGNER | wiped SIGNER SECRET CODE |
 *           restart SIGNER FOLDER (makes FOLDER/ready, waits for FOLDER/down) |
 *           status STEP CODE SIGNER (STEP: provider, key or sign) */
#include <stdlib.h>
#include <wchar.h>

#include "checks.h"

static CRITICAL_SECTION printing;
static unsigned failures;

void report(bool holds, const char *name, const char *file, int line, long seen)
{
    EnterCriticalSection(&printing);
    if (holds) {
        printf("ok %s\n", name);
    } else {
        printf("FAILED %s (%s:%d, 0x%08lx)\n", name, file, line, (unsigned long)seen);
        failures++;
    }
    fflush(stdout);
    LeaveCriticalSection(&printing);
}

static int run(key_storage_functions *f, int count, wchar_t **words)
{
    const wchar_t *scene = words[0];
    if (wcscmp(scene, L"arguments") == 0 && count == 2)
        check_arguments(f, words[1]);
    else if (wcscmp(scene, L"signer") == 0 && count == 3)
        check_signer(f, words[1], words[2]);
    else if (wcscmp(scene, L"provider") == 0 && count >= 2)
        check_provider(f, count - 1, words + 1);
    else if (wcscmp(scene, L"walk") == 0 && count >= 2)
        check_walk(f, count - 1, words + 1);
    else if (wcscmp(scene, L"turmoil") == 0 && count == 2)
        check_turmoil(f, words[1]);
    else if (wcscmp(scene, L"wiped") == 0 && count == 4)
        check_wiped(f, words[1], words[2], (SECURITY_STATUS)wcstoul(words[3], NULL, 16));
    else if (wcscmp(scene, L"list") == 0 && count >= 2)
        check_shared_list(f, count - 1);
    else if (wcscmp(scene, L"threads") == 0 && count >= 2)
        check_threads(f, count - 1, words + 1);
    else if (wcscmp(scene, L"leaks") == 0 && count == 2)
        check_leaks(f, words[1]);
    else if (wcscmp(scene, L"shortage") == 0 && count == 2)
        check_shortage(f, words[1]);
    else if (wcscmp(scene, L"restart") == 0 && count == 3)
        check_restart(f, words[1], words[2]);
    else if (wcscmp(scene, L"status") == 0 && count == 4)
        check_status(f, words[3], words[1], (SECURITY_STATUS)wcstoul(words[2], NULL, 16));
    else
        return 2;
    return failures == 0 ? 0 : 1;
}

int wmain(int count, wchar_t **words)
{
    InitializeCriticalSection(&printing);
    if (count < 4)
        return 2;
    CHECK("the program runs", true);
    SetEnvironmentVariableW(L"ProgramData", words[1]);
    key_storage_functions *functions = route_open(words[2]);
    if (functions == NULL) {
        printf("FAILED the provider cannot be loaded by %ls (error %lu)\n", words[2], GetLastError());
        return 1;
    }
    bool fenced = wcscmp(words[3], L"fenced") == 0 && count > 4;
    if (fenced)
        fence_raise();
    return run(functions, count - 3 - fenced, words + 3 + fenced);
}
