#include "algorithm.h"

#include <windows.h>

#include <bcrypt.h>
#include <ncrypt.h>

const wchar_t *ksp_algorithm_name(cs_key_algorithm algorithm)
{
    switch (algorithm) {
    case CS_KEY_EC_P256:
        return NCRYPT_ECDSA_P256_ALGORITHM;
    case CS_KEY_EC_P384:
        return NCRYPT_ECDSA_P384_ALGORITHM;
    case CS_KEY_EC_P521:
        return NCRYPT_ECDSA_P521_ALGORITHM;
    default:
        return NCRYPT_RSA_ALGORITHM;
    }
}

const wchar_t *ksp_algorithm_group(cs_key_algorithm algorithm)
{
    return cs_key_algorithm_is_rsa(algorithm) ? NCRYPT_RSA_ALGORITHM_GROUP : NCRYPT_ECDSA_ALGORITHM_GROUP;
}

const wchar_t *ksp_curve_name(cs_key_algorithm algorithm)
{
    return algorithm == CS_KEY_EC_P256 ? L"nistP256" : algorithm == CS_KEY_EC_P384 ? L"nistP384" : L"nistP521";
}
