/* A signer's token as a C program uses it: load the module, open a session, find the key, sign, check with OpenSSL. */
#ifndef CODESIGNING_TEST_TOKEN_H
#define CODESIGNING_TEST_TOKEN_H

#include <openssl/evp.h>
#include <p11-kit/pkcs11.h>
#include <stdbool.h>

/* dlopen and C_GetFunctionList; ends the program when that fails. */
CK_FUNCTION_LIST_PTR load_module(void **handle);

/* The slot whose token has this label; ends the program when there is none. */
CK_SLOT_ID find_slot(CK_FUNCTION_LIST_PTR p11, const char *label);

/* Ends the program, saying what was called, unless `rv` is CKR_OK. */
void must(const char *call, CK_RV rv);

CK_SESSION_HANDLE open_session(CK_FUNCTION_LIST_PTR p11, CK_SLOT_ID slot);
CK_OBJECT_HANDLE find_private_key(CK_FUNCTION_LIST_PTR p11, CK_SESSION_HANDLE session);

/* The public key from FIXTURE. */
EVP_PKEY *read_public_key(const char *signer);

/* Signs a digest with CKM_ECDSA; the r and s are 64 bytes. */
CK_RV sign_p256(CK_FUNCTION_LIST_PTR p11, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key, const unsigned char digest[32],
                unsigned char signature[64]);
bool is_valid_p256(EVP_PKEY *key, const unsigned char digest[32], const unsigned char signature[64]);

/* All of it once: session, key, signature, check. */
void sign_once(CK_FUNCTION_LIST_PTR p11, CK_SLOT_ID slot, EVP_PKEY *public_key, unsigned number);

/* A digest that differs by number. */
void make_digest(unsigned number, unsigned char digest[32]);

double now_ms(void);

#endif
