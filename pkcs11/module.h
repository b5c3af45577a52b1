/* The one state of the module in a process, and what begins and ends every call. */
#ifndef CODESIGNING_PKCS11_MODULE_H
#define CODESIGNING_PKCS11_MODULE_H

#include "session_objects.h"
#include "sessions.h"
#include "tokens.h"

typedef struct p11_module {
    cs_client *client;
    p11_tokens *tokens;
    p11_sessions *sessions;
    p11_session_objects *session_objects;
    size_t references; /* under the guard of module.c: one for being current, one for each call */
    struct p11_module *next_abandoned;
} p11_module;

/* Begins a call: the process is the one that initialised, and the module stays until p11_leave. */
CK_RV p11_enter(p11_module **module);

/* Ends it and passes `rv` on; failures go to the log at level debug. */
CK_RV p11_leave(p11_module *module, const char *function, CK_RV rv);

/* The same for a call on a session, which is locked meanwhile. */
CK_RV p11_session_enter(CK_SESSION_HANDLE handle, p11_module **module, p11_session **session);
CK_RV p11_session_leave(p11_module *module, p11_session *session, const char *function, CK_RV rv);

/* Frees a closed session after its last call, and its objects. */
void p11_session_end(p11_module *module, p11_session *session);

#endif
