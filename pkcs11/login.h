/* C_Login and C_Logout. */
#ifndef CODESIGNING_PKCS11_LOGIN_H
#define CODESIGNING_PKCS11_LOGIN_H

#include "module.h"

/* What ends with the login of a slot: its private session objects, and the credentials of its PIN. */
void p11_forget_user(p11_module *module, CK_SLOT_ID slot);

#endif
