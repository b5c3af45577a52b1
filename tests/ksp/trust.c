/* Puts a CA into this prefix's trusted roots, as `certutil -addstore Root` does on Windows: trust FILE (DER). */
#include <windows.h>

#include <stdio.h>
#include <wincrypt.h>

int wmain(int count, wchar_t **words)
{
    BYTE bytes[8192];
    DWORD length = 0;
    if (count != 2)
        return 2;
    HANDLE file = CreateFileW(words[1], GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    if (file == INVALID_HANDLE_VALUE || !ReadFile(file, bytes, sizeof bytes, &length, NULL))
        return 1;
    CloseHandle(file);
    HCERTSTORE store = CertOpenStore(CERT_STORE_PROV_SYSTEM_W, 0, 0, CERT_SYSTEM_STORE_LOCAL_MACHINE, L"Root");
    BOOL added = store != NULL
        && CertAddEncodedCertificateToStore(store, X509_ASN_ENCODING, bytes, length, CERT_STORE_ADD_REPLACE_EXISTING, NULL);
    if (!added)
        printf("error %lu\n", GetLastError());
    if (store != NULL)
        CertCloseStore(store, 0);
    return added ? 0 : 1;
}
