/* What the core needs from the operating system, implemented once for each. No file above includes system headers. Text is
 * UTF-8 on every system. */
#ifndef CODESIGNING_PLATFORM_PLATFORM_H
#define CODESIGNING_PLATFORM_PLATFORM_H

#include <stdint.h>

#include "values/algorithm.h"
#include "values/buffer.h"
#include "values/public_key.h"
#include "values/result.h"

/* --- threads ------------------------------------------------------------------------------------------------- */

typedef struct cs_mutex cs_mutex; /* not recursive */

cs_mutex *cs_mutex_create(void); /* NULL when out of memory */
void cs_mutex_destroy(cs_mutex *mutex);
void cs_mutex_lock(cs_mutex *mutex);
bool cs_mutex_try_lock(cs_mutex *mutex);
void cs_mutex_unlock(cs_mutex *mutex);

/* Locks a mutex that another thread may hold over the network: meanwhile neither a fork nor the end of the process waits for
 * this thread (see cs_blocking_begin). */
void cs_mutex_lock_waiting(cs_mutex *mutex);

/* Begin and end every call of a module that must survive forks (PKCS#11). `cs_call_begin` returns false when this thread is
 * inside a call already: a cryptographic provider of the host has led our own TLS back to us, and the recursion would never
 * end. On Windows both do nothing. */
bool cs_call_begin(void);
void cs_call_end(void);

/* From now on a fork and the end of the process wait, for two seconds at most, until every running call is in a wait (see
 * below); `in_child` is called in every forked child. To be called after the TLS library is initialised, so that at the end
 * of the process our handler runs first. False when out of memory. */
bool cs_watch_process(void (*in_child)(void));

unsigned long cs_process_id(void);

/* For a child made without the C library, by a bare clone, where the handlers of fork did not run. */
void cs_reset_after_fork(void);

/* Begin and end every wait: for the network, a sleep, or a lock that is held over one of those. A fork or the end of the
 * process does not wait for a thread between the two, since it holds no lock of a library there. `cs_blocking_end` returns
 * false when the process is ending: the caller must return CS_CANCELLED and leave TLS and connections alone. On Windows both
 * do nothing, and the second returns true. */
void cs_blocking_begin(void);
bool cs_blocking_end(void);
bool cs_process_is_ending(void);

/* --- time and randomness ------------------------------------------------------------------------------------- */

uint64_t cs_monotonic_ms(void);
void cs_sleep_ms(unsigned milliseconds); /* to be called between cs_blocking_begin and cs_blocking_end */
bool cs_random(void *bytes, size_t length);

/* --- environment, files and names ---------------------------------------------------------------------------- */

/* A copy to be freed with cs_secret_free; NULL when unset or empty, or when the process has more rights than its user. */
char *cs_environment(const char *name);

/* Reads a whole file of at most buffer->limit bytes. CS_NOT_FOUND when there is none; CS_INVALID_CONFIGURATION, with
 * the reason in `error`, when it cannot be read. */
cs_result cs_file_read(const char *path, cs_buffer *out, cs_error *error);

/* Whether others than the owner may read the file. */
bool cs_file_is_exposed(const char *path);

/* Appends one line to a file made for the owner alone, or writes it to standard error for NULL; with the time in RFC
 * 3339 and the process id in front. Reports no failure: a log that cannot be written must not fail a signature. */
void cs_log_write_line(const char *file, const char *level, const char *text);

/* Each writes NUL-terminated text, cut to fit; empty when unknown. */
void cs_program_name(char *out, size_t capacity);
void cs_host_name(char *out, size_t capacity);
void cs_user_name(char *out, size_t capacity);

/* Appends the words of the process's command line, each ended by a NUL. */
bool cs_command_line(cs_buffer *words);

/* --- cryptography -------------------------------------------------------------------------------------------- */

typedef struct cs_digest cs_digest; /* a hash being computed */

cs_digest *cs_digest_start(cs_hash hash); /* NULL when out of memory or not supported */
bool cs_digest_update(cs_digest *digest, const void *bytes, size_t length);

/* Writes cs_hash_length bytes; the digest must still be freed. */
bool cs_digest_finish(cs_digest *digest, unsigned char *out);
void cs_digest_free(cs_digest *digest);

/* The digest of these bytes. */
bool cs_digest_compute(cs_hash hash, const void *bytes, size_t length, unsigned char *out);

typedef enum cs_verdict {
    CS_SIGNATURE_VALID,
    CS_SIGNATURE_INVALID,
    CS_SIGNATURE_UNCHECKED, /* the platform failed */
} cs_verdict;

/* Checks a signature, in the form that cs_sign gives, over a digest with a public key. */
cs_verdict cs_verify(const cs_public_key *key, cs_scheme scheme, cs_hash hash, const unsigned char *digest,
                     const unsigned char *signature, size_t signature_length);

#endif
