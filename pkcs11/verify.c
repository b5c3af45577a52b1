#include <string.h>

#include "objects.h"

/* PKCS#11 v2.40, section 5.12. Verified here, with a signer's public key or one of a session. */
CK_RV C_VerifyInit(CK_SESSION_HANDLE hSession, CK_MECHANISM_PTR pMechanism, CK_OBJECT_HANDLE hKey)
{
    p11_module *module;
    p11_session *session;
    CK_RV rv = p11_session_enter(hSession, &module, &session);
    if (rv != CKR_OK)
        return rv;
    p11_key key;
    bool found = p11_key_find(module, session->slot, hKey, &key);
    rv = p11_operation_begin(&session->verify, pMechanism, found ? &key : NULL, CKO_PUBLIC_KEY);
    return p11_session_leave(module, session, "C_VerifyInit", rv);
}

/* Copies the signature in its full length. An ECDSA signature may come without zeros that r and s both begin with (PKCS#11
 * Current Mechanisms v2.40, section 2.3.1). False when it cannot have this length. */
static bool widen(cs_key_algorithm key, const unsigned char *signature, size_t length,
                  unsigned char wide[CS_MAX_SIGNATURE_LENGTH])
{
    size_t full = cs_signature_length(key);
    bool shortened = !cs_key_algorithm_is_rsa(key) && length > 0 && length < full && length % 2 == 0;
    if (length != full && !shortened)
        return false;
    size_t half = length / 2, zeros = (full - length) / 2;
    memset(wide, 0, full);
    memcpy(wide + zeros, signature, half);
    memcpy(wide + zeros + half + zeros, signature + half, length - half);
    return true;
}

static CK_RV check(p11_operation *operation, const unsigned char *data, CK_ULONG data_length, const unsigned char *signature,
                   CK_ULONG length)
{
    unsigned char digest[CS_MAX_DIGEST_LENGTH], wide[CS_MAX_SIGNATURE_LENGTH];
    cs_public_key key;
    if (signature == NULL)
        return CKR_ARGUMENTS_BAD;
    CK_RV rv = p11_operation_update(operation, data, data_length);
    if (rv == CKR_OK)
        rv = p11_operation_digest(operation, digest);
    if (rv != CKR_OK)
        return rv;
    if (!cs_public_key_read(&key, (cs_span){ operation->key.info, operation->key.info_length }))
        return CKR_FUNCTION_FAILED;
    if (!widen(key.algorithm, signature, length, wide))
        return CKR_SIGNATURE_LEN_RANGE;
    switch (cs_verify(&key, operation->mechanism->scheme, operation->hash, digest, wide, cs_signature_length(key.algorithm))) {
    case CS_SIGNATURE_VALID:
        return CKR_OK;
    case CS_SIGNATURE_INVALID:
        return CKR_SIGNATURE_INVALID;
    case CS_SIGNATURE_UNCHECKED:
        break;
    }
    return CKR_FUNCTION_FAILED;
}

/* PKCS#11 v2.40, section 5.12. */
CK_RV C_Verify(CK_SESSION_HANDLE hSession, CK_BYTE_PTR pData, CK_ULONG ulDataLen, CK_BYTE_PTR pSignature,
               CK_ULONG ulSignatureLen)
{
    p11_module *module;
    p11_session *session;
    CK_RV rv = p11_session_enter(hSession, &module, &session);
    if (rv != CKR_OK)
        return rv;
    rv = p11_operation_continue(&session->verify, P11_SINGLE_PART);
    if (rv == CKR_OK)
        rv = check(&session->verify, pData, ulDataLen, pSignature, ulSignatureLen);
    p11_operation_end(&session->verify);
    return p11_session_leave(module, session, "C_Verify", rv);
}

/* PKCS#11 v2.40, section 5.12. */
CK_RV C_VerifyUpdate(CK_SESSION_HANDLE hSession, CK_BYTE_PTR pPart, CK_ULONG ulPartLen)
{
    p11_module *module;
    p11_session *session;
    CK_RV rv = p11_session_enter(hSession, &module, &session);
    if (rv != CKR_OK)
        return rv;
    rv = p11_operation_continue(&session->verify, P11_MULTIPLE_PART);
    if (rv == CKR_OK)
        rv = p11_operation_update(&session->verify, pPart, ulPartLen);
    if (rv != CKR_OK)
        p11_operation_end(&session->verify);
    return p11_session_leave(module, session, "C_VerifyUpdate", rv);
}

/* PKCS#11 v2.40, section 5.12. */
CK_RV C_VerifyFinal(CK_SESSION_HANDLE hSession, CK_BYTE_PTR pSignature, CK_ULONG ulSignatureLen)
{
    p11_module *module;
    p11_session *session;
    CK_RV rv = p11_session_enter(hSession, &module, &session);
    if (rv != CKR_OK)
        return rv;
    rv = p11_operation_continue(&session->verify, P11_MULTIPLE_PART);
    if (rv == CKR_OK)
        rv = check(&session->verify, NULL, 0, pSignature, ulSignatureLen);
    p11_operation_end(&session->verify);
    return p11_session_leave(module, session, "C_VerifyFinal", rv);
}
