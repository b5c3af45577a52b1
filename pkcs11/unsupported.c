#include "module.h"

/* What the module does not support. Each is in the function list all the same, since callers do not look for NULL. A
 * signer's key is neither generated, changed, imported nor exported from here, and it only signs. */

/* After the checks that every function makes first. */
static CK_RV refuse(CK_SESSION_HANDLE handle, const char *function)
{
    p11_module *module;
    p11_session *session;
    CK_RV rv = p11_session_enter(handle, &module, &session);
    return rv == CKR_OK ? p11_session_leave(module, session, function, CKR_FUNCTION_NOT_SUPPORTED) : rv;
}

/* PKCS#11 v2.40, section 5.5. */
CK_RV C_InitToken(CK_SLOT_ID slot_id, CK_BYTE_PTR pin, CK_ULONG pin_len, CK_BYTE_PTR label)
{
    p11_module *module;
    (void)slot_id;
    (void)pin;
    (void)pin_len;
    (void)label;
    CK_RV rv = p11_enter(&module);
    return rv == CKR_OK ? p11_leave(module, "C_InitToken", CKR_FUNCTION_NOT_SUPPORTED) : rv;
}

/* PKCS#11 v2.40, section 5.5. */
CK_RV C_InitPIN(CK_SESSION_HANDLE session, CK_BYTE_PTR pin, CK_ULONG pin_len)
{
    (void)pin;
    (void)pin_len;
    return refuse(session, "C_InitPIN");
}

/* PKCS#11 v2.40, section 5.5. */
CK_RV C_SetPIN(CK_SESSION_HANDLE session, CK_BYTE_PTR old_pin, CK_ULONG old_len, CK_BYTE_PTR new_pin,
               CK_ULONG new_len)
{
    (void)old_pin;
    (void)old_len;
    (void)new_pin;
    (void)new_len;
    return refuse(session, "C_SetPIN");
}

/* PKCS#11 v2.40, section 5.6. */
CK_RV C_GetOperationState(CK_SESSION_HANDLE session, CK_BYTE_PTR operation_state, CK_ULONG_PTR operation_state_len)
{
    (void)operation_state;
    (void)operation_state_len;
    return refuse(session, "C_GetOperationState");
}

/* PKCS#11 v2.40, section 5.6. */
CK_RV C_SetOperationState(CK_SESSION_HANDLE session, CK_BYTE_PTR operation_state, CK_ULONG operation_state_len,
                          CK_OBJECT_HANDLE encryption_key, CK_OBJECT_HANDLE authentication_key)
{
    (void)operation_state;
    (void)operation_state_len;
    (void)encryption_key;
    (void)authentication_key;
    return refuse(session, "C_SetOperationState");
}

/* PKCS#11 v2.40, section 5.8. */
CK_RV C_EncryptInit(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE key)
{
    (void)mechanism;
    (void)key;
    return refuse(session, "C_EncryptInit");
}

/* PKCS#11 v2.40, section 5.8. */
CK_RV C_Encrypt(CK_SESSION_HANDLE session, CK_BYTE_PTR data, CK_ULONG data_len, CK_BYTE_PTR encrypted_data,
                CK_ULONG_PTR encrypted_data_len)
{
    (void)data;
    (void)data_len;
    (void)encrypted_data;
    (void)encrypted_data_len;
    return refuse(session, "C_Encrypt");
}

/* PKCS#11 v2.40, section 5.8. */
CK_RV C_EncryptUpdate(CK_SESSION_HANDLE session, CK_BYTE_PTR part, CK_ULONG part_len, CK_BYTE_PTR encrypted_part,
                      CK_ULONG_PTR encrypted_part_len)
{
    (void)part;
    (void)part_len;
    (void)encrypted_part;
    (void)encrypted_part_len;
    return refuse(session, "C_EncryptUpdate");
}

