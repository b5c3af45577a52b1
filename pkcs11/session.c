#include "login.h"

static CK_RV open_session(p11_module *module, CK_SLOT_ID slot, CK_FLAGS flags, CK_SESSION_HANDLE_PTR handle)
{
    if (handle == NULL)
        return CKR_ARGUMENTS_BAD;
    if ((flags & CKF_SERIAL_SESSION) == 0)
        return CKR_SESSION_PARALLEL_NOT_SUPPORTED;
    CK_RV rv = p11_slot_check(module->tokens, slot);
    if (rv != CKR_OK)
        return rv;
    /* Read-write is accepted: cosign and others ask for it. */
    return p11_sessions_open(module->sessions, slot, flags & (CKF_SERIAL_SESSION | CKF_RW_SESSION), handle);
}

/* PKCS#11 v2.40, section 5.6. */
CK_RV C_OpenSession(CK_SLOT_ID slotID, CK_FLAGS flags, CK_VOID_PTR pApplication, CK_NOTIFY Notify,
                    CK_SESSION_HANDLE_PTR phSession)
{
    p11_module *module;
    (void)pApplication;
    (void)Notify; /* there is nothing to notify of */
    CK_RV rv = p11_enter(&module);
    if (rv != CKR_OK)
        return rv;
    return p11_leave(module, "C_OpenSession", open_session(module, slotID, flags, phSession));
}

static void finish_closing(p11_module *module, const p11_closing *closing)
{
    if (closing->unused != NULL)
        p11_session_end(module, closing->unused);
    if (closing->logged_out)
        p11_forget_user(module, closing->slot);
}

/* PKCS#11 v2.40, section 5.6. */
CK_RV C_CloseSession(CK_SESSION_HANDLE hSession)
{
    p11_module *module;
    CK_RV rv = p11_enter(&module);
    if (rv != CKR_OK)
        return rv;
    p11_closing closing = p11_sessions_close(module->sessions, hSession);
    finish_closing(module, &closing);
    return p11_leave(module, "C_CloseSession", closing.found ? CKR_OK : CKR_SESSION_HANDLE_INVALID);
}

/* PKCS#11 v2.40, section 5.6. */
CK_RV C_CloseAllSessions(CK_SLOT_ID slotID)
{
    p11_module *module;
    CK_RV rv = p11_enter(&module);
    if (rv != CKR_OK)
        return rv;
    rv = p11_slot_check(module->tokens, slotID);
    if (rv != CKR_OK)
        return p11_leave(module, "C_CloseAllSessions", rv);
    for (p11_closing closing = { .found = true }; closing.found;) {
        closing = p11_sessions_close_one(module->sessions, slotID);
        finish_closing(module, &closing);
    }
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
    bool logged_in = p11_is_logged_in(module->sessions, session->slot);
    pInfo->slotID = session->slot;
    pInfo->state = logged_in ? (writable ? CKS_RW_USER_FUNCTIONS : CKS_RO_USER_FUNCTIONS)
                             : (writable ? CKS_RW_PUBLIC_SESSION : CKS_RO_PUBLIC_SESSION);
    pInfo->flags = session->flags;
    pInfo->ulDeviceError = 0;
    return p11_session_leave(module, session, "C_GetSessionInfo", CKR_OK);
}
