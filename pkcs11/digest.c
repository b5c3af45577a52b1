#include "module.h"

static void end(p11_session *session)
{
    cs_digest_free(session->digest);
    session->digest = NULL;
    session->digesting = NULL;
    session->digest_parts = P11_UNDECIDED;
}

static CK_RV begin(p11_session *session, const CK_MECHANISM *mechanism)
{
    if (mechanism == NULL) {
        end(session);
        return CKR_OK;
    }
    if (session->digesting != NULL)
        return CKR_OPERATION_ACTIVE;
    const p11_mechanism *known = p11_mechanism_find(mechanism->mechanism);
    if (known == NULL || !known->digest_only)
        return CKR_MECHANISM_INVALID;
    if (mechanism->ulParameterLen != 0)
        return CKR_MECHANISM_PARAM_INVALID;
    session->digest = cs_digest_start(known->hash);
    if (session->digest == NULL)
        return CKR_HOST_MEMORY;
    session->digesting = known;
    return CKR_OK;
}

/* PKCS#11 v2.40, section 5.10. */
CK_RV C_DigestInit(CK_SESSION_HANDLE hSession, CK_MECHANISM_PTR pMechanism)
{
    p11_module *module;
    p11_session *session;
    CK_RV rv = p11_session_enter(hSession, &module, &session);
    if (rv != CKR_OK)
        return rv;
    return p11_session_leave(module, session, "C_DigestInit", begin(session, pMechanism));
}

static CK_RV go_on(p11_session *session, p11_parts parts)
{
    if (session->digesting == NULL)
        return CKR_OPERATION_NOT_INITIALIZED;
    if (session->digest_parts != P11_UNDECIDED && session->digest_parts != parts) {
        end(session);
        return CKR_OPERATION_ACTIVE;
    }
    session->digest_parts = parts;
    return CKR_OK;
}

static CK_RV update(p11_session *session, const unsigned char *part, CK_ULONG length)
{
    if (part == NULL && length != 0)
        return CKR_ARGUMENTS_BAD;
    return length == 0 || cs_digest_update(session->digest, part, length) ? CKR_OK : CKR_FUNCTION_FAILED;
}

static CK_RV finish(p11_session *session, const unsigned char *data, CK_ULONG data_length, CK_BYTE_PTR digest,
                    CK_ULONG_PTR length)
{
    if (length == NULL) {
        end(session);
        return CKR_ARGUMENTS_BAD;
    }
    CK_ULONG needed = (CK_ULONG)cs_hash_length(session->digesting->hash);
    CK_ULONG room = *length;
    if (digest == NULL || room < needed) {
        *length = needed;
        return digest == NULL ? CKR_OK : CKR_BUFFER_TOO_SMALL;
    }
    CK_RV rv = update(session, data, data_length);
    if (rv == CKR_OK && !cs_digest_finish(session->digest, digest))
        rv = CKR_FUNCTION_FAILED;
    if (rv == CKR_OK)
        *length = needed;
    end(session);
    return rv;
}

/* PKCS#11 v2.40, section 5.10. */
CK_RV C_Digest(CK_SESSION_HANDLE hSession, CK_BYTE_PTR pData, CK_ULONG ulDataLen, CK_BYTE_PTR pDigest,
               CK_ULONG_PTR pulDigestLen)
{
    p11_module *module;
    p11_session *session;
    CK_RV rv = p11_session_enter(hSession, &module, &session);
    if (rv != CKR_OK)
        return rv;
    rv = go_on(session, P11_SINGLE_PART);
    if (rv == CKR_OK)
        rv = finish(session, pData, ulDataLen, pDigest, pulDigestLen);
    return p11_session_leave(module, session, "C_Digest", rv);
}

/* PKCS#11 v2.40, section 5.10. */
CK_RV C_DigestUpdate(CK_SESSION_HANDLE hSession, CK_BYTE_PTR pPart, CK_ULONG ulPartLen)
{
    p11_module *module;
    p11_session *session;
    CK_RV rv = p11_session_enter(hSession, &module, &session);
    if (rv != CKR_OK)
        return rv;
    rv = go_on(session, P11_MULTIPLE_PART);
    if (rv == CKR_OK)
        rv = update(session, pPart, ulPartLen);
    if (rv != CKR_OK)
        end(session);
    return p11_session_leave(module, session, "C_DigestUpdate", rv);
}

/* PKCS#11 v2.40, section 5.10. */
CK_RV C_DigestFinal(CK_SESSION_HANDLE hSession, CK_BYTE_PTR pDigest, CK_ULONG_PTR pulDigestLen)
{
    p11_module *module;
    p11_session *session;
    CK_RV rv = p11_session_enter(hSession, &module, &session);
    if (rv != CKR_OK)
        return rv;
    rv = go_on(session, P11_MULTIPLE_PART);
    if (rv == CKR_OK)
        rv = finish(session, NULL, 0, pDigest, pulDigestLen);
    return p11_session_leave(module, session, "C_DigestFinal", rv);
}
