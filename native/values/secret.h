/* Memory that may hold a secret, and is overwritten before it is freed. */
#ifndef CODESIGNING_VALUES_SECRET_H
#define CODESIGNING_VALUES_SECRET_H

#include <stddef.h>

/* Overwrites memory in a way that the compiler may not leave out. */
void cs_wipe(void *memory, size_t length);

/* A copy to be freed with cs_secret_free; NULL for NULL or when out of memory. */
char *cs_duplicate(const char *text);
char *cs_duplicate_span(const char *text, size_t length);

/* Wipes and frees. NULL is allowed. */
void cs_secret_free(char *text);

#endif
