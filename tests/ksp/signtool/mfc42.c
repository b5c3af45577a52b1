/* A stand-in for MFC42.dll, which Wine has not: signtool.exe imports two functions of it by number, the C++ operators new and
 * delete. As it is loaded before signtool.exe begins, it also puts in place what Wine's crypt32.dll lacks. */
#include "stand_in.h"

#include <stdlib.h>
#include <string.h>

void *operator_new(size_t size)
{
    return malloc(size);
}

void operator_delete(void *block)
{
    free(block);
}

/* ntdll.dll's; Wine has RtlImageNtHeader, which asks for no length. */
static LONG WINAPI image_nt_header(ULONG flags, void *base, ULONGLONG size, IMAGE_NT_HEADERS **headers)
{
    static const LONG invalid_image = (LONG)0xC000007BL;
    const IMAGE_DOS_HEADER *dos = base;
    (void)flags;
    *headers = NULL;
    if (size < sizeof *dos || dos->e_magic != IMAGE_DOS_SIGNATURE || dos->e_lfanew < 0
        || (ULONGLONG)dos->e_lfanew + sizeof **headers > size)
        return invalid_image;
    IMAGE_NT_HEADERS *found = (IMAGE_NT_HEADERS *)((BYTE *)base + dos->e_lfanew);
    if (found->Signature != IMAGE_NT_SIGNATURE)
        return invalid_image;
    *headers = found;
    return 0;
}

static const struct {
    const char *name;
    void *replacement;
} replacements[] = {
    { "CryptAcquireCertificatePrivateKey", (void *)acquire_private_key },
    { "CryptExportPublicKeyInfo", (void *)export_public_key },
    { "CryptExportPublicKeyInfoEx", (void *)export_public_key_as },
    { "RtlImageNtHeaderEx", (void *)image_nt_header },
    { "CertSetCertificateContextProperty", (void *)set_certificate_property },
    { "CryptMsgOpenToEncode", (void *)open_to_encode },
    { "CryptMsgUpdate", (void *)update_message },
    { "CryptMsgGetParam", (void *)get_message_parameter },
    { "CryptMsgClose", (void *)close_message },
    { "CryptEncodeObject", (void *)encode_object },
    { "CryptEncodeObjectEx", (void *)encode_object_as },
    { "CryptSIPLoad", (void *)load_image_provider },
};

static void replace(const char *name, ULONG_PTR *slot)
{
    for (size_t i = 0; i < sizeof replacements / sizeof *replacements; i++) {
        DWORD before;
        if (strcmp(replacements[i].name, name) != 0 || !VirtualProtect(slot, sizeof *slot, PAGE_READWRITE, &before))
            continue;
        *slot = (ULONG_PTR)replacements[i].replacement;
        VirtualProtect(slot, sizeof *slot, before, &before);
    }
}

static void replace_imports(HMODULE module)
{
    BYTE *base = (BYTE *)module;
    if (base == NULL)
        return;
    const IMAGE_NT_HEADERS *headers = (const IMAGE_NT_HEADERS *)(base + ((const IMAGE_DOS_HEADER *)base)->e_lfanew);
    DWORD start = headers->OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_IMPORT].VirtualAddress;
    for (const IMAGE_IMPORT_DESCRIPTOR *import = (const void *)(base + start); import->Name != 0; import++) {
        const IMAGE_THUNK_DATA *names = (const void *)(base + import->OriginalFirstThunk);
        IMAGE_THUNK_DATA *slots = (void *)(base + import->FirstThunk);
        for (size_t i = 0; names[i].u1.AddressOfData != 0; i++)
            if (!IMAGE_SNAP_BY_ORDINAL(names[i].u1.Ordinal))
                replace((const char *)((const IMAGE_IMPORT_BY_NAME *)(base + names[i].u1.AddressOfData))->Name,
                        (ULONG_PTR *)&slots[i].u1.Function);
    }
}

BOOL WINAPI DllMain(HINSTANCE instance, DWORD reason, LPVOID reserved)
{
    (void)instance;
    (void)reserved;
    if (reason == DLL_PROCESS_ATTACH) {
        replace_imports(GetModuleHandleW(NULL));
        replace_imports(GetModuleHandleW(L"mssign32.dll"));
    }
    return TRUE;
}
