#include "handles.h"

ksp_provider *ksp_provider_find(NCRYPT_PROV_HANDLE handle)
{
    return (ksp_provider *)ksp_object_find(handle, KSP_PROVIDER);
}

ksp_key *ksp_key_find(NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE handle)
{
    ksp_key *key = (ksp_key *)ksp_object_find(handle, KSP_KEY);
    if (key != NULL && key->provider->object.handle != provider) {
        ksp_object_release(&key->object);
        key = NULL;
    }
    return key;
}

const cs_certificate *ksp_key_certificate(const ksp_key *key)
{
    return cs_chain_at(key->chain, 0);
}
