#include "object.h"

#include <stdlib.h>

enum { bucket_count = 256 };

static SRWLOCK lock = SRWLOCK_INIT;
static ksp_object *buckets[bucket_count]; /* under the lock, like what follows */
static ULONG_PTR last_handle;

static ksp_object **bucket_of(ULONG_PTR handle)
{
    return &buckets[(handle >> 4) % bucket_count];
}

/* With the lock held: the link to the object, or the link at the end. */
static ksp_object **find(ULONG_PTR handle, ksp_magic magic)
{
    ksp_object **link = bucket_of(handle);
    while (*link != NULL && ((*link)->handle != handle || (*link)->magic != magic))
        link = &(*link)->next;
    return link;
}

static void insert(ksp_object *object, ksp_magic magic, ULONG_PTR handle, void (*destroy)(ksp_object *object))
{
    ksp_object **bucket = bucket_of(handle);
    object->magic = magic;
    object->handle = handle;
    object->references = 1;
    object->destroy = destroy;
    object->next = *bucket;
    *bucket = object;
}

void ksp_object_open(ksp_object *object, ksp_magic magic, void (*destroy)(ksp_object *object))
{
    AcquireSRWLockExclusive(&lock);
    do
        last_handle += 16;
    while (last_handle == 0 || *find(last_handle, KSP_PROVIDER) != NULL || *find(last_handle, KSP_KEY) != NULL);
    insert(object, magic, last_handle, destroy);
    ReleaseSRWLockExclusive(&lock);
}

void ksp_object_open_at(ksp_object *object, ksp_magic magic, ULONG_PTR handle, void (*destroy)(ksp_object *object))
{
    AcquireSRWLockExclusive(&lock);
    insert(object, magic, handle, destroy);
    ReleaseSRWLockExclusive(&lock);
}

ksp_object *ksp_object_find(ULONG_PTR handle, ksp_magic magic)
{
    AcquireSRWLockExclusive(&lock);
    ksp_object *object = *find(handle, magic);
    if (object != NULL)
        object->references++;
    ReleaseSRWLockExclusive(&lock);
    return object;
}

void ksp_object_retain(ksp_object *object)
{
    AcquireSRWLockExclusive(&lock);
    object->references++;
    ReleaseSRWLockExclusive(&lock);
}

void ksp_object_release(ksp_object *object)
{
    AcquireSRWLockExclusive(&lock);
    bool last = --object->references == 0;
    ReleaseSRWLockExclusive(&lock);
    if (last)
        object->destroy(object);
}

bool ksp_object_close(ULONG_PTR handle, ksp_magic magic)
{
    AcquireSRWLockExclusive(&lock);
    ksp_object **link = find(handle, magic);
    ksp_object *object = *link;
    if (object != NULL) {
        *link = object->next;
        object->magic = KSP_CLOSED;
    }
    ReleaseSRWLockExclusive(&lock);
    if (object != NULL)
        ksp_object_release(object);
    return object != NULL;
}

/* --- buffers ---------------------------------------------------------------------------------------------------- */

typedef struct buffer {
    ksp_object object;
    size_t size;
    /* Aligned as malloc does. */
    union {
        long long integer;
        void *pointer;
        double real;
        unsigned char bytes[1];
    } payload;
} buffer;

static void destroy_buffer(ksp_object *object)
{
    buffer *closed = (buffer *)object;
    SecureZeroMemory(closed->payload.bytes, closed->size);
    free(closed);
}

void *ksp_buffer_new(size_t size, ksp_magic magic)
{
    buffer *made = size <= SIZE_MAX - sizeof *made ? calloc(1, sizeof *made + size) : NULL;
    if (made == NULL)
        return NULL;
    made->size = size;
    ksp_object_open_at(&made->object, magic, (ULONG_PTR)&made->payload, destroy_buffer);
    return &made->payload;
}
