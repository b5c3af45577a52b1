/* The client, shared by all open providers of the process. */
#ifndef CODESIGNING_KSP_CLIENT_H
#define CODESIGNING_KSP_CLIENT_H

#include "client/handle.h"
#include "values/result.h"

/* The client, opened from the configuration when it is not open; NULL, with `error` filled, when it cannot be. */
cs_client *ksp_client_acquire(cs_error *error);

/* The last release closes connections and wipes secrets. */
void ksp_client_release(void);

#endif
