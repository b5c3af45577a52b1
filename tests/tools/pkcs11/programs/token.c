#include "token.h"

#include <dlfcn.h>
#include <openssl/ecdsa.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

void must(const char *call, CK_RV rv)
{
    if (rv == CKR_OK)
        return;
    fprintf(stderr, "%s: 0x%lx\n", call, rv);
    _exit(1);
}

CK_FUNCTION_LIST_PTR load_module(void **handle)
{
    CK_FUNCTION_LIST_PTR p11;
    void *module = dlopen(getenv("MODULE"), RTLD_NOW | RTLD_LOCAL);
    if (module == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        _exit(1);
    }
    CK_C_GetFunctionList get = NULL;
    *(void **)&get = dlsym(module, "C_GetFunctionList");
    must("C_GetFunctionList", get(&p11));
    if (handle != NULL)
        *handle = module;
    return p11;
}

CK_SLOT_ID find_slot(CK_FUNCTION_LIST_PTR p11, const char *label)
{
    CK_SLOT_ID slots[64];
    CK_ULONG count = 64;
    CK_TOKEN_INFO info;
    must("C_GetSlotList", p11->C_GetSlotList(CK_TRUE, slots, &count));
    for (CK_ULONG i = 0; i < count; i++) {
        must("C_GetTokenInfo", p11->C_GetTokenInfo(slots[i], &info));
        if (strncmp((char *)info.label, label, strlen(label)) == 0 && info.label[strlen(label)] == ' ')
            return slots[i];
    }
    fprintf(stderr, "no token %s\n", label);
    _exit(1);
}

CK_SESSION_HANDLE open_session(CK_FUNCTION_LIST_PTR p11, CK_SLOT_ID slot)
{
    CK_SESSION_HANDLE session;
    must("C_OpenSession", p11->C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &session));
    return session;
}

CK_OBJECT_HANDLE find_private_key(CK_FUNCTION_LIST_PTR p11, CK_SESSION_HANDLE session)
{
    CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
    CK_ATTRIBUTE template = { CKA_CLASS, &class, sizeof class };
    CK_OBJECT_HANDLE key;
    CK_ULONG count;
    must("C_FindObjectsInit", p11->C_FindObjectsInit(session, &template, 1));
    must("C_FindObjects", p11->C_FindObjects(session, &key, 1, &count));
    must("C_FindObjectsFinal", p11->C_FindObjectsFinal(session));
    must("one key", count == 1 ? CKR_OK : CKR_GENERAL_ERROR);
    return key;
}

EVP_PKEY *read_public_key(const char *signer)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s.pub", getenv("FIXTURE"), signer);
    FILE *file = fopen(path, "r");
    EVP_PKEY *key = file != NULL ? PEM_read_PUBKEY(file, NULL, NULL, NULL) : NULL;
    must(path, key != NULL ? CKR_OK : CKR_GENERAL_ERROR);
    fclose(file);
    return key;
}

CK_RV sign_p256(CK_FUNCTION_LIST_PTR p11, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key, const unsigned char digest[32],
                unsigned char signature[64])
{
    CK_MECHANISM mechanism = { CKM_ECDSA, NULL, 0 };
    CK_ULONG length = 64;
    CK_RV rv = p11->C_SignInit(session, &mechanism, key);
    return rv == CKR_OK ? p11->C_Sign(session, (CK_BYTE_PTR)digest, 32, signature, &length) : rv;
}

bool is_valid_p256(EVP_PKEY *key, const unsigned char digest[32], const unsigned char signature[64])
{
    unsigned char *der = NULL;
    ECDSA_SIG *pair = ECDSA_SIG_new();
    ECDSA_SIG_set0(pair, BN_bin2bn(signature, 32, NULL), BN_bin2bn(signature + 32, 32, NULL));
    int length = i2d_ECDSA_SIG(pair, &der);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
    bool valid = EVP_PKEY_verify_init(context) == 1 && EVP_PKEY_verify(context, der, (size_t)length, digest, 32) == 1;
    EVP_PKEY_CTX_free(context);
    ECDSA_SIG_free(pair);
    OPENSSL_free(der);
    return valid;
}

void make_digest(unsigned number, unsigned char digest[32])
{
    EVP_Digest(&number, sizeof number, digest, NULL, EVP_sha256(), NULL);
}

void sign_once(CK_FUNCTION_LIST_PTR p11, CK_SLOT_ID slot, EVP_PKEY *public_key, unsigned number)
{
    unsigned char digest[32], signature[64];
    CK_SESSION_HANDLE session = open_session(p11, slot);
    make_digest(number, digest);
    must("sign", sign_p256(p11, session, find_private_key(p11, session), digest, signature));
    must("a valid signature", is_valid_p256(public_key, digest, signature) ? CKR_OK : CKR_SIGNATURE_INVALID);
    must("C_CloseSession", p11->C_CloseSession(session));
}

double now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1000 + (double)now.tv_nsec / 1e6;
}
