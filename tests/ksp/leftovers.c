/* Whether memory that the provider gives back still holds a secret: every block is searched at the moment it is freed. */
#include <malloc.h>
#include <string.h>
#include <wchar.h>

#include "checks.h"

enum { longest_secret = 512 };

static wchar_t wide[longest_secret];
static char narrow[longest_secret];
static size_t length; /* in characters; 0: nothing is looked for */
static LONG found;

static bool holds(const unsigned char *block, size_t size, const void *what, size_t what_size)
{
    for (size_t i = 0; i + what_size <= size; i++)
        if (memcmp(block + i, what, what_size) == 0)
            return true;
    return false;
}

void leftovers_examine(void *block)
{
    if (length == 0 || block == NULL)
        return;
    size_t size = fence_size(block);
    if (size == 0)
        size = _msize(block);
    if (holds(block, size, narrow, length) || holds(block, size, wide, length * sizeof *wide))
        InterlockedIncrement(&found);
}

/* Half of it counts as all of it. */
static void look_for(const wchar_t *secret)
{
    found = 0;
    length = 0;
    size_t half = wcslen(secret) / 2;
    wmemcpy(wide, secret, half);
    for (size_t i = 0; i < half; i++)
        narrow[i] = (char)secret[i];
    length = half;
}

void check_wiped(key_storage_functions *f, const wchar_t *signer, const wchar_t *secret, SECURITY_STATUS expected)
{
    CHECK("There is a secret to look for", wcslen(secret) >= 16 && wcslen(secret) < longest_secret);
    look_for(secret);
    CHECK("It is seen where it is left", allocations_leave(secret) && found == 1);
    look_for(secret);
    CHECK_STATUS("A signature with it", expected, sign_once(f, signer));
    report(found == 0, "No block is given back with the secret in it", __FILE__, __LINE__, found);
    length = 0;
}
