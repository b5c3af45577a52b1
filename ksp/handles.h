/* Open providers and keys, found by their handles. */
#ifndef CODESIGNING_KSP_HANDLES_H
#define CODESIGNING_KSP_HANDLES_H

#include "client/client.h"
#include "key_storage.h"
#include "object.h"
#include "values/chain.h"

typedef struct ksp_provider {
    ksp_object object;
    cs_client *client;
} ksp_provider;

typedef struct ksp_key {
    ksp_object object;
    ksp_provider *provider;
    char id[129];
    char name[65];
    wchar_t wide_id[129];
    wchar_t wide_name[65];
    cs_key_algorithm algorithm;
    cs_chain *chain; /* leaf first, never empty */
} ksp_key;

/* The object behind an open handle, to be released; NULL for any other number. */
ksp_provider *ksp_provider_find(NCRYPT_PROV_HANDLE handle);
ksp_key *ksp_key_find(NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE handle);

/* The key's own certificate. */
const cs_certificate *ksp_key_certificate(const ksp_key *key);

#endif
