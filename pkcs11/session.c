#include <stdlib.h>
#include <string.h>

#include "module.h"

/* A handle is a place in the table and how often that place was used, so that a closed one is not mistaken for a new
 * one. 32 bits in all, for CK_ULONG on Windows. */
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
    bool pin_refused; /* since the last login by one that was right */
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

void p11_operation_end(p11_operation *operation)
{
    cs_digest_free(operation->digest);
    cs_wipe(operation, sizeof *operation);
}

static void destroy(p11_session *session)
{
    p11_operation_end(&session->sign);
    p11_operation_end(&session->verify);
    cs_digest_free(session->digest);
    free(session->found);
    cs_mutex_destroy(session->lock);
    free(session);
}

/* After its last call. */
static void end(p11_module *module, p11_session *session)
{
    p11_made_end_session(module, session->handle);
    destroy(session);
}

void p11_sessions_free(p11_sessions *sessions)
{
    if (sessions == NULL)
        return;
    for (size_t i = 0; i < sessions->count; i++)
        if (sessions->places[i].session != NULL)
            destroy(sessions->places[i].session);
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

/* Takes the session out of the table; whoever uses it last frees it. */
static p11_session *take_out(p11_sessions *sessions, place *at)
{
    p11_session *session = at->session;
    at->session = NULL;
    at->next_free = sessions->free;
    sessions->free = (size_t)(at - sessions->places);
    session->closed = true;
    return --session->references == 0 ? session : NULL;
}

static bool is_logged_in(const p11_sessions *sessions, CK_SLOT_ID slot)
{
    for (size_t i = 0; i < sessions->logged_in_count; i++)
        if (sessions->logged_in[i] == slot)
            return true;
    return false;
}

static void note_logout(p11_sessions *sessions, CK_SLOT_ID slot)
{
    for (size_t i = 0; i < sessions->logged_in_count; i++)
        if (sessions->logged_in[i] == slot)
            sessions->logged_in[i] = sessions->logged_in[--sessions->logged_in_count];
}

static bool note_login(p11_sessions *sessions, CK_SLOT_ID slot)
{
    CK_SLOT_ID *longer = realloc(sessions->logged_in, (sessions->logged_in_count + 1) * sizeof *longer);
    if (longer == NULL)
        return false;
    sessions->logged_in = longer;
    sessions->logged_in[sessions->logged_in_count++] = slot;
    return true;
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

/* --- using a session -------------------------------------------------------------------------------------------- */

CK_RV p11_session_enter(CK_SESSION_HANDLE handle, p11_module **module, p11_session **session)
{
    CK_RV rv = p11_enter(module);
    if (rv != CKR_OK)
        return rv;
    p11_sessions *sessions = p11_sessions_of(*module);
    cs_mutex_lock(sessions->lock);
    place *at = find_place(sessions, handle);
    *session = at != NULL ? at->session : NULL;
    if (at != NULL)
        at->session->references++;
    cs_mutex_unlock(sessions->lock);
    if (*session == NULL)
        return p11_leave(*module, "a call on no session", CKR_SESSION_HANDLE_INVALID);
    if (!cs_mutex_try_lock((*session)->lock)) { /* two threads on one session take turns, outside of the gate */
        cs_blocking_begin();
        cs_mutex_lock((*session)->lock);
        cs_blocking_end();
    }
    return CKR_OK;
}

CK_RV p11_session_leave(p11_module *module, p11_session *session, const char *function, CK_RV rv)
{
    p11_sessions *sessions = p11_sessions_of(module);
    cs_mutex_unlock(session->lock);
    cs_mutex_lock(sessions->lock);
    if (session->closed && rv == CKR_OK)
        rv = CKR_SESSION_CLOSED;
    bool last = --session->references == 0;
    cs_mutex_unlock(sessions->lock);
    if (last)
        end(module, session);
    return p11_leave(module, function, rv);
}

void p11_session_count(p11_module *module, CK_SLOT_ID slot, CK_ULONG *all, CK_ULONG *writable)
{
    p11_sessions *sessions = p11_sessions_of(module);
    cs_mutex_lock(sessions->lock);
    *all = (CK_ULONG)count_sessions(sessions, slot, 0);
    *writable = (CK_ULONG)count_sessions(sessions, slot, CKF_RW_SESSION);
    cs_mutex_unlock(sessions->lock);
}

bool p11_is_logged_in(p11_module *module, CK_SLOT_ID slot)
{
    p11_sessions *sessions = p11_sessions_of(module);
    cs_mutex_lock(sessions->lock);
    bool logged_in = is_logged_in(sessions, slot);
    cs_mutex_unlock(sessions->lock);
    return logged_in;
}

bool p11_pin_was_refused(p11_module *module)
{
    p11_sessions *sessions = p11_sessions_of(module);
    cs_mutex_lock(sessions->lock);
    bool refused = sessions->pin_refused;
    cs_mutex_unlock(sessions->lock);
    return refused;
}

static CK_RV open_session(p11_module *module, CK_SLOT_ID slot, CK_FLAGS flags, CK_SESSION_HANDLE_PTR handle)
{
    p11_sessions *sessions = p11_sessions_of(module);
    if (handle == NULL)
        return CKR_ARGUMENTS_BAD;
    if ((flags & CKF_SERIAL_SESSION) == 0)
        return CKR_SESSION_PARALLEL_NOT_SUPPORTED;
    CK_RV rv = p11_slot_check(module, slot);
    if (rv != CKR_OK)
        return rv;
    p11_session *session = calloc(1, sizeof *session);
    if (session == NULL || (session->lock = cs_mutex_create()) == NULL) {
        free(session);
        return CKR_HOST_MEMORY;
    }
    session->slot = slot;
    session->flags = flags & (CKF_SERIAL_SESSION | CKF_RW_SESSION); /* read-write is taken: cosign and others ask for it */
    session->references = 1;
    cs_mutex_lock(sessions->lock);
    bool inserted = insert(sessions, session);
    *handle = session->handle;
    cs_mutex_unlock(sessions->lock);
    if (inserted)
        return CKR_OK;
    destroy(session);
    return CKR_SESSION_COUNT;
}

/* PKCS#11 v2.40, section 5.6. */
CK_RV C_OpenSession(CK_SLOT_ID slotID, CK_FLAGS flags, CK_VOID_PTR pApplication, CK_NOTIFY Notify,
                    CK_SESSION_HANDLE_PTR phSession)
{
    p11_module *module;
    (void)pApplication;
    (void)Notify; /* nothing to notify of */
    CK_RV rv = p11_enter(&module);
    if (rv != CKR_OK)
        return rv;
    return p11_leave(module, "C_OpenSession", open_session(module, slotID, flags, phSession));
}

/* The last session of a slot takes its login with it. With the lock held; true when the login slot was logged out. */
static bool end_login(p11_sessions *sessions, CK_SLOT_ID slot)
{
    if (count_sessions(sessions, slot, 0) > 0 || !is_logged_in(sessions, slot))
        return false;
    note_logout(sessions, slot);
    return true;
}

static void forget_user(p11_module *module, CK_SLOT_ID slot)
{
    p11_made_end_login(module, slot);
    if (cs_client_is_configured(p11_client(module)))
        return;
    cs_client_logout(p11_client(module));
    p11_tokens_forget(module);
}

/* PKCS#11 v2.40, section 5.6. */
CK_RV C_CloseSession(CK_SESSION_HANDLE hSession)
{
    p11_module *module;
    CK_RV rv = p11_enter(&module);
    if (rv != CKR_OK)
        return rv;
    p11_sessions *sessions = p11_sessions_of(module);
    p11_session *unused = NULL;
    CK_SLOT_ID slot = 0;
    bool logged_out = false;
    cs_mutex_lock(sessions->lock);
    place *at = find_place(sessions, hSession);
    if (at != NULL) {
        slot = at->session->slot;
        unused = take_out(sessions, at);
        logged_out = end_login(sessions, slot);
    }
    cs_mutex_unlock(sessions->lock);
    if (unused != NULL)
        end(module, unused);
    if (logged_out)
        forget_user(module, slot);
    return p11_leave(module, "C_CloseSession", at != NULL ? CKR_OK : CKR_SESSION_HANDLE_INVALID);
}

static p11_session *take_one_out(p11_sessions *sessions, CK_SLOT_ID slot, bool *any)
{
    *any = false;
    for (size_t i = 0; i < sessions->count; i++) {
        if (sessions->places[i].session != NULL && sessions->places[i].session->slot == slot) {
            *any = true;
            return take_out(sessions, &sessions->places[i]);
        }
    }
    return NULL;
}

/* PKCS#11 v2.40, section 5.6. */
CK_RV C_CloseAllSessions(CK_SLOT_ID slotID)
{
    p11_module *module;
    CK_RV rv = p11_enter(&module);
    if (rv != CKR_OK)
        return rv;
    rv = p11_slot_check(module, slotID);
    if (rv != CKR_OK)
        return p11_leave(module, "C_CloseAllSessions", rv);
    p11_sessions *sessions = p11_sessions_of(module);
    bool any = true;
    while (any) {
        cs_mutex_lock(sessions->lock);
        p11_session *unused = take_one_out(sessions, slotID, &any);
        cs_mutex_unlock(sessions->lock);
        if (unused != NULL)
            end(module, unused);
    }
    cs_mutex_lock(sessions->lock);
    bool logged_out = end_login(sessions, slotID);
    cs_mutex_unlock(sessions->lock);
    if (logged_out)
        forget_user(module, slotID);
    return p11_leave(module, "C_CloseAllSessions", CKR_OK);
}

/* PKCS#11 v2.40, section 5.6. */
CK_RV C_GetSessionInfo(CK_SESSION_HANDLE hSession, CK_SESSION_INFO_PTR pInfo)
{
    p11_module *module;
    p11_session *session;
    CK_RV rv = p11_session_enter(hSession, &module, &session);
    if (rv != CKR_OK)
        return rv;
    if (pInfo == NULL)
        return p11_session_leave(module, session, "C_GetSessionInfo", CKR_ARGUMENTS_BAD);
    bool writable = (session->flags & CKF_RW_SESSION) != 0;
    bool logged_in = p11_is_logged_in(module, session->slot);
    pInfo->slotID = session->slot;
    pInfo->state = logged_in ? (writable ? CKS_RW_USER_FUNCTIONS : CKS_RO_USER_FUNCTIONS)
                             : (writable ? CKS_RW_PUBLIC_SESSION : CKS_RO_PUBLIC_SESSION);
    pInfo->flags = session->flags;
    pInfo->ulDeviceError = 0;
    return p11_session_leave(module, session, "C_GetSessionInfo", CKR_OK);
}

/* --- login ------------------------------------------------------------------------------------------------------ */

static void note_pin(p11_sessions *sessions, cs_result result)
{
    cs_mutex_lock(sessions->lock);
    if (result == CS_OK || result == CS_UNAUTHENTICATED)
        sessions->pin_refused = result != CS_OK;
    cs_mutex_unlock(sessions->lock);
}

static CK_RV log_in(p11_module *module, const p11_session *session, CK_USER_TYPE user, CK_UTF8CHAR_PTR pin, CK_ULONG length)
{
    p11_sessions *sessions = p11_sessions_of(module);
    cs_error error = { 0 };
    if (user == CKU_CONTEXT_SPECIFIC)
        return CKR_OPERATION_NOT_INITIALIZED; /* no key asks for it */
    bool already = p11_is_logged_in(module, session->slot);
    if (user == CKU_SO && already)
        return CKR_USER_ANOTHER_ALREADY_LOGGED_IN;
    if (user != CKU_USER)
        return CKR_USER_TYPE_INVALID; /* there is no security officer */
    if (already)
        return CKR_USER_ALREADY_LOGGED_IN;
    if (!cs_client_is_configured(p11_client(module))) {
        if (pin == NULL)
            return CKR_ARGUMENTS_BAD;
        cs_result result = cs_client_login(p11_client(module), (const char *)pin, length, &error);
        note_pin(sessions, result);
        if (result != CS_OK)
            return result == CS_UNAUTHENTICATED ? CKR_PIN_INCORRECT : p11_rv(result);
    }
    cs_mutex_lock(sessions->lock);
    bool noted = is_logged_in(sessions, session->slot) || note_login(sessions, session->slot);
    cs_mutex_unlock(sessions->lock);
    return noted ? CKR_OK : CKR_HOST_MEMORY;
}

/* PKCS#11 v2.40, section 5.6. With configured credentials nobody needs to log in, and any PIN will do. */
CK_RV C_Login(CK_SESSION_HANDLE hSession, CK_USER_TYPE userType, CK_UTF8CHAR_PTR pPin, CK_ULONG ulPinLen)
{
    p11_module *module;
    p11_session *session;
    CK_RV rv = p11_session_enter(hSession, &module, &session);
    if (rv != CKR_OK)
        return rv;
    return p11_session_leave(module, session, "C_Login", log_in(module, session, userType, pPin, ulPinLen));
}

/* PKCS#11 v2.40, section 5.6. */
CK_RV C_Logout(CK_SESSION_HANDLE hSession)
{
    p11_module *module;
    p11_session *session;
    CK_RV rv = p11_session_enter(hSession, &module, &session);
    if (rv != CKR_OK)
        return rv;
    p11_sessions *sessions = p11_sessions_of(module);
    cs_mutex_lock(sessions->lock);
    bool was = is_logged_in(sessions, session->slot);
    note_logout(sessions, session->slot);
    cs_mutex_unlock(sessions->lock);
    if (was)
        forget_user(module, session->slot);
    return p11_session_leave(module, session, "C_Logout", was ? CKR_OK : CKR_USER_NOT_LOGGED_IN);
}