/* PKCS#11 v2.40, section 5.8. */
CK_RV C_EncryptFinal(CK_SESSION_HANDLE session, CK_BYTE_PTR last_encrypted_part, CK_ULONG_PTR last_encrypted_part_len)
{
    (void)last_encrypted_part;
    (void)last_encrypted_part_len;
    return refuse(session, "C_EncryptFinal");
}

/* PKCS#11 v2.40, section 5.9. */
CK_RV C_DecryptInit(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE key)
{
    (void)mechanism;
    (void)key;
    return refuse(session, "C_DecryptInit");
}

/* PKCS#11 v2.40, section 5.9. */
CK_RV C_Decrypt(CK_SESSION_HANDLE session, CK_BYTE_PTR encrypted_data, CK_ULONG encrypted_data_len, CK_BYTE_PTR data,
                CK_ULONG_PTR data_len)
{
    (void)encrypted_data;
    (void)encrypted_data_len;
    (void)data;
    (void)data_len;
    return refuse(session, "C_Decrypt");
}

/* PKCS#11 v2.40, section 5.9. */
CK_RV C_DecryptUpdate(CK_SESSION_HANDLE session, CK_BYTE_PTR encrypted_part, CK_ULONG encrypted_part_len,
                      CK_BYTE_PTR part, CK_ULONG_PTR part_len)
{
    (void)encrypted_part;
    (void)encrypted_part_len;
    (void)part;
    (void)part_len;
    return refuse(session, "C_DecryptUpdate");
}

/* PKCS#11 v2.40, section 5.9. */
CK_RV C_DecryptFinal(CK_SESSION_HANDLE session, CK_BYTE_PTR last_part, CK_ULONG_PTR last_part_len)
{
    (void)last_part;
    (void)last_part_len;
    return refuse(session, "C_DecryptFinal");
}

/* PKCS#11 v2.40, section 5.10. */
CK_RV C_DigestKey(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key)
{
    (void)key;
    return refuse(session, "C_DigestKey");
}

/* PKCS#11 v2.40, section 5.11. */
CK_RV C_SignRecoverInit(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE key)
{
    (void)mechanism;
    (void)key;
    return refuse(session, "C_SignRecoverInit");
}

/* PKCS#11 v2.40, section 5.11. */
CK_RV C_SignRecover(CK_SESSION_HANDLE session, CK_BYTE_PTR data, CK_ULONG data_len, CK_BYTE_PTR signature,
                    CK_ULONG_PTR signature_len)
{
    (void)data;
    (void)data_len;
    (void)signature;
    (void)signature_len;
    return refuse(session, "C_SignRecover");
}

/* PKCS#11 v2.40, section 5.12. */
CK_RV C_VerifyRecoverInit(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE key)
{
    (void)mechanism;
    (void)key;
    return refuse(session, "C_VerifyRecoverInit");
}

/* PKCS#11 v2.40, section 5.12. */
CK_RV C_VerifyRecover(CK_SESSION_HANDLE session, CK_BYTE_PTR signature, CK_ULONG signature_len, CK_BYTE_PTR data,
                      CK_ULONG_PTR data_len)
{
    (void)signature;
    (void)signature_len;
    (void)data;
    (void)data_len;
    return refuse(session, "C_VerifyRecover");
}

/* PKCS#11 v2.40, section 5.13. */
CK_RV C_DigestEncryptUpdate(CK_SESSION_HANDLE session, CK_BYTE_PTR part, CK_ULONG part_len,
                            CK_BYTE_PTR encrypted_part, CK_ULONG_PTR encrypted_part_len)
{
    (void)part;
    (void)part_len;
    (void)encrypted_part;
    (void)encrypted_part_len;
    return refuse(session, "C_DigestEncryptUpdate");
}

/* PKCS#11 v2.40, section 5.13. */
CK_RV C_DecryptDigestUpdate(CK_SESSION_HANDLE session, CK_BYTE_PTR encrypted_part, CK_ULONG encrypted_part_len,
                            CK_BYTE_PTR part, CK_ULONG_PTR part_len)
{
    (void)encrypted_part;
    (void)encrypted_part_len;
    (void)part;
    (void)part_len;
    return refuse(session, "C_DecryptDigestUpdate");
}

