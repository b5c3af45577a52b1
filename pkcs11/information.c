/* What the module, its slots, tokens and mechanisms say of themselves. */
#include <stdio.h>
#include <string.h>

#include "module.h"

static void pad(unsigned char *field, size_t size, const char *text)
{
    size_t length = strlen(text);
    memset(field, ' ', size);
    memcpy(field, text, length < size ? length : size);
}

/* PKCS#11 v2.40, section 5.4. */
CK_RV C_GetInfo(CK_INFO_PTR pInfo)
{
    p11_module *module;
    CK_RV rv = p11_enter(&module);
    if (rv != CKR_OK)
        return rv;
    if (pInfo == NULL)
        return p11_leave(module, "C_GetInfo", CKR_ARGUMENTS_BAD);
    memset(pInfo, 0, sizeof *pInfo);
    pInfo->cryptokiVersion.major = 2;
    pInfo->cryptokiVersion.minor = 40;
    pad(pInfo->manufacturerID, sizeof pInfo->manufacturerID, "CodeSigning");
    pad(pInfo->libraryDescription, sizeof pInfo->libraryDescription, "CodeSigning remote signers");
    pInfo->libraryVersion.major = 1;
    return p11_leave(module, "C_GetInfo", CKR_OK);
}

static CK_RV list_slots(p11_module *module, CK_SLOT_ID_PTR slots, CK_ULONG_PTR count)
{
    if (count == NULL)
        return CKR_ARGUMENTS_BAD;
    /* The call that counts refreshes the list; the one that fetches does not, or the two could differ. */
    size_t known = p11_slots(module->tokens, NULL, 0);
    if (slots == NULL || known == 0) {
        CK_RV rv = p11_tokens_refresh(module->tokens, CS_CACHED);
        if (rv != CKR_OK)
            return rv;
    }
    CK_ULONG room = slots != NULL ? *count : 0;
    size_t all = p11_slots(module->tokens, slots, room);
    *count = (CK_ULONG)all;
    return slots != NULL && room < all ? CKR_BUFFER_TOO_SMALL : CKR_OK;
}

/* PKCS#11 v2.40, section 5.5. Every slot has its token present. */
CK_RV C_GetSlotList(CK_BBOOL tokenPresent, CK_SLOT_ID_PTR pSlotList, CK_ULONG_PTR pulCount)
{
    p11_module *module;
    (void)tokenPresent;
    CK_RV rv = p11_enter(&module);
    if (rv != CKR_OK)
        return rv;
    return p11_leave(module, "C_GetSlotList", list_slots(module, pSlotList, pulCount));
}

static CK_RV describe_slot(p11_module *module, CK_SLOT_ID slot, CK_SLOT_INFO_PTR info)
{
    char description[128];
    if (info == NULL)
        return CKR_ARGUMENTS_BAD;
    CK_RV rv = p11_slot_check(module->tokens, slot);
    if (rv != CKR_OK)
        return rv;
    const p11_signer *signer = p11_slot_signer(module->tokens, slot);
    if (signer != NULL)
        snprintf(description, sizeof description, "CodeSigning signer %s", signer->name);
    else
        snprintf(description, sizeof description, "CodeSigning login");
    memset(info, 0, sizeof *info);
    pad(info->slotDescription, sizeof info->slotDescription, description);
    pad(info->manufacturerID, sizeof info->manufacturerID, "CodeSigning");
    info->flags = CKF_TOKEN_PRESENT;
    info->firmwareVersion.major = 1;
    return CKR_OK;
}

/* PKCS#11 v2.40, section 5.5. */
CK_RV C_GetSlotInfo(CK_SLOT_ID slotID, CK_SLOT_INFO_PTR pInfo)
{
    p11_module *module;
    CK_RV rv = p11_enter(&module);
    if (rv != CKR_OK)
        return rv;
    return p11_leave(module, "C_GetSlotInfo", describe_slot(module, slotID, pInfo));
}

static bool serial_number(const char *id, char serial[17])
{
    unsigned char hash[CS_MAX_DIGEST_LENGTH];
    if (!cs_digest_compute(CS_HASH_SHA256, id, strlen(id), hash))
        return false;
    for (size_t i = 0; i < 8; i++)
        snprintf(serial + 2 * i, 3, "%02x", hash[i]);
    return true;
}

