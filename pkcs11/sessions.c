#include "sessions.h"

#include <stdlib.h>

#include "platform/platform.h"

/* A handle is an index into the table and a generation, so that a closed session is not mistaken for a new one. 32 bits in
 * all, for CK_ULONG on Windows. */
enum { index_bits = 16, max_sessions = 1 << index_bits, generation_mask = 0x7fff };

typedef struct place {
    p11_session *session; /* NULL: free */
    unsigned generation;
    size_t next_free;
} place;

struct p11_sessions {
    cs_mutex *lock; /* over all of this, and over references and closed of the sessions */
    place *places;
    size_t count;
    size_t free; /* the first free place, or `count` */
    CK_SLOT_ID *logged_in; /* slots where C_Login was called */
    size_t logged_in_count;
    bool pin_refused; /* since the last login with the right one */
};

p11_sessions *p11_sessions_new(void)
{
    p11_sessions *sessions = calloc(1, sizeof *sessions);
    if (sessions != NULL && (sessions->lock = cs_mutex_create()) == NULL) {
        free(sessions);
        sessions = NULL;
    }
    return sessions;
}

void p11_session_free(p11_session *session)
{
    p11_operation_end(&session->sign);
    p11_operation_end(&session->verify);
    cs_digest_free(session->digest);
    free(session->found);
    cs_mutex_destroy(session->lock);
    free(session);
}

void p11_sessions_free(p11_sessions *sessions)
{
    if (sessions == NULL)
        return;
    for (size_t i = 0; i < sessions->count; i++)
        if (sessions->places[i].session != NULL)
            p11_session_free(sessions->places[i].session);
    free(sessions->places);
    free(sessions->logged_in);
    cs_mutex_destroy(sessions->lock);
    free(sessions);
}

/* --- the table, with the lock held ------------------------------------------------------------------------------ */

static place *find_place(p11_sessions *sessions, CK_SESSION_HANDLE handle)
{
    size_t index = (handle & (max_sessions - 1));
    if (handle == 0 || index >= sessions->count || sessions->places[index].session == NULL
        || sessions->places[index].session->handle != handle)
        return NULL;
    return &sessions->places[index];
}

static bool grow(p11_sessions *sessions)
{
    size_t wanted = sessions->count != 0 ? sessions->count * 2 : 16;
    if (sessions->count == max_sessions)
        return false;
    place *places = realloc(sessions->places, wanted * sizeof *places);
    if (places == NULL)
        return false;
    for (size_t i = sessions->count; i < wanted; i++)
        places[i] = (place){ .generation = 0, .next_free = i + 1 };
    sessions->places = places;
    sessions->count = wanted;
    return true;
}

static bool insert(p11_sessions *sessions, p11_session *session)
{
    if (sessions->free == sessions->count && !grow(sessions))
        return false;
    size_t index = sessions->free;
    place *at = &sessions->places[index];
    sessions->free = at->next_free;
    at->generation = (at->generation + 1) & generation_mask;
    if (at->generation == 0)
        at->generation = 1;
    session->handle = (CK_SESSION_HANDLE)at->generation << index_bits | index;
    at->session = session;
    return true;
}

static bool has_login(const p11_sessions *sessions, CK_SLOT_ID slot)
{
    for (size_t i = 0; i < sessions->logged_in_count; i++)
        if (sessions->logged_in[i] == slot)
            return true;
    return false;
}

static bool add_login(p11_sessions *sessions, CK_SLOT_ID slot)
{
    CK_SLOT_ID *longer = realloc(sessions->logged_in, (sessions->logged_in_count + 1) * sizeof *longer);
    if (longer == NULL)
        return false;
    sessions->logged_in = longer;
    sessions->logged_in[sessions->logged_in_count++] = slot;
    return true;
}

/* Whether there was one. */
static bool remove_login(p11_sessions *sessions, CK_SLOT_ID slot)
{
    for (size_t i = 0; i < sessions->logged_in_count; i++) {
        if (sessions->logged_in[i] == slot) {
            sessions->logged_in[i] = sessions->logged_in[--sessions->logged_in_count];
            return true;
        }
    }
    return false;
}

static size_t count_sessions(const p11_sessions *sessions, CK_SLOT_ID slot, CK_FLAGS flags)
{
    size_t count = 0;
    for (size_t i = 0; i < sessions->count; i++) {
        const p11_session *session = sessions->places[i].session;
        count += session != NULL && session->slot == slot && (session->flags & flags) == flags;
    }
    return count;
}

