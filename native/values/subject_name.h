/* What people call the owner of a certificate. */
#ifndef CODESIGNING_VALUES_SUBJECT_NAME_H
#define CODESIGNING_VALUES_SUBJECT_NAME_H

#include "der.h"

/* From a DER Name: its common name, else its organizational unit, its organization, or any other text; of several, the
 * last, which is the most specific. Cut at the end of a character to fit `capacity`; empty when the Name has no text. Every
 * string type is read; what is not text becomes U+FFFD, so that no name ends early. */
void cs_subject_name(cs_span name, char *out, size_t capacity);

#endif
