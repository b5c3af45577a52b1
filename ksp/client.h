/* The client, shared by all open providers of the process. */
#ifndef CODESIGNING_KSP_CLIENT_H
#define CODESIGNING_KSP_CLIENT_H

#include "client/handle.h"
#include "values/result.h"

/* The client, opened from the configuration when nobody else has it; NULL with `error` filled. */
cs_client *ksp_client_acquire(cs_error *error);

/* The last one to give it back closes connections and wipes secrets. */
void ksp_client_release(void);

#endif
