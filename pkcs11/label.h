/* Labels (CKA_LABEL) of CA certificates. */
#ifndef CODESIGNING_PKCS11_LABEL_H
#define CODESIGNING_PKCS11_LABEL_H

#include "values/certificate.h"

/* By what tools find an object. Only a signer's leaf and keys bear its name. */
typedef struct p11_label {
    char text[65];
} p11_label;

enum { P11_LABEL_MARKS = 4 };

/* The subject's name, followed by " (CA)" where a signer could have that name. With `marks`, at most P11_LABEL_MARKS, as many
 * times eight digits of the certificate's SHA-256 follow, to tell it from another of that name. False when the platform has
 * no SHA-256. */
bool p11_label_make(const cs_certificate *authority, unsigned marks, p11_label *label);

#endif
