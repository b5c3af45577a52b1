#include "module.h"

/* PKCS#11 v2.40, section 5.15. The system's generator takes no seed from here. */
CK_RV C_SeedRandom(CK_SESSION_HANDLE hSession, CK_BYTE_PTR pSeed, CK_ULONG ulSeedLen)
{
    p11_module *module;
    p11_session *session;
    CK_RV rv = p11_session_enter(hSession, &module, &session);
    if (rv != CKR_OK)
        return rv;
    rv = pSeed == NULL && ulSeedLen != 0 ? CKR_ARGUMENTS_BAD : CKR_RANDOM_SEED_NOT_SUPPORTED;
    return p11_session_leave(module, session, "C_SeedRandom", rv);
}

/* PKCS#11 v2.40, section 5.15. */
CK_RV C_GenerateRandom(CK_SESSION_HANDLE hSession, CK_BYTE_PTR pRandomData, CK_ULONG ulRandomLen)
{
    p11_module *module;
    p11_session *session;
    CK_RV rv = p11_session_enter(hSession, &module, &session);
    if (rv != CKR_OK)
        return rv;
    if (pRandomData == NULL)
        rv = CKR_ARGUMENTS_BAD;
    else if (!cs_random(pRandomData, ulRandomLen))
        rv = CKR_FUNCTION_FAILED;
    return p11_session_leave(module, session, "C_GenerateRandom", rv);
}
