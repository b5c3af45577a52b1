#include "cryptoki.h"

/* What a signer that lives elsewhere does not do. Each is in the function list all the same: callers do not look for
 * NULL. The key of a signer is neither made, changed, brought in nor taken out from here, and it only signs. */

/* PKCS#11 v2.40, section 5.5. */
CK_RV C_InitToken(CK_SLOT_ID slot_id, CK_BYTE_PTR pin, CK_ULONG pin_len, CK_BYTE_PTR label)
{
    (void)slot_id;
    (void)pin;
    (void)pin_len;
    (void)label;
    return CKR_FUNCTION_NOT_SUPPORTED;
}

/* PKCS#11 v2.40, section 5.5. */
CK_RV C_InitPIN(CK_SESSION_HANDLE session, CK_BYTE_PTR pin, CK_ULONG pin_len)
{
    (void)session;
    (void)pin;
    (void)pin_len;
    return CKR_FUNCTION_NOT_SUPPORTED;
}

/* PKCS#11 v2.40, section 5.5. */
CK_RV C_SetPIN(CK_SESSION_HANDLE session, CK_BYTE_PTR old_pin, CK_ULONG old_len, CK_BYTE_PTR new_pin,
               CK_ULONG new_len)
{
    (void)session;
    (void)old_pin;
    (void)old_len;
    (void)new_pin;
    (void)new_len;
    return CKR_FUNCTION_NOT_SUPPORTED;
}

/* PKCS#11 v2.40, section 5.6. */
CK_RV C_GetOperationState(CK_SESSION_HANDLE session, CK_BYTE_PTR operation_state, CK_ULONG_PTR operation_state_len)
{
    (void)session;
    (void)operation_state;
    (void)operation_state_len;
    return CKR_FUNCTION_NOT_SUPPORTED;
}

/* PKCS#11 v2.40, section 5.6. */
CK_RV C_SetOperationState(CK_SESSION_HANDLE session, CK_BYTE_PTR operation_state, CK_ULONG operation_state_len,
                          CK_OBJECT_HANDLE encryption_key, CK_OBJECT_HANDLE authentiation_key)
{
    (void)session;
    (void)operation_state;
    (void)operation_state_len;
    (void)encryption_key;
    (void)authentiation_key;
    return CKR_FUNCTION_NOT_SUPPORTED;
}

/* PKCS#11 v2.40, section 5.7. */
CK_RV C_CreateObject(CK_SESSION_HANDLE session, CK_ATTRIBUTE_PTR templ, CK_ULONG count, CK_OBJECT_HANDLE_PTR object)
{
    (void)session;
    (void)templ;
    (void)count;
    (void)object;
    return CKR_FUNCTION_NOT_SUPPORTED;
}

/* PKCS#11 v2.40, section 5.7. */
CK_RV C_CopyObject(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_PTR templ, CK_ULONG count,
                   CK_OBJECT_HANDLE_PTR new_object)
{
    (void)session;
    (void)object;
    (void)templ;
    (void)count;
    (void)new_object;
    return CKR_FUNCTION_NOT_SUPPORTED;
}

/* PKCS#11 v2.40, section 5.7. */
CK_RV C_DestroyObject(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object)
{
    (void)session;
    (void)object;
    return CKR_FUNCTION_NOT_SUPPORTED;
}

/* PKCS#11 v2.40, section 5.7. */
CK_RV C_SetAttributeValue(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_PTR templ, CK_ULONG count)
{
    (void)session;
    (void)object;
    (void)templ;
    (void)count;
    return CKR_FUNCTION_NOT_SUPPORTED;
}

/* PKCS#11 v2.40, section 5.8. */
CK_RV C_EncryptInit(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE key)
{
    (void)session;
    (void)mechanism;
    (void)key;
    return CKR_FUNCTION_NOT_SUPPORTED;
}

/* PKCS#11 v2.40, section 5.8. */
CK_RV C_Encrypt(CK_SESSION_HANDLE session, CK_BYTE_PTR data, CK_ULONG data_len, CK_BYTE_PTR encrypted_data,
                CK_ULONG_PTR encrypted_data_len)
{
    (void)session;
    (void)data;
    (void)data_len;
    (void)encrypted_data;
    (void)encrypted_data_len;
    return CKR_FUNCTION_NOT_SUPPORTED;
}

