#include "module.h"

#include <string.h>

static const p11_mechanism mechanisms[] = {
    { CKM_RSA_PKCS, CS_SCHEME_RSA_PKCS1, CS_HASH_NONE, false },
    { CKM_SHA256_RSA_PKCS, CS_SCHEME_RSA_PKCS1, CS_HASH_SHA256, false },
    { CKM_SHA384_RSA_PKCS, CS_SCHEME_RSA_PKCS1, CS_HASH_SHA384, false },
    { CKM_SHA512_RSA_PKCS, CS_SCHEME_RSA_PKCS1, CS_HASH_SHA512, false },
    { CKM_RSA_PKCS_PSS, CS_SCHEME_RSA_PSS, CS_HASH_NONE, false },
    { CKM_SHA256_RSA_PKCS_PSS, CS_SCHEME_RSA_PSS, CS_HASH_SHA256, false },
    { CKM_SHA384_RSA_PKCS_PSS, CS_SCHEME_RSA_PSS, CS_HASH_SHA384, false },
    { CKM_SHA512_RSA_PKCS_PSS, CS_SCHEME_RSA_PSS, CS_HASH_SHA512, false },
    { CKM_ECDSA, CS_SCHEME_ECDSA, CS_HASH_NONE, false },
    { CKM_ECDSA_SHA256, CS_SCHEME_ECDSA, CS_HASH_SHA256, false },
    { CKM_ECDSA_SHA384, CS_SCHEME_ECDSA, CS_HASH_SHA384, false },
    { CKM_ECDSA_SHA512, CS_SCHEME_ECDSA, CS_HASH_SHA512, false },
    { CKM_SHA_1, CS_SCHEME_RSA_PKCS1, CS_HASH_SHA1, true },
    { CKM_SHA256, CS_SCHEME_RSA_PKCS1, CS_HASH_SHA256, true },
    { CKM_SHA384, CS_SCHEME_RSA_PKCS1, CS_HASH_SHA384, true },
    { CKM_SHA512, CS_SCHEME_RSA_PKCS1, CS_HASH_SHA512, true },
};

enum { mechanism_count = sizeof mechanisms / sizeof *mechanisms };

const p11_mechanism *p11_mechanism_find(CK_MECHANISM_TYPE type)
{
    for (size_t i = 0; i < mechanism_count; i++)
        if (mechanisms[i].type == type)
            return &mechanisms[i];
    return NULL;
}

bool p11_mechanism_is_rsa(const p11_mechanism *mechanism)
{
    return mechanism->scheme != CS_SCHEME_ECDSA;
}

static bool is_offered(const p11_mechanism *mechanism, bool rsa, bool ec)
{
    return mechanism->digest_only || (p11_mechanism_is_rsa(mechanism) ? rsa : ec);
}

size_t p11_mechanisms(bool rsa, bool ec, CK_MECHANISM_TYPE *types, size_t capacity)
{
    size_t count = 0;
    for (size_t i = 0; i < mechanism_count; i++) {
        if (!is_offered(&mechanisms[i], rsa, ec))
            continue;
        if (count < capacity)
            types[count] = mechanisms[i].type;
        count++;
    }
    return count;
}

static CK_RV list(p11_module *module, CK_SLOT_ID slot, CK_MECHANISM_TYPE_PTR types, CK_ULONG_PTR count)
{
    if (count == NULL)
        return CKR_ARGUMENTS_BAD;
    CK_RV rv = p11_slot_check(module, slot);
    if (rv != CKR_OK)
        return rv;
    CK_MECHANISM_TYPE offered[mechanism_count];
    size_t all = p11_mechanisms(p11_slot_has_keys(module, slot, true), p11_slot_has_keys(module, slot, false), offered,
                                mechanism_count);
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
    return p11_leave(module, "C_GetMechanismList", list(module, slotID, pMechanismList, pulCount));
}

static CK_RV describe(p11_module *module, CK_SLOT_ID slot, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO_PTR info)
{
    if (info == NULL)
        return CKR_ARGUMENTS_BAD;
    CK_RV rv = p11_slot_check(module, slot);
    if (rv != CKR_OK)
        return rv;
    const p11_mechanism *mechanism = p11_mechanism_find(type);
    if (mechanism == NULL
        || !is_offered(mechanism, p11_slot_has_keys(module, slot, true), p11_slot_has_keys(module, slot, false)))
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
    return p11_leave(module, "C_GetMechanismInfo", describe(module, slotID, type, pInfo));
}
