/* The table of sessions, and the logins of slots. */
#ifndef CODESIGNING_PKCS11_SESSIONS_H
#define CODESIGNING_PKCS11_SESSIONS_H

#include "operation.h"

typedef struct p11_session {
    CK_SESSION_HANDLE handle;
    CK_SLOT_ID slot;
    CK_FLAGS flags;
    cs_mutex *lock;     /* held for the whole of a call on this session */
    size_t references;  /* under the lock of the table */
    bool closed;        /* likewise */
    bool searching;
    CK_OBJECT_HANDLE *found;
    size_t found_count;
    size_t found_taken;
    p11_operation sign;
    p11_operation verify;
    const p11_mechanism *digesting;
    cs_digest *digest;
    p11_parts digest_parts;
} p11_session;

typedef struct p11_sessions p11_sessions;

/* NULL when out of memory. */
p11_sessions *p11_sessions_new(void);
void p11_sessions_free(p11_sessions *sessions);

/* CKR_HOST_MEMORY, or CKR_SESSION_COUNT when the table is full. */
CK_RV p11_sessions_open(p11_sessions *sessions, CK_SLOT_ID slot, CK_FLAGS flags, CK_SESSION_HANDLE *handle);

/* The open session, which stays until p11_sessions_release; NULL when there is none. */
p11_session *p11_sessions_acquire(p11_sessions *sessions, CK_SESSION_HANDLE handle);

/* Whether the session was closed meanwhile. `last` says that this was its last call: free it then. */
bool p11_sessions_release(p11_sessions *sessions, p11_session *session, bool *last);

/* What closing did. */
typedef struct p11_closing {
    bool found;
    CK_SLOT_ID slot;
    p11_session *unused; /* to be freed; NULL while a call is running on it, which frees it then */
    bool logged_out;     /* the last session of a slot takes its login with it */
} p11_closing;

p11_closing p11_sessions_close(p11_sessions *sessions, CK_SESSION_HANDLE handle);

/* Closes one session of the slot, the slot's login with the last; finds none once all are closed. */
p11_closing p11_sessions_close_one(p11_sessions *sessions, CK_SLOT_ID slot);

void p11_session_free(p11_session *session);

/* How many sessions the slot has, and how many of them may write. */
void p11_sessions_count(p11_sessions *sessions, CK_SLOT_ID slot, CK_ULONG *all, CK_ULONG *writable);

/* Whether C_Login was called for the slot and holds. */
bool p11_is_logged_in(p11_sessions *sessions, CK_SLOT_ID slot);

/* False when out of memory. */
bool p11_note_login(p11_sessions *sessions, CK_SLOT_ID slot);

/* Whether the slot was logged in. */
bool p11_note_logout(p11_sessions *sessions, CK_SLOT_ID slot);

/* Whether a wrong PIN was given since the last right one. */
bool p11_pin_was_refused(p11_sessions *sessions);
void p11_note_pin(p11_sessions *sessions, bool refused);

#endif
