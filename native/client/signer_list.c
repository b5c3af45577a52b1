#include "signer_list.h"

#include <stdlib.h>
#include <string.h>

#include "values/secret.h"

enum { max_signers = 10000 };

cs_catalogue *cs_signer_list_new(void)
{
    cs_catalogue *catalogue = calloc(1, sizeof *catalogue);
    if (catalogue != NULL)
        catalogue->references = 1;
    return catalogue;
}

void cs_signer_list_free(cs_catalogue *catalogue)
{
    for (size_t i = 0; i < catalogue->count; i++) {
        cs_secret_free(catalogue->signers[i].id);
        cs_secret_free(catalogue->signers[i].name);
    }
    free(catalogue->signers);
    free(catalogue);
}

cs_result cs_signer_list_add(cs_catalogue *catalogue, const cs_json_value *item, cs_error *error)
{
    const char *id = cs_json_string(cs_json_get(item, "id"));
    const char *name = cs_json_string(cs_json_get(item, "name"));
    const char *key = cs_json_string(cs_json_get(item, "keyAlgorithm"));
    const char *status = cs_json_string(cs_json_get(item, "status"));
    if (id == NULL || id[0] == '\0' || name == NULL || name[0] == '\0' || strlen(id) > CS_MAX_SIGNER_ID
        || strlen(name) > CS_MAX_SIGNER_NAME)
        return cs_fail(error, CS_PROTOCOL, "list signers: the answer has a signer without id or name; check serverUrl");
    if (catalogue->count == max_signers)
        return cs_fail(error, CS_PROTOCOL, "list signers: there are more than %d; name the ones you need in `signers`",
                       max_signers);
    cs_signer *signers = realloc(catalogue->signers, (catalogue->count + 1) * sizeof *signers);
    if (signers == NULL)
        return cs_fail(error, CS_NO_MEMORY, "out of memory");
    catalogue->signers = signers;
    cs_signer *signer = &signers[catalogue->count++];
    signer->id = cs_duplicate(id);
    signer->name = cs_duplicate(name);
    signer->key = cs_key_algorithm_from_name(key);
    signer->active = status != NULL && strcmp(status, "active") == 0;
    return signer->id != NULL && signer->name != NULL ? CS_OK : cs_fail(error, CS_NO_MEMORY, "out of memory");
}

static int compare_names(const void *left, const void *right)
{
    const cs_signer *a = left, *b = right;
    return strcmp(a->name, b->name);
}

void cs_signer_list_sort(cs_catalogue *catalogue)
{
    if (catalogue->count > 1)
        qsort(catalogue->signers, catalogue->count, sizeof *catalogue->signers, compare_names);
}

const cs_signer *cs_catalogue_find(const cs_catalogue *catalogue, const char *id_or_name)
{
    for (size_t i = 0; i < catalogue->count; i++) {
        const cs_signer *signer = &catalogue->signers[i];
        if (strcmp(signer->id, id_or_name) == 0 || strcmp(signer->name, id_or_name) == 0)
            return signer;
    }
    return NULL;
}