/* PKCS#11 v2.40, section 5.8. */
CK_RV C_EncryptUpdate(CK_SESSION_HANDLE session, CK_BYTE_PTR part, CK_ULONG part_len, CK_BYTE_PTR encrypted_part,
                      CK_ULONG_PTR encrypted_part_len)
{
    (void)session;
    (void)part;
    (void)part_len;
    (void)encrypted_part;
    (void)encrypted_part_len;
    return CKR_FUNCTION_NOT_SUPPORTED;
}

/* PKCS#11 v2.40, section 5.8. */
CK_RV C_EncryptFinal(CK_SESSION_HANDLE session, CK_BYTE_PTR last_encrypted_part, CK_ULONG_PTR last_encrypted_part_len)
{
    (void)session;
    (void)last_encrypted_part;
    (void)last_encrypted_part_len;
    return CKR_FUNCTION_NOT_SUPPORTED;
}

/* PKCS#11 v2.40, section 5.9. */
CK_RV C_DecryptInit(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE key)
{
    (void)session;
    (void)mechanism;
    (void)key;
    return CKR_FUNCTION_NOT_SUPPORTED;
}

/* PKCS#11 v2.40, section 5.9. */
CK_RV C_Decrypt(CK_SESSION_HANDLE session, CK_BYTE_PTR encrypted_data, CK_ULONG encrypted_data_len, CK_BYTE_PTR data,
                CK_ULONG_PTR data_len)
{
    (void)session;
    (void)encrypted_data;
    (void)encrypted_data_len;
    (void)data;
    (void)data_len;
    return CKR_FUNCTION_NOT_SUPPORTED;
}

/* PKCS#11 v2.40, section 5.9. */
CK_RV C_DecryptUpdate(CK_SESSION_HANDLE session, CK_BYTE_PTR encrypted_part, CK_ULONG encrypted_part_len,
                      CK_BYTE_PTR part, CK_ULONG_PTR part_len)
{
    (void)session;
    (void)encrypted_part;
    (void)encrypted_part_len;
    (void)part;
    (void)part_len;
    return CKR_FUNCTION_NOT_SUPPORTED;
}

/* PKCS#11 v2.40, section 5.9. */
CK_RV C_DecryptFinal(CK_SESSION_HANDLE session, CK_BYTE_PTR last_part, CK_ULONG_PTR last_part_len)
{
    (void)session;
    (void)last_part;
    (void)last_part_len;
    return CKR_FUNCTION_NOT_SUPPORTED;
}

/* PKCS#11 v2.40, section 5.10. */
CK_RV C_DigestKey(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key)
{
    (void)session;
    (void)key;
    return CKR_FUNCTION_NOT_SUPPORTED;
}

/* PKCS#11 v2.40, section 5.11. */
CK_RV C_SignRecoverInit(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE key)
{
    (void)session;
    (void)mechanism;
    (void)key;
    return CKR_FUNCTION_NOT_SUPPORTED;
}

/* PKCS#11 v2.40, section 5.11. */
CK_RV C_SignRecover(CK_SESSION_HANDLE session, CK_BYTE_PTR data, CK_ULONG data_len, CK_BYTE_PTR signature,
                    CK_ULONG_PTR signature_len)
{
    (void)session;
    (void)data;
    (void)data_len;
    (void)signature;
    (void)signature_len;
    return CKR_FUNCTION_NOT_SUPPORTED;
}

/* PKCS#11 v2.40, section 5.12. */
CK_RV C_VerifyRecoverInit(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE key)
{
    (void)session;
    (void)mechanism;
    (void)key;
    return CKR_FUNCTION_NOT_SUPPORTED;
}

/* PKCS#11 v2.40, section 5.12. */
CK_RV C_VerifyRecover(CK_SESSION_HANDLE session, CK_BYTE_PTR signature, CK_ULONG signature_len, CK_BYTE_PTR data,
                      CK_ULONG_PTR data_len)
{
    (void)session;
    (void)signature;
    (void)signature_len;
    (void)data;
    (void)data_len;
    return CKR_FUNCTION_NOT_SUPPORTED;
}

/* PKCS#11 v2.40, section 5.13. */
CK_RV C_DigestEncryptUpdate(CK_SESSION_HANDLE session, CK_BYTE_PTR part, CK_ULONG part_len,
                            CK_BYTE_PTR encrypted_part, CK_ULONG_PTR encrypted_part_len)
{
    (void)session;
    (void)part;
    (void)part_len;
    (void)encrypted_part;
    (void)encrypted_part_len;
    return CKR_FUNCTION_NOT_SUPPORTED;
}