static CK_RV describe_token(p11_module *module, CK_SLOT_ID slot, CK_TOKEN_INFO_PTR info)
{
    char serial[17];
    if (info == NULL)
        return CKR_ARGUMENTS_BAD;
    CK_RV rv = p11_slot_check(module->tokens, slot);
    if (rv != CKR_OK)
        return rv;
    const p11_signer *signer = p11_slot_signer(module->tokens, slot);
    bool configured = cs_client_is_configured(module->client);
    if (!serial_number(signer != NULL ? signer->id : "login", serial))
        return CKR_FUNCTION_FAILED;
    memset(info, 0, sizeof *info);
    pad(info->label, sizeof info->label, signer != NULL ? signer->name : "codesigning");
    pad(info->manufacturerID, sizeof info->manufacturerID, "CodeSigning");
    pad(info->model, sizeof info->model, "Remote signer");
    pad(info->serialNumber, sizeof info->serialNumber, serial);
    pad(info->utcTime, sizeof info->utcTime, "");
    /* Configured credentials need no PIN; one that is given is ignored. */
    info->flags = CKF_RNG | CKF_WRITE_PROTECTED | CKF_TOKEN_INITIALIZED | CKF_USER_PIN_INITIALIZED
        | (configured ? CKF_PROTECTED_AUTHENTICATION_PATH : CKF_LOGIN_REQUIRED)
        | (p11_pin_was_refused(module->sessions) ? CKF_USER_PIN_COUNT_LOW : 0);
    info->ulMaxSessionCount = CK_EFFECTIVELY_INFINITE;
    info->ulMaxRwSessionCount = CK_EFFECTIVELY_INFINITE;
    p11_sessions_count(module->sessions, slot, &info->ulSessionCount, &info->ulRwSessionCount);
    info->ulMaxPinLen = 255;
    info->ulMinPinLen = 0;
    info->ulTotalPublicMemory = info->ulFreePublicMemory = CK_UNAVAILABLE_INFORMATION;
    info->ulTotalPrivateMemory = info->ulFreePrivateMemory = CK_UNAVAILABLE_INFORMATION;
    info->hardwareVersion.major = info->firmwareVersion.major = 1;
    return CKR_OK;
}

/* PKCS#11 v2.40, section 5.5. */
CK_RV C_GetTokenInfo(CK_SLOT_ID slotID, CK_TOKEN_INFO_PTR pInfo)
{
    p11_module *module;
    CK_RV rv = p11_enter(&module);
    if (rv != CKR_OK)
        return rv;
    return p11_leave(module, "C_GetTokenInfo", describe_token(module, slotID, pInfo));
}

static CK_RV list_mechanisms(p11_module *module, CK_SLOT_ID slot, CK_MECHANISM_TYPE_PTR types, CK_ULONG_PTR count)
{
    if (count == NULL)
        return CKR_ARGUMENTS_BAD;
    CK_RV rv = p11_slot_check(module->tokens, slot);
    if (rv != CKR_OK)
        return rv;
    CK_MECHANISM_TYPE offered[P11_MECHANISMS];
    size_t all = p11_mechanisms(p11_slot_has_keys(module->tokens, slot, true), p11_slot_has_keys(module->tokens, slot, false),
                                offered, P11_MECHANISMS);
    CK_ULONG room = *count;
    *count = (CK_ULONG)all;
    if (types == NULL)
        return CKR_OK;
    if (room < all)
        return CKR_BUFFER_TOO_SMALL;
    memcpy(types, offered, all * sizeof *types);
    return CKR_OK;
}

/* PKCS#11 v2.40, section 5.5. */
CK_RV C_GetMechanismList(CK_SLOT_ID slotID, CK_MECHANISM_TYPE_PTR pMechanismList, CK_ULONG_PTR pulCount)
{
    p11_module *module;
    CK_RV rv = p11_enter(&module);
    if (rv != CKR_OK)
        return rv;
    return p11_leave(module, "C_GetMechanismList", list_mechanisms(module, slotID, pMechanismList, pulCount));
}

static CK_RV describe_mechanism(p11_module *module, CK_SLOT_ID slot, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO_PTR info)
{
    if (info == NULL)
        return CKR_ARGUMENTS_BAD;
    CK_RV rv = p11_slot_check(module->tokens, slot);
    if (rv != CKR_OK)
        return rv;
    const p11_mechanism *mechanism = p11_mechanism_find(type);
    if (mechanism == NULL
        || !p11_mechanism_is_offered(mechanism, p11_slot_has_keys(module->tokens, slot, true),
                                     p11_slot_has_keys(module->tokens, slot, false)))
        return CKR_MECHANISM_INVALID;
    memset(info, 0, sizeof *info);
    if (mechanism->digest_only) {
        info->flags = CKF_DIGEST;
        return CKR_OK;
    }
    bool rsa = p11_mechanism_is_rsa(mechanism);
    info->ulMinKeySize = rsa ? 2048 : 256;
    info->ulMaxKeySize = rsa ? 4096 : 521;
    info->flags = CKF_SIGN | CKF_VERIFY | (rsa ? 0 : CKF_EC_F_P | CKF_EC_NAMEDCURVE | CKF_EC_UNCOMPRESS);
    return CKR_OK;
}

/* PKCS#11 v2.40, section 5.5. */
CK_RV C_GetMechanismInfo(CK_SLOT_ID slotID, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO_PTR pInfo)
{
    p11_module *module;
    CK_RV rv = p11_enter(&module);
    if (rv != CKR_OK)
        return rv;
    return p11_leave(module, "C_GetMechanismInfo", describe_mechanism(module, slotID, type, pInfo));
}

/* PKCS#11 v2.40, section 5.5. Tokens come and go with the server's list, which nothing watches: a caller that would
 * block must poll instead. */
CK_RV C_WaitForSlotEvent(CK_FLAGS flags, CK_SLOT_ID_PTR pSlot, CK_VOID_PTR pReserved)
{
    p11_module *module;
    CK_RV rv = p11_enter(&module);
    if (rv != CKR_OK)
        return rv;
    if (pSlot == NULL || pReserved != NULL)
        rv = CKR_ARGUMENTS_BAD;
    else
        rv = (flags & CKF_DONT_BLOCK) != 0 ? CKR_NO_EVENT : CKR_FUNCTION_NOT_SUPPORTED;
    return p11_leave(module, "C_WaitForSlotEvent", rv);
}
