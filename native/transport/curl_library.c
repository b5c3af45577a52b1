#include "curl_library.h"

#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

static cs_curl_library library;
static char failure[200];
static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool loaded;

static bool lookup(void *handle, const char *name, void *function)
{
    void *address = dlsym(handle, name);
    memcpy(function, &address, sizeof address); /* C has no cast from data to function pointers */
    return address != NULL;
}

static bool lookup_all(void *handle)
{
    return lookup(handle, "curl_global_init", &library.global_init) && lookup(handle, "curl_easy_init", &library.easy_init)
        && lookup(handle, "curl_easy_setopt", &library.easy_setopt)
        && lookup(handle, "curl_easy_getinfo", &library.easy_getinfo)
        && lookup(handle, "curl_easy_strerror", &library.easy_strerror)
        && lookup(handle, "curl_easy_cleanup", &library.easy_cleanup)
        && lookup(handle, "curl_slist_append", &library.slist_append)
        && lookup(handle, "curl_slist_free_all", &library.slist_free_all)
        && lookup(handle, "curl_multi_init", &library.multi_init)
        && lookup(handle, "curl_multi_add_handle", &library.multi_add_handle)
        && lookup(handle, "curl_multi_remove_handle", &library.multi_remove_handle)
        && lookup(handle, "curl_multi_perform", &library.multi_perform)
        && lookup(handle, "curl_multi_poll", &library.multi_poll)
        && lookup(handle, "curl_multi_info_read", &library.multi_info_read)
        && lookup(handle, "curl_multi_cleanup", &library.multi_cleanup);
}

static void load(void)
{
    void *handle = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
    if (handle == NULL) {
        const char *reason = dlerror();
        strncpy(failure, reason != NULL ? reason : "libcurl.so.4", sizeof failure - 1);
    } else if (!lookup_all(handle)) {
        strcpy(failure, "libcurl.so.4 is older than 7.66");
    } else if (library.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        strcpy(failure, "libcurl.so.4 cannot be initialised");
    } else {
        loaded = true;
    }
}

const cs_curl_library *cs_curl_load(cs_error *error)
{
    pthread_once(&once, load);
    if (loaded)
        return &library;
    cs_fail(error, CS_INVALID_CONFIGURATION, "libcurl cannot be used: %s; install libcurl4", failure);
    return NULL;
}
