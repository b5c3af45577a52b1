/* Asking for the approval of a signature that a policy denied. */
#ifndef CODESIGNING_CLIENT_APPROVAL_H
#define CODESIGNING_CLIENT_APPROVAL_H

#include "handle.h"
#include "sign_request.h"
#include "values/buffer.h"
#include "values/result.h"

/* Opens an approval request for what the problem document names, or finds the one that is pending for it, and waits for the
 * decision as long as is configured. CS_OK only when it was approved. */
cs_result cs_ask_for_approval(cs_client *client, const cs_sign_request *request, const cs_buffer *problem, cs_error *error);

#endif
