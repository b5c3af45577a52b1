
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "commands.h"
#include "failure.h"
#include "key_storage.h"
#include "pkcs7.h"
#include "platform/platform.h"
#include "signers.h"

static const DWORD encoding = X509_ASN_ENCODING | PKCS_7_ASN_ENCODING;

static bool has_extension(const wchar_t *file, const wchar_t *extension)
{
    const wchar_t *dot = wcsrchr(file, L'.');
    return dot != NULL && _wcsicmp(dot + 1, extension) == 0;
}

/* --- export-cert ------------------------------------------------------------------------------------------------ */

static bool write_all(HANDLE file, const void *bytes, size_t length)
{
    DWORD written;
    return WriteFile(file, bytes, (DWORD)length, &written, NULL) && written == length;
}

static bool write_pem(HANDLE file, const cs_certificate *certificate)
{
    DWORD length = 0;
    if (!CryptBinaryToStringA(certificate->der, (DWORD)certificate->der_length, CRYPT_STRING_BASE64HEADER, NULL, &length))
        return false;
    char *text = malloc(length);
    bool done = text != NULL
        && CryptBinaryToStringA(certificate->der, (DWORD)certificate->der_length, CRYPT_STRING_BASE64HEADER, text, &length)
        && write_all(file, text, length);
    free(text);
    return done;
}

static bool write_p7b(HANDLE file, const cs_chain *chain)
{
    cs_buffer message = { 0 };
    bool done = certificates_as_pkcs7(chain, &message) && write_all(file, message.data, message.length);
    cs_buffer_release(&message);
    return done;
}

static bool write_chain(HANDLE file, const wchar_t *name, const cs_chain *chain)
{
    const cs_certificate *leaf = cs_chain_at(chain, 0);
    if (has_extension(name, L"p7b"))
        return write_p7b(file, chain);
    if (!has_extension(name, L"pem"))
        return write_all(file, leaf->der, leaf->der_length);
    bool done = true;
    for (size_t i = 0; i < cs_chain_length(chain) && done; i++)
        done = write_pem(file, cs_chain_at(chain, i));
    return done;
}

/* signtool must be told which certificate of a chain is the signer's. */
static void say_what_was_written(const wchar_t *signer, const wchar_t *file, const cs_certificate *leaf)
{
    unsigned char thumbprint[CS_MAX_DIGEST_LENGTH];
    bool chain = has_extension(file, L"p7b") || has_extension(file, L"pem");
    printf("Wrote the %s of %ls to %ls.\n", chain ? "chain" : "certificate", signer, file);
    if (has_extension(file, L"pem") || !cs_digest_compute(CS_HASH_SHA1, leaf->der, leaf->der_length, thumbprint))
        return;
    printf("Sign with: signtool sign /fd SHA256 /f %ls", file);
    for (size_t i = 0; i < cs_hash_length(CS_HASH_SHA1) && chain; i++)
        printf(i == 0 ? " /sha1 %02x" : "%02x", thumbprint[i]);
    printf(" /csp \"%ls\" /kc %ls FILE\n", KSP_PROVIDER_NAME, signer);
}

int export_certificate(const wchar_t *signer, const wchar_t *name)
{
    static const wchar_t *const extensions[] = { L"cer", L"crt", L"der", L"pem", L"p7b" };
    bool known = false;
    for (size_t i = 0; i < sizeof extensions / sizeof *extensions; i++)
        known = known || has_extension(name, extensions[i]);
    if (!known) {
        fprintf(stderr, "The file's name must end in .cer, .crt or .der (the certificate) or in .pem or .p7b (its chain).\n");
        return 2;
    }
    wchar_t own_name[65];
    cs_client *client = open_client();
    cs_chain *chain = client != NULL ? load_chain(client, signer, own_name) : NULL;
    cs_client_close(client);
    if (chain == NULL)
        return 1;
    HANDLE file = CreateFileW(name, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, FILE_ATTRIBUTE_NORMAL, NULL);
    bool done = file != INVALID_HANDLE_VALUE && write_chain(file, name, chain);
    DWORD code = GetLastError();
    if (file != INVALID_HANDLE_VALUE)
        CloseHandle(file);
    if (done)
        say_what_was_written(own_name, name, cs_chain_at(chain, 0));
    cs_chain_release(chain);
    return done ? 0 : failed("The file cannot be written", code);
}

/* --- install-cert ----------------------------------------------------------------------------------------------- */

static PCCERT_CONTEXT add(DWORD location, const wchar_t *store_name, const cs_certificate *certificate)
{
    PCCERT_CONTEXT context = NULL;
    HCERTSTORE store = CertOpenStore(CERT_STORE_PROV_SYSTEM_W, 0, 0, location, store_name);
    if (store == NULL)
        return NULL;
    if (!CertAddEncodedCertificateToStore(store, encoding, certificate->der, (DWORD)certificate->der_length,
                                          CERT_STORE_ADD_REPLACE_EXISTING, &context))
        context = NULL;
    CertCloseStore(store, 0);
    return context;
}

/* Issuer and subject are the same. Trusting a root is left to an administrator. */
static bool is_root(const cs_certificate *certificate)
{
    return certificate->issuer.length == certificate->subject.length
        && memcmp(certificate->issuer.data, certificate->subject.data, certificate->subject.length) == 0;
}

static bool bind_key(PCCERT_CONTEXT context, wchar_t *signer, bool for_machine)
{
    static wchar_t provider[] = KSP_PROVIDER_NAME;
    CRYPT_KEY_PROV_INFO key = {
        .pwszContainerName = signer,
        .pwszProvName = provider,
        .dwProvType = 0, /* a key storage provider */
        .dwFlags = for_machine ? CRYPT_MACHINE_KEYSET : 0,
    };
    return CertSetCertificateContextProperty(context, CERT_KEY_PROV_INFO_PROP_ID, 0, &key);
}

static bool install_chain(const cs_chain *chain, wchar_t *signer, bool for_machine)
{
    DWORD location = for_machine ? CERT_SYSTEM_STORE_LOCAL_MACHINE : CERT_SYSTEM_STORE_CURRENT_USER;
    PCCERT_CONTEXT leaf = add(location, L"My", cs_chain_at(chain, 0));
    bool done = leaf != NULL && bind_key(leaf, signer, for_machine);
    for (size_t i = 1; i < cs_chain_length(chain) && done; i++) {
        if (is_root(cs_chain_at(chain, i)))
            continue;
        PCCERT_CONTEXT issuer = add(location, L"CA", cs_chain_at(chain, i));
        done = issuer != NULL;
        CertFreeCertificateContext(issuer);
    }
    if (done) {
        BYTE thumbprint[20];
        DWORD length = sizeof thumbprint;
        CertGetCertificateContextProperty(leaf, CERT_SHA1_HASH_PROP_ID, thumbprint, &length);
        printf("Installed the certificate of %ls. Sign with: signtool sign /fd SHA256 /sha1 ", signer);
        for (DWORD i = 0; i < length; i++)
            printf("%02x", thumbprint[i]);
        printf("%s FILE\n", for_machine ? " /sm" : "");
    }
    CertFreeCertificateContext(leaf);
    return done;
}

int install_certificate(const wchar_t *signer, bool for_machine)
{
    wchar_t name[65];
    cs_client *client = open_client();
    cs_chain *chain = client != NULL ? load_chain(client, signer, name) : NULL;
    cs_client_close(client);
    if (chain == NULL)
        return 1;
    bool done = install_chain(chain, name, for_machine);
    DWORD code = GetLastError();
    cs_chain_release(chain);
    return done ? 0 : failed("The certificate cannot be put into the store", code);
}
