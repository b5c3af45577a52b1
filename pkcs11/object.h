/* An object of a token: a signer's key or certificate, or a session object. */
#ifndef CODESIGNING_PKCS11_OBJECT_H
#define CODESIGNING_PKCS11_OBJECT_H

#include "signer.h"
#include "template.h"

typedef struct p11_object {
    const p11_template *template;      /* of a session object, which has nothing else; NULL for a signer's object */
    const p11_signer *signer;
    const cs_certificate *certificate; /* its own, or the leaf for the keys */
    const char *label;
    size_t position;                   /* of the certificate in the chain */
    CK_OBJECT_CLASS class;
} p11_object;

/* Is given an object, which lives until it returns. */
typedef void p11_user(void *context, const p11_object *object);

/* Is given one object after the other, until it answers false. */
typedef bool p11_visitor(void *context, CK_OBJECT_HANDLE handle, const p11_object *object);

#endif
