/* Problem documents (RFC 9457), by which the server says why it refuses. */
#ifndef CODESIGNING_CLIENT_PROBLEM_H
#define CODESIGNING_CLIENT_PROBLEM_H

#include "settings/config.h"
#include "values/buffer.h"

/* The result and the advice for a problem: by its stable code where that is known, by its HTTP status otherwise. `advice`
 * may be NULL; it receives static text that says what a person can do. */
cs_result cs_result_of_problem(int http_status, const char *server_code, const char **advice);

/* Reads the problem that `path` was answered with, and fills `error`; `what` names the call in its message. */
cs_result cs_problem_read(const cs_config *config, const char *what, const char *path, int http_status, const cs_buffer *body,
                          cs_error *error);

#endif