/* PKCS#11 v2.40, section 5.13. */
CK_RV C_DecryptDigestUpdate(CK_SESSION_HANDLE session, CK_BYTE_PTR encrypted_part, CK_ULONG encrypted_part_len,
                            CK_BYTE_PTR part, CK_ULONG_PTR part_len)
{
    (void)session;
    (void)encrypted_part;
    (void)encrypted_part_len;
    (void)part;
    (void)part_len;
    return CKR_FUNCTION_NOT_SUPPORTED;
}

/* PKCS#11 v2.40, section 5.13. */
CK_RV C_SignEncryptUpdate(CK_SESSION_HANDLE session, CK_BYTE_PTR part, CK_ULONG part_len, CK_BYTE_PTR encrypted_part,
                          CK_ULONG_PTR encrypted_part_len)
{
    (void)session;
    (void)part;
    (void)part_len;
    (void)encrypted_part;
    (void)encrypted_part_len;
    return CKR_FUNCTION_NOT_SUPPORTED;
}

/* PKCS#11 v2.40, section 5.13. */
CK_RV C_DecryptVerifyUpdate(CK_SESSION_HANDLE session, CK_BYTE_PTR encrypted_part, CK_ULONG encrypted_part_len,
                            CK_BYTE_PTR part, CK_ULONG_PTR part_len)
{
    (void)session;
    (void)encrypted_part;
    (void)encrypted_part_len;
    (void)part;
    (void)part_len;
    return CKR_FUNCTION_NOT_SUPPORTED;
}

/* PKCS#11 v2.40, section 5.14. */
CK_RV C_GenerateKey(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_ATTRIBUTE_PTR templ, CK_ULONG count,
                    CK_OBJECT_HANDLE_PTR key)
{
    (void)session;
    (void)mechanism;
    (void)templ;
    (void)count;
    (void)key;
    return CKR_FUNCTION_NOT_SUPPORTED;
}

/* PKCS#11 v2.40, section 5.14. */
CK_RV C_GenerateKeyPair(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_ATTRIBUTE_PTR public_key_template,
                        CK_ULONG public_key_attribute_count, CK_ATTRIBUTE_PTR private_key_template,
                        CK_ULONG private_key_attribute_count, CK_OBJECT_HANDLE_PTR public_key,
                        CK_OBJECT_HANDLE_PTR private_key)
{
    (void)session;
    (void)mechanism;
    (void)public_key_template;
    (void)public_key_attribute_count;
    (void)private_key_template;
    (void)private_key_attribute_count;
    (void)public_key;
    (void)private_key;
    return CKR_FUNCTION_NOT_SUPPORTED;
}

/* PKCS#11 v2.40, section 5.14. */
CK_RV C_WrapKey(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE wrapping_key,
                CK_OBJECT_HANDLE key, CK_BYTE_PTR wrapped_key, CK_ULONG_PTR wrapped_key_len)
{
    (void)session;
    (void)mechanism;
    (void)wrapping_key;
    (void)key;
    (void)wrapped_key;
    (void)wrapped_key_len;
    return CKR_FUNCTION_NOT_SUPPORTED;
}

/* PKCS#11 v2.40, section 5.14. */
CK_RV C_UnwrapKey(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE unwrapping_key,
                  CK_BYTE_PTR wrapped_key, CK_ULONG wrapped_key_len, CK_ATTRIBUTE_PTR templ,
                  CK_ULONG attribute_count, CK_OBJECT_HANDLE_PTR key)
{
    (void)session;
    (void)mechanism;
    (void)unwrapping_key;
    (void)wrapped_key;
    (void)wrapped_key_len;
    (void)templ;
    (void)attribute_count;
    (void)key;
    return CKR_FUNCTION_NOT_SUPPORTED;
}

/* PKCS#11 v2.40, section 5.14. */
CK_RV C_DeriveKey(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE base_key,
                  CK_ATTRIBUTE_PTR templ, CK_ULONG attribute_count, CK_OBJECT_HANDLE_PTR key)
{
    (void)session;
    (void)mechanism;
    (void)base_key;
    (void)templ;
    (void)attribute_count;
    (void)key;
    return CKR_FUNCTION_NOT_SUPPORTED;
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
