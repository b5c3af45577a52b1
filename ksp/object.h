/* The objects behind handles: counted by references, and found only while their handle is open. Handles are looked up and
 * never followed, so that no caller makes the provider read memory that is not its own. */
#ifndef CODESIGNING_KSP_OBJECT_H
#define CODESIGNING_KSP_OBJECT_H

#include <windows.h>

#include <stdbool.h>
#include <stdint.h>

typedef enum ksp_magic {
    KSP_CLOSED = 0,
    KSP_PROVIDER = 0x5053434b, /* KCSP */
    KSP_KEY = 0x4b53434b,      /* KCSK */
    KSP_BUFFER = 0x4253434b,   /* KCSB: memory for the caller to read */
    KSP_KEY_LIST = 0x4c53434b, /* KCSL: memory that EnumKeys alone may read */
} ksp_magic;

typedef struct ksp_object ksp_object;

struct ksp_object {
    ksp_magic magic;
    ULONG_PTR handle;
    size_t references; /* under the table's lock */
    void (*destroy)(ksp_object *object);
    ksp_object *next;
};

/* Puts an object with one reference, its handle's, into the table, and gives it a handle that no open object has. */
void ksp_object_open(ksp_object *object, ksp_magic magic, void (*destroy)(ksp_object *object));

/* The same, with the handle that the caller has chosen: an address. */
void ksp_object_open_at(ksp_object *object, ksp_magic magic, ULONG_PTR handle, void (*destroy)(ksp_object *object));

/* The open object with this handle and magic, with a reference added; NULL when there is none. */
ksp_object *ksp_object_find(ULONG_PTR handle, ksp_magic magic);

/* Adds a reference; the caller has one already. */
void ksp_object_retain(ksp_object *object);

/* Drops a reference; the last one destroys. */
void ksp_object_release(ksp_object *object);

/* Closes the handle and drops its reference. False when it was not open. */
bool ksp_object_close(ULONG_PTR handle, ksp_magic magic);

/* A zeroed buffer that the caller gives back with FreeBuffer; NULL when out of memory. Its address is its handle, and
 * `magic` says what it holds. */
void *ksp_buffer_new(size_t size, ksp_magic magic);

#endif
