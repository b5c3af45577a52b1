/* A PE file as Authenticode sees it: what its digest is over, and where a signature goes. Every failure ends the program. */
#ifndef CODESIGNING_KSP_IMAGE_H
#define CODESIGNING_KSP_IMAGE_H

#include <windows.h>

#include "der.h"

enum { sha256_length = 32 };

typedef struct image {
    unsigned char *data; /* padded to the alignment of the certificate table */
    size_t length;
    size_t checksum_at;
    size_t directory_at; /* the entry of the certificate table */
} image;

/* Prints what went wrong, and ends the program. */
void stop(const char *what, long code);

der read_file(const wchar_t *path);
der read_open_file(HANDLE file);

void sha256(const der *parts, size_t count, unsigned char digest[sha256_length]);

/* A file that is not signed yet. */
image read_image(HANDLE file);

/* Over everything but the checksum and the entry of the certificate table. */
void image_digest(const image *pe, unsigned char digest[sha256_length]);

/* Writes the file with a PKCS#7 message in its certificate table, and its checksum made right. */
void write_signed(HANDLE file, const image *pe, der message);

#endif
