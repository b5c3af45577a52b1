/* The subject interface package of PE files, as signtool uses it: the digest of a file, and a signature put into it. */
#include "stand_in.h"

#include <string.h>

#include <wintrust.h>

#include "image.h"

static BOOL WINAPI create_indirect_data(SIP_SUBJECTINFO *subject, DWORD *length, SIP_INDIRECT_DATA *data)
{
    /* SpcPeImageData: no flags, and a file link that says nothing */
    static const unsigned char pe_image_data[] = { 0x30, 0x09, 0x03, 0x01, 0x00, 0xa0, 0x04, 0xa2, 0x02, 0x80, 0x00 };
    struct room {
        SIP_INDIRECT_DATA data;
        BYTE value[sizeof pe_image_data];
        BYTE digest[sha256_length];
        char type[sizeof SPC_PE_IMAGE_DATA_OBJID];
        char algorithm[sizeof szOID_NIST_sha256];
    } *room = (struct room *)data;
    if (strcmp(subject->DigestAlgorithm.pszObjId, szOID_NIST_sha256) != 0) {
        SetLastError((DWORD)NTE_BAD_ALGID);
        return FALSE;
    }
    *length = sizeof *room;
    if (room == NULL)
        return TRUE;
    memset(room, 0, sizeof *room);
    image pe = read_image(subject->hFile);
    image_digest(&pe, room->digest);
    memcpy(room->value, pe_image_data, sizeof pe_image_data);
    room->data.Data.pszObjId = strcpy(room->type, SPC_PE_IMAGE_DATA_OBJID);
    room->data.Data.Value.cbData = sizeof pe_image_data;
    room->data.Data.Value.pbData = room->value;
    room->data.DigestAlgorithm.pszObjId = strcpy(room->algorithm, szOID_NIST_sha256);
    room->data.Digest.cbData = sha256_length;
    room->data.Digest.pbData = room->digest;
    return TRUE;
}

static BOOL WINAPI put_signed_message(SIP_SUBJECTINFO *subject, DWORD type, DWORD *index, DWORD length, BYTE *message)
{
    (void)type;
    image pe = read_image(subject->hFile);
    write_signed(subject->hFile, &pe, der_span(message, length));
    *index = 0;
    return TRUE;
}

/* A file that is not signed yet has none. */
static BOOL WINAPI get_signed_message(SIP_SUBJECTINFO *subject, DWORD *type, DWORD index, DWORD *length, BYTE *message)
{
    (void)subject;
    (void)type;
    (void)index;
    (void)message;
    *length = 0;
    SetLastError((DWORD)TRUST_E_NOSIGNATURE);
    return FALSE;
}

static BOOL WINAPI remove_signed_message(SIP_SUBJECTINFO *subject, DWORD index)
{
    (void)subject;
    (void)index;
    SetLastError((DWORD)TRUST_E_NOSIGNATURE);
    return FALSE;
}

BOOL WINAPI load_image_provider(const GUID *subject, DWORD flags, SIP_DISPATCH_INFO *functions)
{
    static const GUID pe_image = { 0xc689aab8, 0x8e78, 0x11d0, { 0x8c, 0x47, 0x00, 0xc0, 0x4f, 0xc2, 0x95, 0xee } };
    if (memcmp(subject, &pe_image, sizeof pe_image) != 0)
        return CryptSIPLoad(subject, flags, functions);
    DWORD size = functions->cbSize;
    memset(functions, 0, sizeof *functions);
    functions->cbSize = size;
    functions->pfGet = get_signed_message;
    functions->pfPut = put_signed_message;
    functions->pfCreate = create_indirect_data;
    functions->pfRemove = remove_signed_message;
    return TRUE;
}
