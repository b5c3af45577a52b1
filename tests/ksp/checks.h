/* What the programs of these tests share: a line a check, and the routes by which a provider is called. */
#ifndef CODESIGNING_KSP_CHECKS_H
#define CODESIGNING_KSP_CHECKS_H

#include <stdbool.h>
#include <stdio.h>

#include "key_storage.h"

/* Prints "ok …" or "FAILED …" with the place and the code that was seen. Thread-safe. */
void report(bool holds, const char *name, const char *file, int line, long seen);

#define CHECK(name, condition) report((condition), (name), __FILE__, __LINE__, 0)
#define CHECK_STATUS(name, expected, call) \
    do { \
        SECURITY_STATUS seen_ = (call); \
        report(seen_ == (SECURITY_STATUS)(expected), (name), __FILE__, __LINE__, (long)seen_); \
    } while (0)

/* --- routes ----------------------------------------------------------------------------------------------------- */

/* `dll PATH`: the provider's own table. `ncrypt`: the same functions by way of NCrypt*. NULL when it cannot be had. */
key_storage_functions *route_open(const wchar_t *route);

/* Whether calls pass through ncrypt.dll, which knows some errors before the provider does. */
bool route_is_ncrypt(void);

/* --- allocations of the provider, counted by its import table --------------------------------------------------- */

/* Replaces what the module imports for allocating and freeing. False when nothing was found to replace. */
bool allocations_watch(HMODULE module);

/* Blocks and WinHTTP handles that the module has and has not given back. */
long allocations_open(void);

/* Lets the n-th allocation from now fail, once; 0 for none. Tells whether the last one set did fail. */
void allocations_fail(long number);
bool allocations_failed(void);

/* Allocates and frees a text as the module would. */
bool allocations_leave(const wchar_t *text);

/* --- blocks between fences -------------------------------------------------------------------------------------- */

/* From now on the module's blocks are fenced. */
void fence_raise(void);
bool fence_is_on(void);
void *fence_allocate(size_t size);

/* 0, and false, for a block that is not fenced. */
size_t fence_size(void *block);
bool fence_free(void *block);

/* Looks at a block that is about to be freed. */
void leftovers_examine(void *block);

/* --- scenes ----------------------------------------------------------------------------------------------------- */

/* Opens, signs, verifies and closes, as signtool does. The first status that is not success. */
SECURITY_STATUS sign_once(key_storage_functions *f, const wchar_t *signer);

void check_arguments(key_storage_functions *f, const wchar_t *signer);
void check_signer(key_storage_functions *f, const wchar_t *signer, const wchar_t *directory);
void check_provider(key_storage_functions *f, int signer_count, wchar_t **signers);
void check_walk(key_storage_functions *f, int signer_count, wchar_t **signers);
void check_wiped(key_storage_functions *f, const wchar_t *signer, const wchar_t *secret, SECURITY_STATUS expected);
void check_threads(key_storage_functions *f, int signer_count, wchar_t **signers);
void check_turmoil(key_storage_functions *f, const wchar_t *signer);
void check_shared_list(key_storage_functions *f, int signer_count);
void check_leaks(key_storage_functions *f, const wchar_t *signer);
void check_shortage(key_storage_functions *f, const wchar_t *signer);
void check_restart(key_storage_functions *f, const wchar_t *signer, const wchar_t *folder);
void check_status(key_storage_functions *f, const wchar_t *signer, const wchar_t *step, SECURITY_STATUS expected);

#endif
