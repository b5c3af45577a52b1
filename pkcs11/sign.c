#include <string.h>

#include "client/sign.h"
#include "objects.h"
#include "returns.h"

/* PKCS#11 v2.40, section 5.11. */
CK_RV C_SignInit(CK_SESSION_HANDLE hSession, CK_MECHANISM_PTR pMechanism, CK_OBJECT_HANDLE hKey)
{
    p11_module *module;
    p11_session *session;
    CK_RV rv = p11_session_enter(hSession, &module, &session);
    if (rv != CKR_OK)
        return rv;
    p11_key key;
    bool found = p11_key_find(module, session->slot, hKey, &key);
    rv = p11_operation_begin(&session->sign, pMechanism, found ? &key : NULL, CKO_PRIVATE_KEY);
    return p11_session_leave(module, session, "C_SignInit", rv);
}

static CK_RV sign(p11_module *module, p11_operation *operation, unsigned char *signature)
{
    unsigned char digest[CS_MAX_DIGEST_LENGTH];
    CK_RV rv = p11_operation_digest(operation, digest);
    if (rv != CKR_OK)
        return rv;
    const cs_sign_request request = {
        .signer_id = operation->key.signer->id,
        .signer_name = operation->key.signer->name,
        .key = operation->key.signer->key,
        .scheme = operation->mechanism->scheme,
        .hash = operation->hash,
        .digest = digest,
    };
    size_t length;
    return p11_rv(cs_sign(module->client, &request, signature, &length, NULL));
}

/* The end of C_Sign and C_SignFinal. Asking for the length and a buffer that is too small leave the operation as it is;
 * everything else ends it. */
static CK_RV finish(p11_module *module, p11_operation *operation, const unsigned char *data, CK_ULONG data_length,
                    CK_BYTE_PTR signature, CK_ULONG_PTR length)
{
    unsigned char made[CS_MAX_SIGNATURE_LENGTH];
    if (length == NULL) {
        p11_operation_end(operation);
        return CKR_ARGUMENTS_BAD;
    }
    size_t needed = cs_signature_length(operation->key.signer->key);
    CK_ULONG room = *length;
    if (signature == NULL || room < needed) {
        *length = (CK_ULONG)needed;
        return signature == NULL ? CKR_OK : CKR_BUFFER_TOO_SMALL;
    }
    CK_RV rv = p11_operation_update(operation, data, data_length);
    if (rv == CKR_OK)
        rv = sign(module, operation, made);
    if (rv == CKR_OK) {
        memcpy(signature, made, needed);
        *length = (CK_ULONG)needed;
    }
    p11_operation_end(operation);
    return rv;
}

/* PKCS#11 v2.40, section 5.11. */
CK_RV C_Sign(CK_SESSION_HANDLE hSession, CK_BYTE_PTR pData, CK_ULONG ulDataLen, CK_BYTE_PTR pSignature,
             CK_ULONG_PTR pulSignatureLen)
{
    p11_module *module;
    p11_session *session;
    CK_RV rv = p11_session_enter(hSession, &module, &session);
    if (rv != CKR_OK)
        return rv;
    rv = p11_operation_continue(&session->sign, P11_SINGLE_PART);
    if (rv == CKR_OK)
        rv = finish(module, &session->sign, pData, ulDataLen, pSignature, pulSignatureLen);
    return p11_session_leave(module, session, "C_Sign", rv);
}

/* PKCS#11 v2.40, section 5.11. */
CK_RV C_SignUpdate(CK_SESSION_HANDLE hSession, CK_BYTE_PTR pPart, CK_ULONG ulPartLen)
{
    p11_module *module;
    p11_session *session;
    CK_RV rv = p11_session_enter(hSession, &module, &session);
    if (rv != CKR_OK)
        return rv;
    rv = p11_operation_continue(&session->sign, P11_MULTIPLE_PART);
    if (rv == CKR_OK)
        rv = p11_operation_update(&session->sign, pPart, ulPartLen);
    if (rv != CKR_OK)
        p11_operation_end(&session->sign);
    return p11_session_leave(module, session, "C_SignUpdate", rv);
}

/* PKCS#11 v2.40, section 5.11. */
CK_RV C_SignFinal(CK_SESSION_HANDLE hSession, CK_BYTE_PTR pSignature, CK_ULONG_PTR pulSignatureLen)
{
    p11_module *module;
    p11_session *session;
    CK_RV rv = p11_session_enter(hSession, &module, &session);
    if (rv != CKR_OK)
        return rv;
    rv = p11_operation_continue(&session->sign, P11_MULTIPLE_PART);
    if (rv == CKR_OK)
        rv = finish(module, &session->sign, NULL, 0, pSignature, pulSignatureLen);
    return p11_session_leave(module, session, "C_SignFinal", rv);
}
