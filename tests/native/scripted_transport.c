#include "scripted_transport.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "platform/platform.h"

struct cs_transport {
    int nothing;
};

static script_answer *current;
static atomic_ullong clock_ms = 1000000;
static unsigned long long started;

void script_set(script_answer *answer)
{
    current = answer;
    started = atomic_load(&clock_ms);
}

uint64_t script_slept(void)
{
    return atomic_load(&clock_ms) - started;
}

void script_advance(uint64_t milliseconds)
{
    atomic_fetch_add(&clock_ms, milliseconds);
}

/* The linker puts these in place of the platform's (--wrap). */
uint64_t __wrap_cs_monotonic_ms(void);
void __wrap_cs_sleep_ms(unsigned milliseconds);

uint64_t __wrap_cs_monotonic_ms(void)
{
    return atomic_load(&clock_ms);
}

void __wrap_cs_sleep_ms(unsigned milliseconds)
{
    script_advance(milliseconds);
}

cs_result script_reply(cs_http_response *response, int status, const char *body)
{
    response->status = status;
    cs_buffer_append_text(&response->body, body);
    return CS_OK;
}

cs_transport *cs_transport_open(const cs_config *config)
{
    (void)config;
    return calloc(1, sizeof(cs_transport));
}

void cs_transport_close(cs_transport *transport)
{
    free(transport);
}

void cs_transport_abandon(cs_transport *transport)
{
    (void)transport;
}

cs_result cs_transport_send(cs_transport *transport, const cs_http_request *request, cs_http_response *response,
                            cs_error *error)
{
    (void)transport;
    memset(response, 0, sizeof *response);
    response->retry_after_seconds = -1;
    cs_blocking_begin();
    bool going_on = cs_blocking_end();
    return going_on ? current(request, response, error) : cs_fail(error, CS_CANCELLED, "ending");
}
