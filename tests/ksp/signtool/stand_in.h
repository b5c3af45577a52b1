/* What Wine 8 lacks of crypt32.dll for Microsoft's signtool, put in place of the imports of signtool.exe and mssign32.dll.
 * Each follows the documented contract for what signtool asks of it, and nothing more. */
#ifndef CODESIGNING_KSP_SIGNTOOL_STAND_IN_H
#define CODESIGNING_KSP_SIGNTOOL_STAND_IN_H

#include <windows.h>

#include <mssip.h>

/* By CERT_KEY_PROV_INFO_PROP_ID with a provider type of 0: a key of NCrypt's. Wine's knows CryptoAPI's alone. */
BOOL WINAPI acquire_private_key(PCCERT_CONTEXT certificate, DWORD flags, void *parameters, HCRYPTPROV_OR_NCRYPT_KEY_HANDLE *key,
                                DWORD *spec, BOOL *must_free);

/* Wine knows no property for the handle of an NCrypt key: it is found again by the provider's name. */
BOOL WINAPI set_certificate_property(PCCERT_CONTEXT certificate, DWORD property, DWORD flags, const void *value);

/* The public half of an NCrypt key, which signtool compares with the certificate's. */
BOOL WINAPI export_public_key(HCRYPTPROV_OR_NCRYPT_KEY_HANDLE key, DWORD spec, DWORD encoding, CERT_PUBLIC_KEY_INFO *information,
                              DWORD *length);
BOOL WINAPI export_public_key_as(HCRYPTPROV_OR_NCRYPT_KEY_HANDLE key, DWORD spec, DWORD encoding, LPSTR algorithm, DWORD flags,
                                 void *parameters, CERT_PUBLIC_KEY_INFO *information, DWORD *length);

/* A signed message whose one signer has a key of NCrypt's; every other message is Wine's. */
HCRYPTMSG WINAPI open_to_encode(DWORD encoding, DWORD flags, DWORD type, void const *information, LPSTR content_type,
                                PCMSG_STREAM_INFO stream);
BOOL WINAPI update_message(HCRYPTMSG message, const BYTE *data, DWORD length, BOOL final);
BOOL WINAPI get_message_parameter(HCRYPTMSG message, DWORD type, DWORD index, void *data, DWORD *length);
BOOL WINAPI close_message(HCRYPTMSG message);

/* The structures of Authenticode. Wine's wintrust.dll can encode them, but is not asked. */
BOOL WINAPI encode_object(DWORD encoding, LPCSTR type, const void *value, BYTE *output, DWORD *length);
BOOL WINAPI encode_object_as(DWORD encoding, LPCSTR type, const void *value, DWORD flags, PCRYPT_ENCODE_PARA parameters,
                             void *output, DWORD *length);

/* The subject interface package of PE files; Wine's can read signatures and not make them. */
BOOL WINAPI load_image_provider(const GUID *subject, DWORD flags, SIP_DISPATCH_INFO *functions);

#endif
