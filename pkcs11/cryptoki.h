/* p11-kit's header of PKCS#11 v2.40. */
#ifndef CODESIGNING_PKCS11_CRYPTOKI_H
#define CODESIGNING_PKCS11_CRYPTOKI_H

#if defined(_WIN32)
/* On Windows it declares every C_ function as imported; this module defines them. exports.def says what is exported. */
#pragma push_macro("__declspec")
#undef __declspec
#define __declspec(kind)
#include <p11-kit/pkcs11.h>
#pragma pop_macro("__declspec")
#else
#include <p11-kit/pkcs11.h>
#endif

#endif
