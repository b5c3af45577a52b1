/* A transport that a test or a fuzzer answers by hand, in place of libcurl; and a clock that only sleeping moves. */
#ifndef CODESIGNING_SCRIPTED_TRANSPORT_H
#define CODESIGNING_SCRIPTED_TRANSPORT_H

#include <stdint.h>

#include "transport/transport.h"

typedef cs_result script_answer(const cs_http_request *request, cs_http_response *response, cs_error *error);

void script_set(script_answer *answer);

/* For answers: fills the response. */
cs_result script_reply(cs_http_response *response, int status, const char *body);

/* Milliseconds slept since the last script_set. */
uint64_t script_slept(void);

/* Lets time pass without a sleep. */
void script_advance(uint64_t milliseconds);

#endif
