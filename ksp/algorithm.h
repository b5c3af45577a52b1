/* CNG's names of key algorithms. */
#ifndef CODESIGNING_KSP_ALGORITHM_H
#define CODESIGNING_KSP_ALGORITHM_H

#include <wchar.h>

#include "values/algorithm.h"

/* "RSA", "ECDSA_P256", … */
const wchar_t *ksp_algorithm_name(cs_key_algorithm algorithm);

/* "RSA" or "ECDSA". */
const wchar_t *ksp_algorithm_group(cs_key_algorithm algorithm);

/* "nistP256", … of an EC key. */
const wchar_t *ksp_curve_name(cs_key_algorithm algorithm);

#endif
