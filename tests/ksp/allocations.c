#include <windows.h>

#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include <winhttp.h>

#include "checks.h"

static LONG open_blocks;
static LONG countdown; /* 0: nothing is to fail */
static LONG did_fail;

static bool must_fail(void)
{
    if (countdown > 0 && InterlockedDecrement(&countdown) == 0) {
        did_fail = 1;
        return true;
    }
    return false;
}

static void *counted(void *block)
{
    if (block != NULL)
        InterlockedIncrement(&open_blocks);
    return block;
}

static void *allocate(size_t size)
{
    return fence_is_on() ? fence_allocate(size) : malloc(size);
}

static void release(void *block)
{
    if (!fence_is_on() || !fence_free(block))
        free(block);
}

static void *watched_malloc(size_t size)
{
    return must_fail() ? NULL : counted(allocate(size));
}

static void *watched_calloc(size_t count, size_t size)
{
    if (must_fail() || (size != 0 && count > SIZE_MAX / size))
        return NULL;
    void *block = allocate(count * size);
    return block != NULL ? counted(memset(block, 0, count * size)) : NULL;
}

/* Always to another place, as a growing block may be: whoever keeps the old address is found out. */
static void *watched_realloc(void *block, size_t size)
{
    if (must_fail())
        return NULL;
    leftovers_examine(block); /* it may be left behind for a larger one */
    if (block == NULL)
        return counted(allocate(size));
    size_t before = fence_size(block);
    if (before == 0)
        return realloc(block, size);
    void *moved = allocate(size);
    if (moved != NULL) {
        memcpy(moved, block, before < size ? before : size);
        release(block);
    }
    return moved;
}

static wchar_t *watched_wcsdup(const wchar_t *text)
{
    size_t size = (wcslen(text) + 1) * sizeof *text;
    wchar_t *copy = must_fail() ? NULL : counted(allocate(size));
    return copy != NULL ? memcpy(copy, text, size) : NULL;
}

static void watched_free(void *block)
{
    if (block != NULL)
        InterlockedDecrement(&open_blocks);
    leftovers_examine(block);
    if (block != NULL)
        release(block);
}

bool allocations_leave(const wchar_t *text)
{
    wchar_t *copy = watched_wcsdup(text);
    watched_free(copy);
    return copy != NULL;
}

static HINTERNET WINAPI watched_open(LPCWSTR agent, DWORD access, LPCWSTR proxy, LPCWSTR bypass, DWORD flags)
{
    return counted(WinHttpOpen(agent, access, proxy, bypass, flags));
}

static HINTERNET WINAPI watched_connect(HINTERNET session, LPCWSTR host, INTERNET_PORT port, DWORD reserved)
{
    return counted(WinHttpConnect(session, host, port, reserved));
}

static HINTERNET WINAPI watched_open_request(HINTERNET connect, LPCWSTR verb, LPCWSTR object, LPCWSTR version, LPCWSTR referrer,
                                             LPCWSTR *types, DWORD flags)
{
    return counted(WinHttpOpenRequest(connect, verb, object, version, referrer, types, flags));
}

static BOOL WINAPI watched_close(HINTERNET handle)
{
    InterlockedDecrement(&open_blocks);
    return WinHttpCloseHandle(handle);
}

static const struct {
    const char *name;
    void *replacement;
} replacements[] = {
    { "malloc", (void *)watched_malloc },
    { "calloc", (void *)watched_calloc },
    { "realloc", (void *)watched_realloc },
    { "_wcsdup", (void *)watched_wcsdup },
    { "free", (void *)watched_free },
    { "WinHttpOpen", (void *)watched_open },
    { "WinHttpConnect", (void *)watched_connect },
    { "WinHttpOpenRequest", (void *)watched_open_request },
    { "WinHttpCloseHandle", (void *)watched_close },
};

static bool replace(const char *name, ULONG_PTR *slot)
{
    for (size_t i = 0; i < sizeof replacements / sizeof *replacements; i++) {
        DWORD before;
        if (strcmp(replacements[i].name, name) != 0 || !VirtualProtect(slot, sizeof *slot, PAGE_READWRITE, &before))
            continue;
        *slot = (ULONG_PTR)replacements[i].replacement;
        VirtualProtect(slot, sizeof *slot, before, &before);
        return true;
    }
    return false;
}

bool allocations_watch(HMODULE module)
{
    BYTE *base = (BYTE *)module;
    const IMAGE_NT_HEADERS *headers = (const IMAGE_NT_HEADERS *)(base + ((const IMAGE_DOS_HEADER *)base)->e_lfanew);
    DWORD start = headers->OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_IMPORT].VirtualAddress;
    size_t replaced = 0;
    for (const IMAGE_IMPORT_DESCRIPTOR *import = (const void *)(base + start); import->Name != 0; import++) {
        const IMAGE_THUNK_DATA *names = (const void *)(base + import->OriginalFirstThunk);
        IMAGE_THUNK_DATA *slots = (void *)(base + import->FirstThunk);
        for (size_t i = 0; names[i].u1.AddressOfData != 0; i++)
            if (!IMAGE_SNAP_BY_ORDINAL(names[i].u1.Ordinal))
                replaced += replace((const char *)((const IMAGE_IMPORT_BY_NAME *)(base + names[i].u1.AddressOfData))->Name,
                                    (ULONG_PTR *)&slots[i].u1.Function);
    }
    return replaced >= 7;
}

long allocations_open(void)
{
    return open_blocks;
}

void allocations_fail(long number)
{
    did_fail = 0;
    countdown = number;
}

bool allocations_failed(void)
{
    return did_fail != 0;
}
