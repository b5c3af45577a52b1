#include "key.h"

#include <string.h>

#include "attribute.h"

bool p11_key_read(const p11_object *object, p11_key *key)
{
    p11_value class, info, verify;
    cs_public_key parsed;
    if (p11_attribute(object, CKA_CLASS, &class) != CKR_OK || p11_attribute(object, CKA_PUBLIC_KEY_INFO, &info) != CKR_OK
        || info.length > sizeof key->info)
        return false;
    *key = (p11_key){ .signer = object->signer, .info_length = info.length };
    memcpy(&key->class, class.data, sizeof key->class);
    if (key->class != CKO_PRIVATE_KEY && key->class != CKO_PUBLIC_KEY)
        return false;
    memcpy(key->info, info.data, info.length);
    if (!cs_public_key_read(&parsed, (cs_span){ key->info, key->info_length }))
        return false;
    key->algorithm = parsed.algorithm;
    key->may_verify = p11_attribute(object, CKA_VERIFY, &verify) == CKR_OK && *(const CK_BBOOL *)verify.data == CK_TRUE;
    return true;
}
