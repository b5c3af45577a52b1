/* Whether the certificate in a file is in the user's store, bound to the provider's key: stored FILE.der SIGNER */
#include <windows.h>

#include <stdio.h>
#include <wchar.h>

#include "key_storage.h"

static PCCERT_CONTEXT read_certificate(const wchar_t *path)
{
    BYTE bytes[8192];
    DWORD length = 0;
    HANDLE file = CreateFileW(path, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    if (file == INVALID_HANDLE_VALUE)
        return NULL;
    BOOL read = ReadFile(file, bytes, sizeof bytes, &length, NULL);
    CloseHandle(file);
    return read ? CertCreateCertificateContext(X509_ASN_ENCODING, bytes, length) : NULL;
}

static BOOL is_bound(PCCERT_CONTEXT certificate, const wchar_t *signer)
{
    BYTE room[1024];
    DWORD size = sizeof room;
    const CRYPT_KEY_PROV_INFO *key = (const CRYPT_KEY_PROV_INFO *)room;
    return CertGetCertificateContextProperty(certificate, CERT_KEY_PROV_INFO_PROP_ID, room, &size)
        && wcscmp(key->pwszProvName, KSP_PROVIDER_NAME) == 0 && wcscmp(key->pwszContainerName, signer) == 0
        && key->dwProvType == 0;
}

int wmain(int count, wchar_t **words)
{
    PCCERT_CONTEXT wanted = count == 3 ? read_certificate(words[1]) : NULL;
    HCERTSTORE store = CertOpenStore(CERT_STORE_PROV_SYSTEM_W, 0, 0, CERT_SYSTEM_STORE_CURRENT_USER, L"My");
    PCCERT_CONTEXT found = wanted != NULL && store != NULL
        ? CertFindCertificateInStore(store, X509_ASN_ENCODING, 0, CERT_FIND_EXISTING, wanted, NULL)
        : NULL;
    BOOL bound = found != NULL && is_bound(found, words[2]);
    printf("%s\n", found == NULL ? "not in the store" : bound ? "bound" : "not bound");
    CertFreeCertificateContext(found);
    CertFreeCertificateContext(wanted);
    if (store != NULL)
        CertCloseStore(store, 0);
    return bound ? 0 : 1;
}
