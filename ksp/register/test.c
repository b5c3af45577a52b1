#include <stdio.h>
#include <string.h>

#include "client/catalogue.h"
#include "client/sign.h"
#include "client/signer_chain.h"
#include "commands.h"
#include "failure.h"
#include "key_storage.h"
#include "platform/platform.h"
#include "signers.h"

static const char sample[] = "codesigning-ksp-register test";

static cs_result sign_sample(cs_client *client, const cs_signer *signer, void *context, cs_error *error)
{
    unsigned char digest[CS_MAX_DIGEST_LENGTH], signature[CS_MAX_SIGNATURE_LENGTH];
    size_t length;
    cs_chain *chain = NULL;
    bool rsa = cs_key_algorithm_is_rsa(signer->key);
    cs_sign_request request = {
        .signer_id = signer->id,
        .signer_name = signer->name,
        .key = signer->key,
        .scheme = rsa ? CS_SCHEME_RSA_PKCS1 : CS_SCHEME_ECDSA,
        .hash = CS_HASH_SHA256,
        .digest = digest,
    };
    (void)context;
    if (!cs_digest_compute(CS_HASH_SHA256, sample, strlen(sample), digest))
        return cs_fail(error, CS_NO_MEMORY, "out of memory");
    cs_result result = cs_signer_chain(client, signer->id, CS_CACHED, &chain, error);
    if (result == CS_OK)
        result = cs_sign(client, &request, signature, &length, error);
    if (result == CS_OK && cs_verify(&cs_chain_at(chain, 0)->key, request.scheme, request.hash, digest, signature, length)
            == CS_SIGNATURE_INVALID)
        result = cs_fail(error, CS_PROTOCOL, "The signature does not fit the signer's certificate.");
    cs_chain_release(chain);
    return result;
}

static cs_result show_signer(cs_client *client, const cs_signer *signer, void *context, cs_error *error)
{
    cs_chain *chain = NULL;
    (void)context;
    cs_result result = cs_signer_chain(client, signer->id, CS_CACHED, &chain, error);
    if (result != CS_OK)
        return result;
    const cs_certificate *leaf = cs_chain_at(chain, 0);
    printf("ok   signer %s (%s) is %s; its certificate \"%s\" is good until %s\n", signer->name, signer->id,
           signer->active ? "active" : "NOT ACTIVE: an administrator of the signer must enable it", leaf->name,
           leaf->not_after);
    cs_chain_release(chain);
    return CS_OK;
}

static int open_registered(const wchar_t *signer)
{
    NCRYPT_PROV_HANDLE provider = 0;
    NCRYPT_KEY_HANDLE key = 0;
    SECURITY_STATUS status = NCryptOpenStorageProvider(&provider, KSP_PROVIDER_NAME, 0);
    if (status == ERROR_SUCCESS && signer != NULL)
        status = NCryptOpenKey(provider, &key, signer, 0, NCRYPT_SILENT_FLAG);
    if (key != 0)
        NCryptFreeObject(key);
    if (provider != 0)
        NCryptFreeObject(provider);
    if (status == ERROR_SUCCESS) {
        printf("ok   Windows finds the %s by the provider's name\n", signer != NULL ? "key" : "provider");
        return 0;
    }
    return failed("Windows cannot open it by the provider's name (codesigning-ksp-register status says more)", (DWORD)status);
}

int test_server(const wchar_t *signer, bool sign)
{
    cs_error error = { 0 };
    cs_catalogue *catalogue = NULL;
    cs_client *client = open_client();
    if (client == NULL)
        return 1;
    cs_result result = cs_catalogue_get(client, CS_CACHED, &catalogue, &error);
    if (result == CS_OK) {
        printf("ok   %s is reached over a trusted connection, the login is accepted, and %zu signer%s may be seen\n",
               cs_client_config(client)->server_url, catalogue->count, catalogue->count == 1 ? "" : "s");
        for (size_t i = 0; i < catalogue->count && signer == NULL; i++)
            printf("     %s%s\n", catalogue->signers[i].name, catalogue->signers[i].active ? "" : " (not active)");
        cs_catalogue_release(client, catalogue);
    }
    if (result == CS_OK && signer != NULL)
        result = with_signer(client, signer, show_signer, NULL, &error);
    if (result == CS_OK && sign) {
        result = with_signer(client, signer, sign_sample, NULL, &error);
        if (result == CS_OK)
            printf("ok   it signs, and the signature fits its certificate\n");
    }
    cs_client_close(client);
    return result == CS_OK ? open_registered(signer) : say_failure(&error);
}
