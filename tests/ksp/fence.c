/* A heap whose blocks end where their page does, and whose freed blocks can be touched no more: reading or writing one byte
 * too many, or too late, ends the program. */
#include <windows.h>

#include <stdlib.h>
#include <string.h>

#include "checks.h"

enum { page = 4096, alignment = 16, kept = 4096 };

static const unsigned char filling = 0xfd;

typedef struct header {
    ULONG64 magic;
    size_t size;
    BYTE *block;
} header;

static const ULONG64 fence_magic = 0x45434e4546504b53;
static bool on;
static void *quarantine[kept]; /* freed, and not to be touched; a process may have so many mappings only */
static LONG freed;

bool fence_is_on(void)
{
    return on;
}

/* The header lies at the start of the reservation; the block ends before the page that cannot be touched. */
void *fence_allocate(size_t size)
{
    size_t padded = (size + alignment - 1) / alignment * alignment;
    size_t pages = (sizeof(header) + padded + page - 1) / page;
    if (size > SIZE_MAX / 2)
        return NULL;
    BYTE *base = VirtualAlloc(NULL, (pages + 1) * page, MEM_RESERVE, PAGE_NOACCESS);
    if (base == NULL || VirtualAlloc(base, pages * page, MEM_COMMIT, PAGE_READWRITE) == NULL)
        return NULL;
    BYTE *block = base + pages * page - padded;
    *(header *)base = (header){ fence_magic, size, block };
    memset(block, filling, padded);
    return block;
}

/* NULL for a block that came from elsewhere: what the C library had before. */
static header *header_of(void *block)
{
    MEMORY_BASIC_INFORMATION region;
    if (VirtualQuery(block, &region, sizeof region) == 0 || region.State != MEM_COMMIT)
        return NULL;
    header *found = region.AllocationBase;
    return found->magic == fence_magic && found->block == block ? found : NULL;
}

size_t fence_size(void *block)
{
    const header *found = header_of(block);
    return found != NULL ? found->size : 0;
}

/* The address is not used again before some thousand others were freed. */
bool fence_free(void *block)
{
    header *found = header_of(block);
    if (found == NULL)
        return false;
    for (size_t i = found->size; i % alignment != 0; i++)
        if (found->block[i] != filling)
            abort();
    size_t committed = (size_t)(found->block - (BYTE *)found) + (found->size + alignment - 1) / alignment * alignment;
    VirtualFree(found, committed, MEM_DECOMMIT);
    void *oldest = InterlockedExchangePointer(&quarantine[(ULONG)InterlockedIncrement(&freed) % kept], found);
    if (oldest != NULL)
        VirtualFree(oldest, 0, MEM_RELEASE);
    return true;
}

void fence_raise(void)
{
    BYTE *block = fence_allocate(3 * alignment);
    CHECK("A fenced block has all its bytes", !IsBadWritePtr(block, 3 * alignment));
    CHECK("and not one more", IsBadReadPtr(block + 3 * alignment, 1));
    CHECK("It can be freed", fence_size(block) == 3 * alignment && fence_free(block));
    CHECK("and is then gone", IsBadReadPtr(block, 1));
    on = true;
}