/* PKCS#11 v2.40, section 5.13. */
CK_RV C_SignEncryptUpdate(CK_SESSION_HANDLE session, CK_BYTE_PTR part, CK_ULONG part_len, CK_BYTE_PTR encrypted_part,
                          CK_ULONG_PTR encrypted_part_len)
{
    (void)part;
    (void)part_len;
    (void)encrypted_part;
    (void)encrypted_part_len;
    return refuse(session, "C_SignEncryptUpdate");
}

/* PKCS#11 v2.40, section 5.13. */
CK_RV C_DecryptVerifyUpdate(CK_SESSION_HANDLE session, CK_BYTE_PTR encrypted_part, CK_ULONG encrypted_part_len,
                            CK_BYTE_PTR part, CK_ULONG_PTR part_len)
{
    (void)encrypted_part;
    (void)encrypted_part_len;
    (void)part;
    (void)part_len;
    return refuse(session, "C_DecryptVerifyUpdate");
}

/* PKCS#11 v2.40, section 5.14. */
CK_RV C_GenerateKey(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_ATTRIBUTE_PTR templ, CK_ULONG count,
                    CK_OBJECT_HANDLE_PTR key)
{
    (void)mechanism;
    (void)templ;
    (void)count;
    (void)key;
    return refuse(session, "C_GenerateKey");
}

/* PKCS#11 v2.40, section 5.14. */
CK_RV C_GenerateKeyPair(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_ATTRIBUTE_PTR public_key_template,
                        CK_ULONG public_key_attribute_count, CK_ATTRIBUTE_PTR private_key_template,
                        CK_ULONG private_key_attribute_count, CK_OBJECT_HANDLE_PTR public_key,
                        CK_OBJECT_HANDLE_PTR private_key)
{
    (void)mechanism;
    (void)public_key_template;
    (void)public_key_attribute_count;
    (void)private_key_template;
    (void)private_key_attribute_count;
    (void)public_key;
    (void)private_key;
    return refuse(session, "C_GenerateKeyPair");
}

/* PKCS#11 v2.40, section 5.14. */
CK_RV C_WrapKey(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE wrapping_key,
                CK_OBJECT_HANDLE key, CK_BYTE_PTR wrapped_key, CK_ULONG_PTR wrapped_key_len)
{
    (void)mechanism;
    (void)wrapping_key;
    (void)key;
    (void)wrapped_key;
    (void)wrapped_key_len;
    return refuse(session, "C_WrapKey");
}

/* PKCS#11 v2.40, section 5.14. */
CK_RV C_UnwrapKey(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE unwrapping_key,
                  CK_BYTE_PTR wrapped_key, CK_ULONG wrapped_key_len, CK_ATTRIBUTE_PTR templ,
                  CK_ULONG attribute_count, CK_OBJECT_HANDLE_PTR key)
{
    (void)mechanism;
    (void)unwrapping_key;
    (void)wrapped_key;
    (void)wrapped_key_len;
    (void)templ;
    (void)attribute_count;
    (void)key;
    return refuse(session, "C_UnwrapKey");
}

/* PKCS#11 v2.40, section 5.14. */
CK_RV C_DeriveKey(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE base_key,
                  CK_ATTRIBUTE_PTR templ, CK_ULONG attribute_count, CK_OBJECT_HANDLE_PTR key)
{
    (void)mechanism;
    (void)base_key;
    (void)templ;
    (void)attribute_count;
    (void)key;
    return refuse(session, "C_DeriveKey");
}

/* PKCS#11 v2.40, section 5.16. */
CK_RV C_GetFunctionStatus(CK_SESSION_HANDLE session)
{
    (void)session;
    return CKR_FUNCTION_NOT_PARALLEL;
}

/* PKCS#11 v2.40, section 5.16. */
CK_RV C_CancelFunction(CK_SESSION_HANDLE session)
{
    (void)session;
    return CKR_FUNCTION_NOT_PARALLEL;
}
