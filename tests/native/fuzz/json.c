/* Whatever is read can be written, and what was written reads back as the same text. */
#include <stdlib.h>
#include <string.h>

#include "values/json.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    cs_json *document = cs_json_parse((const char *)data, size, NULL);
    if (document == NULL)
        return 0;
    cs_buffer first = { .limit = 1 << 24 }, second = { .limit = 1 << 24 };
    cs_json_write_value(&first, cs_json_root(document));
    cs_json *again = cs_json_parse(first.data, first.length, NULL);
    /* Escapes may take a text past the reader's bound; otherwise it must be taken. */
    if (again == NULL && first.length <= 1024 * 1024)
        abort();
    if (again != NULL) {
        cs_json_write_value(&second, cs_json_root(again));
        if (first.length != second.length || memcmp(first.data, second.data, first.length) != 0)
            abort();
    }
    cs_json_free(again);
    cs_json_free(document);
    cs_buffer_release(&first);
    cs_buffer_release(&second);
    return 0;
}
