/* What the client says of itself with each signature: shown in the activity, never trusted. */
#ifndef CODESIGNING_CLIENT_METADATA_H
#define CODESIGNING_CLIENT_METADATA_H

#include "values/buffer.h"

typedef struct cs_metadata {
    char tool[64];      /* the host's program name, such as jarsigner */
    char hostname[256];
    char user[128];
    char command[1024]; /* the command line with its secrets replaced; empty unless configured */
} cs_metadata;

/* Asks the system once. Never fails: what is not available stays empty. */
void cs_metadata_collect(cs_metadata *metadata, bool with_command_line);

/* Appends the clientMetadata object, within the 2 KiB of the contract. `artifact_digest` is "sha256:…" of what is
 * signed, or NULL. */
void cs_metadata_write(cs_buffer *out, const cs_metadata *metadata, const char *artifact_digest);

#endif
