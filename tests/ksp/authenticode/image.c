#include "image.h"

#include <windows.h>

#include <bcrypt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { alignment = 8 };

void stop(const char *what, long code)
{
    printf("%s: 0x%08lx\n", what, (unsigned long)code);
    exit(1);
}

der read_open_file(HANDLE file)
{
    DWORD length = 0;
    DWORD size = file != INVALID_HANDLE_VALUE ? GetFileSize(file, NULL) : INVALID_FILE_SIZE;
    unsigned char *bytes = size != INVALID_FILE_SIZE ? calloc(1, size + alignment) : NULL;
    if (bytes == NULL || SetFilePointer(file, 0, NULL, FILE_BEGIN) != 0 || !ReadFile(file, bytes, size, &length, NULL)
        || length != size)
        stop("A file cannot be read", (long)GetLastError());
    return der_span(bytes, size);
}

der read_file(const wchar_t *path)
{
    HANDLE file = CreateFileW(path, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    der content = read_open_file(file);
    CloseHandle(file);
    return content;
}

void sha256(const der *parts, size_t count, unsigned char digest[sha256_length])
{
    BCRYPT_ALG_HANDLE algorithm;
    BCRYPT_HASH_HANDLE hash;
    if (!BCRYPT_SUCCESS(BCryptOpenAlgorithmProvider(&algorithm, BCRYPT_SHA256_ALGORITHM, NULL, 0))
        || !BCRYPT_SUCCESS(BCryptCreateHash(algorithm, &hash, NULL, 0, NULL, 0, 0)))
        stop("No SHA-256", 0);
    for (size_t i = 0; i < count; i++)
        BCryptHashData(hash, (PUCHAR)parts[i].data, (ULONG)parts[i].length, 0);
    BCryptFinishHash(hash, digest, sha256_length, 0);
    BCryptDestroyHash(hash);
    BCryptCloseAlgorithmProvider(algorithm, 0);
}

image read_image(HANDLE open_file)
{
    der file = read_open_file(open_file);
    image pe = { .data = (unsigned char *)file.data, .length = (file.length + alignment - 1) / alignment * alignment };
    const IMAGE_DOS_HEADER *dos = (const IMAGE_DOS_HEADER *)pe.data;
    const IMAGE_NT_HEADERS *headers = (const IMAGE_NT_HEADERS *)(pe.data + dos->e_lfanew);
    size_t optional = (size_t)dos->e_lfanew + 4 + sizeof(IMAGE_FILE_HEADER);
    bool wide = headers->OptionalHeader.Magic == IMAGE_NT_OPTIONAL_HDR64_MAGIC;
    pe.checksum_at = optional + 64;
    pe.directory_at = optional + (wide ? 112 : 96) + IMAGE_DIRECTORY_ENTRY_SECURITY * sizeof(IMAGE_DATA_DIRECTORY);
    if (((const IMAGE_DATA_DIRECTORY *)(pe.data + pe.directory_at))->Size != 0)
        stop("The file is signed already", 0);
    return pe;
}

void image_digest(const image *pe, unsigned char digest[sha256_length])
{
    size_t after_checksum = pe->checksum_at + 4, after_directory = pe->directory_at + 8;
    const der parts[] = {
        { pe->data, pe->checksum_at },
        { pe->data + after_checksum, pe->directory_at - after_checksum },
        { pe->data + after_directory, pe->length - after_directory },
    };
    sha256(parts, 3, digest);
}

static DWORD image_checksum(const unsigned char *data, size_t length, size_t checksum_at)
{
    DWORD sum = 0;
    for (size_t i = 0; i + 1 < length; i += 2) {
        if (i < checksum_at || i >= checksum_at + 4)
            sum += (DWORD)(data[i] | data[i + 1] << 8);
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return (sum & 0xffff) + (DWORD)length;
}

void write_signed(HANDLE file, const image *pe, der message)
{
    size_t table = (sizeof(DWORD) * 2 + message.length + alignment - 1) / alignment * alignment;
    unsigned char *out = calloc(1, pe->length + table);
    const IMAGE_DATA_DIRECTORY entry = { (DWORD)pe->length, (DWORD)table };
    const WORD kind[] = { 0x0200, 0x0002 }; /* WIN_CERT_REVISION_2_0, WIN_CERT_TYPE_PKCS_SIGNED_DATA */
    const DWORD size = (DWORD)table;
    DWORD written = 0;
    if (out == NULL)
        stop("No memory", 0);
    memcpy(out, pe->data, pe->length);
    memcpy(out + pe->directory_at, &entry, sizeof entry);
    memcpy(out + pe->length, &size, sizeof size);
    memcpy(out + pe->length + sizeof size, kind, sizeof kind);
    memcpy(out + pe->length + sizeof size + sizeof kind, message.data, message.length);
    const DWORD checksum = image_checksum(out, pe->length + table, pe->checksum_at);
    memcpy(out + pe->checksum_at, &checksum, sizeof checksum);
    if (SetFilePointer(file, 0, NULL, FILE_BEGIN) != 0 || !WriteFile(file, out, (DWORD)(pe->length + table), &written, NULL))
        stop("The signed file cannot be written", (long)GetLastError());
    free(out);
}
