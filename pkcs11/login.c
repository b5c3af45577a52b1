#include "login.h"

#include "returns.h"

void p11_forget_user(p11_module *module, CK_SLOT_ID slot)
{
    p11_session_objects_end_login(module->session_objects, slot);
    if (cs_client_is_configured(module->client))
        return;
    cs_client_logout(module->client);
    p11_tokens_forget(module->tokens);
}

static CK_RV log_in(p11_module *module, const p11_session *session, CK_USER_TYPE user, CK_UTF8CHAR_PTR pin, CK_ULONG length)
{
    cs_error error = { 0 };
    if (user == CKU_CONTEXT_SPECIFIC)
        return CKR_OPERATION_NOT_INITIALIZED; /* no key is CKA_ALWAYS_AUTHENTICATE */
    bool already = p11_is_logged_in(module->sessions, session->slot);
    if (user == CKU_SO && already)
        return CKR_USER_ANOTHER_ALREADY_LOGGED_IN;
    if (user != CKU_USER)
        return CKR_USER_TYPE_INVALID; /* there is no security officer */
    if (already)
        return CKR_USER_ALREADY_LOGGED_IN;
    if (!cs_client_is_configured(module->client)) {
        if (pin == NULL)
            return CKR_ARGUMENTS_BAD;
        cs_result result = cs_client_login(module->client, (const char *)pin, length, &error);
        if (result == CS_OK || result == CS_UNAUTHENTICATED)
            p11_note_pin(module->sessions, result != CS_OK);
        if (result != CS_OK)
            return result == CS_UNAUTHENTICATED ? CKR_PIN_INCORRECT : p11_rv(result);
    }
    return p11_note_login(module->sessions, session->slot) ? CKR_OK : CKR_HOST_MEMORY;
}

/* PKCS#11 v2.40, section 5.6. With configured credentials no login is needed, and any PIN is accepted. */
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
    bool was = p11_note_logout(module->sessions, session->slot);
    if (was)
        p11_forget_user(module, session->slot);
    return p11_session_leave(module, session, "C_Logout", was ? CKR_OK : CKR_USER_NOT_LOGGED_IN);
}
