/* reload TIMES: loads the module, initialises, signs, finalises, unloads. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

#include "token.h"

int main(int count, char **arguments)
{
    unsigned times = count == 2 ? (unsigned)atoi(arguments[1]) : 0;
    EVP_PKEY *public_key = read_public_key("p256");
    for (unsigned i = 0; i < times; i++) {
        void *handle;
        CK_FUNCTION_LIST_PTR p11 = load_module(&handle);
        must("C_Initialize", p11->C_Initialize(NULL));
        sign_once(p11, find_slot(p11, "p256"), public_key, i);
        must("C_Finalize", p11->C_Finalize(NULL));
        must("dlclose", dlclose(handle) == 0 ? CKR_OK : CKR_GENERAL_ERROR);
    }
    EVP_PKEY_free(public_key);
    return times == 0;
}
