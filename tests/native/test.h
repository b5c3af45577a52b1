/* A test is a function whose name is what holds. Each program of tests lists its own in main and answers with a line a
 * test: "ok …" or "FAILED …". */
#ifndef CODESIGNING_TEST_H
#define CODESIGNING_TEST_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static bool test_failed;

#define CHECK(condition)                                                                  \
    do {                                                                                  \
        if (!(condition)) {                                                               \
            printf("    %s:%d: not so: %s\n", __FILE__, __LINE__, #condition);            \
            test_failed = true;                                                           \
        }                                                                                 \
    } while (0)

#define CHECK_TEXT(actual, expected)                                                      \
    do {                                                                                  \
        const char *text_ = (actual);                                                     \
        if (text_ == NULL || strcmp(text_, (expected)) != 0) {                            \
            printf("    %s:%d: '%s' is not '%s'\n", __FILE__, __LINE__, text_ == NULL ? "(null)" : text_, (expected)); \
            test_failed = true;                                                           \
        }                                                                                 \
    } while (0)

#define RUN(test)                                                                         \
    do {                                                                                  \
        test_failed = false;                                                              \
        test();                                                                           \
        printf("%s %s\n", test_failed ? "FAILED" : "ok", #test);                          \
        fflush(stdout);                                                                   \
    } while (0)

#endif