/* The last session of a slot takes its login with it. True when there was one. */
static bool end_login(p11_sessions *sessions, CK_SLOT_ID slot)
{
    return count_sessions(sessions, slot, 0) == 0 && remove_login(sessions, slot);
}

/* Takes the session out of the table; the last call on it frees it. */
static p11_closing close_at(p11_sessions *sessions, place *at)
{
    p11_session *session = at->session;
    at->session = NULL;
    at->next_free = sessions->free;
    sessions->free = (size_t)(at - sessions->places);
    session->closed = true;
    return (p11_closing){
        .found = true,
        .slot = session->slot,
        .unused = --session->references == 0 ? session : NULL,
        .logged_out = end_login(sessions, session->slot),
    };
}

/* --- what others call ------------------------------------------------------------------------------------------- */

CK_RV p11_sessions_open(p11_sessions *sessions, CK_SLOT_ID slot, CK_FLAGS flags, CK_SESSION_HANDLE *handle)
{
    p11_session *session = calloc(1, sizeof *session);
    if (session == NULL || (session->lock = cs_mutex_create()) == NULL) {
        free(session);
        return CKR_HOST_MEMORY;
    }
    session->slot = slot;
    session->flags = flags;
    session->references = 1;
    cs_mutex_lock(sessions->lock);
    bool inserted = insert(sessions, session);
    *handle = session->handle;
    cs_mutex_unlock(sessions->lock);
    if (inserted)
        return CKR_OK;
    p11_session_free(session);
    return CKR_SESSION_COUNT;
}

p11_session *p11_sessions_acquire(p11_sessions *sessions, CK_SESSION_HANDLE handle)
{
    cs_mutex_lock(sessions->lock);
    place *at = find_place(sessions, handle);
    p11_session *session = at != NULL ? at->session : NULL;
    if (session != NULL)
        session->references++;
    cs_mutex_unlock(sessions->lock);
    return session;
}

bool p11_sessions_release(p11_sessions *sessions, p11_session *session, bool *last)
{
    cs_mutex_lock(sessions->lock);
    bool closed = session->closed;
    *last = --session->references == 0;
    cs_mutex_unlock(sessions->lock);
    return closed;
}

p11_closing p11_sessions_close(p11_sessions *sessions, CK_SESSION_HANDLE handle)
{
    p11_closing closing = { .found = false };
    cs_mutex_lock(sessions->lock);
    place *at = find_place(sessions, handle);
    if (at != NULL)
        closing = close_at(sessions, at);
    cs_mutex_unlock(sessions->lock);
    return closing;
}

p11_closing p11_sessions_close_one(p11_sessions *sessions, CK_SLOT_ID slot)
{
    p11_closing closing = { .found = false };
    cs_mutex_lock(sessions->lock);
    for (size_t i = 0; i < sessions->count && !closing.found; i++)
        if (sessions->places[i].session != NULL && sessions->places[i].session->slot == slot)
            closing = close_at(sessions, &sessions->places[i]);
    cs_mutex_unlock(sessions->lock);
    return closing;
}

void p11_sessions_count(p11_sessions *sessions, CK_SLOT_ID slot, CK_ULONG *all, CK_ULONG *writable)
{
    cs_mutex_lock(sessions->lock);
    *all = (CK_ULONG)count_sessions(sessions, slot, 0);
    *writable = (CK_ULONG)count_sessions(sessions, slot, CKF_RW_SESSION);
    cs_mutex_unlock(sessions->lock);
}

bool p11_is_logged_in(p11_sessions *sessions, CK_SLOT_ID slot)
{
    cs_mutex_lock(sessions->lock);
    bool logged_in = has_login(sessions, slot);
    cs_mutex_unlock(sessions->lock);
    return logged_in;
}

bool p11_note_login(p11_sessions *sessions, CK_SLOT_ID slot)
{
    cs_mutex_lock(sessions->lock);
    bool noted = has_login(sessions, slot) || add_login(sessions, slot);
    cs_mutex_unlock(sessions->lock);
    return noted;
}

bool p11_note_logout(p11_sessions *sessions, CK_SLOT_ID slot)
{
    cs_mutex_lock(sessions->lock);
    bool was = remove_login(sessions, slot);
    cs_mutex_unlock(sessions->lock);
    return was;
}

bool p11_pin_was_refused(p11_sessions *sessions)
{
    cs_mutex_lock(sessions->lock);
    bool refused = sessions->pin_refused;
    cs_mutex_unlock(sessions->lock);
    return refused;
}

void p11_note_pin(p11_sessions *sessions, bool refused)
{
    cs_mutex_lock(sessions->lock);
    sessions->pin_refused = refused;
    cs_mutex_unlock(sessions->lock);
}
