/* The client of the REST API as its callers hold it. Thread-safe; client.h opens and closes it. */
#ifndef CODESIGNING_CLIENT_HANDLE_H
#define CODESIGNING_CLIENT_HANDLE_H

typedef struct cs_client cs_client;

/* How old an answer from the client's caches may be. */
typedef enum cs_freshness {
    CS_CACHED, /* at most a minute */
    CS_FRESH,  /* at most a second: for what was not found in the cache */
} cs_freshness;

#endif
