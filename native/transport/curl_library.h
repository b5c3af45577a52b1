/* libcurl, loaded at the first request instead of linked: it takes thirty libraries and four milliseconds, which a program
 * that only lists its modules should not have to load. */
#ifndef CODESIGNING_TRANSPORT_CURL_LIBRARY_H
#define CODESIGNING_TRANSPORT_CURL_LIBRARY_H

#include <curl/curl.h>

#include "values/result.h"

typedef struct cs_curl_library {
    __typeof__(&curl_global_init) global_init;
    __typeof__(&curl_easy_init) easy_init;
    __typeof__(&(curl_easy_setopt)) easy_setopt;
    __typeof__(&(curl_easy_getinfo)) easy_getinfo;
    __typeof__(&curl_easy_strerror) easy_strerror;
    __typeof__(&curl_easy_cleanup) easy_cleanup;
    __typeof__(&curl_slist_append) slist_append;
    __typeof__(&curl_slist_free_all) slist_free_all;
    __typeof__(&curl_multi_init) multi_init;
    __typeof__(&curl_multi_add_handle) multi_add_handle;
    __typeof__(&curl_multi_remove_handle) multi_remove_handle;
    __typeof__(&curl_multi_perform) multi_perform;
    __typeof__(&curl_multi_poll) multi_poll;
    __typeof__(&curl_multi_info_read) multi_info_read;
    __typeof__(&curl_multi_cleanup) multi_cleanup;
} cs_curl_library;

/* The library, loaded and initialised once in a process; NULL, with `error` filled, when it cannot be loaded. */
const cs_curl_library *cs_curl_load(cs_error *error);

#endif
