#include "module.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "configuration.h"
#include "platform/platform.h"
#include "returns.h"
#include "settings/log.h"

/* `guard` is over `current` and its references. */
static cs_mutex *_Atomic guard;
static p11_module *current;
static atomic_ulong owner; /* the process that initialised; 0 for none */

/* What a forked child inherited and must not use. Kept reachable, so that leak checkers do not report it. */
static p11_module *volatile abandoned;
static cs_mutex *volatile abandoned_guard;

static cs_mutex *get_guard(void)
{
    cs_mutex *mutex = atomic_load(&guard);
    if (mutex != NULL)
        return mutex;
    cs_mutex *made = cs_mutex_create();
    if (made == NULL || atomic_compare_exchange_strong(&guard, &mutex, made))
        return made;
    cs_mutex_destroy(made);
    return mutex;
}

static void in_child(void)
{
    abandoned_guard = atomic_exchange(&guard, NULL); /* a thread of the parent may have locked it */
    atomic_store(&owner, 0);
    if (current == NULL)
        return;
    cs_client_abandon(current->client);
    current->next_abandoned = abandoned;
    abandoned = current;
    current = NULL;
}

static void destroy(p11_module *module)
{
    p11_sessions_free(module->sessions);
    p11_session_objects_free(module->session_objects);
    p11_tokens_free(module->tokens);
    cs_client_close(module->client);
    free(module);
}

static void release(p11_module *module)
{
    cs_mutex *mutex = get_guard();
    cs_mutex_lock(mutex);
    bool last = --module->references == 0;
    cs_mutex_unlock(mutex);
    if (last)
        destroy(module);
}

CK_RV p11_enter(p11_module **module)
{
    if (atomic_load(&owner) != cs_process_id())
        return CKR_CRYPTOKI_NOT_INITIALIZED;
    /* A provider of the host's OpenSSL has led our own TLS back to us. */
    if (!cs_call_begin())
        return CKR_FUNCTION_FAILED;
    cs_mutex *mutex = get_guard();
    if (mutex == NULL) {
        cs_call_end();
        return CKR_HOST_MEMORY;
    }
    cs_mutex_lock(mutex);
    *module = current;
    if (current != NULL)
        current->references++;
    cs_mutex_unlock(mutex);
    if (*module == NULL)
        cs_call_end();
    return *module != NULL ? CKR_OK : CKR_CRYPTOKI_NOT_INITIALIZED;
}

CK_RV p11_leave(p11_module *module, const char *function, CK_RV rv)
{
    if (rv != CKR_OK)
        cs_log(CS_LOG_DEBUG, "%s answers 0x%lx", function, (unsigned long)rv);
    release(module);
    cs_call_end();
    return rv;
}

CK_RV p11_session_enter(CK_SESSION_HANDLE handle, p11_module **module, p11_session **session)
{
    CK_RV rv = p11_enter(module);
    if (rv != CKR_OK)
        return rv;
    *session = p11_sessions_acquire((*module)->sessions, handle);
    if (*session == NULL)
        return p11_leave(*module, "a call on no session", CKR_SESSION_HANDLE_INVALID);
    cs_mutex_lock_waiting((*session)->lock); /* calls on one session wait for each other, perhaps over the network */
    return CKR_OK;
}

CK_RV p11_session_leave(p11_module *module, p11_session *session, const char *function, CK_RV rv)
{
    bool last;
    cs_mutex_unlock(session->lock);
    if (p11_sessions_release(module->sessions, session, &last) && rv == CKR_OK)
        rv = CKR_SESSION_CLOSED;
    if (last)
        p11_session_end(module, session);
    return p11_leave(module, function, rv);
}

void p11_session_end(p11_module *module, p11_session *session)
{
    p11_session_objects_end_session(module->session_objects, session->handle);
    p11_session_free(session);
}

/* --- C_Initialize and C_Finalize -------------------------------------------------------------------------------- */

static cs_result open_client(bool asked_for, cs_client **client, cs_error *error)
{
    cs_config config;
    cs_metadata metadata;
    cs_result result = p11_configure(&config, asked_for, error);
    if (result == CS_OK) {
        cs_metadata_collect(&metadata, config.send_command_line);
        result = cs_client_open(client, &config, &metadata, error);
    }
    cs_config_release(&config);
    return result;
}

static p11_module *build(bool asked_for, cs_error *error)
{
    p11_module *module = calloc(1, sizeof *module);
    cs_result result = module != NULL ? open_client(asked_for, &module->client, error)
                                      : cs_fail(error, CS_NO_MEMORY, "out of memory");
    if (result == CS_OK) {
        module->references = 1;
        module->tokens = p11_tokens_new(module->client);
        module->sessions = p11_sessions_new();
        module->session_objects = p11_session_objects_new();
        if (module->tokens == NULL || module->sessions == NULL || module->session_objects == NULL)
            result = cs_fail(error, CS_NO_MEMORY, "out of memory");
    }
    if (result == CS_OK)
        return module;
    if (module != NULL)
        destroy(module);
    return NULL;
}

static CK_RV check_arguments(const CK_C_INITIALIZE_ARGS *arguments)
{
    if (arguments == NULL)
        return CKR_OK;
    int given = (arguments->CreateMutex != NULL) + (arguments->DestroyMutex != NULL) + (arguments->LockMutex != NULL)
        + (arguments->UnlockMutex != NULL);
    if (arguments->pReserved != NULL || (given != 0 && given != 4))
        return CKR_ARGUMENTS_BAD;
    /* CKF_LIBRARY_CANT_CREATE_OS_THREADS is accepted: p11-kit sets it for every program, and the only thread is one of
     * libcurl's, which looks up the server's name and runs no code of the host. */
    return given == 4 && (arguments->flags & CKF_OS_LOCKING_OK) == 0 ? CKR_CANT_LOCK : CKR_OK;
}

/* With the guard held. */
static CK_RV initialize(bool asked_for)
{
    cs_error error = { 0 };
    if (current != NULL)
        return CKR_CRYPTOKI_ALREADY_INITIALIZED;
    if (!cs_watch_process(in_child))
        return CKR_HOST_MEMORY;
    current = build(asked_for, &error);
    if (current == NULL) {
        cs_log(CS_LOG_ERROR, "%s", error.message);
        return p11_rv(error.result);
    }
    atomic_store(&owner, cs_process_id());
    return CKR_OK;
}

/* PKCS#11 v2.40, section 5.4. */
CK_RV C_Initialize(CK_VOID_PTR pInitArgs)
{
    const CK_C_INITIALIZE_ARGS *arguments = pInitArgs;
    bool by_p11_kit = arguments != NULL && (arguments->flags & CKF_LIBRARY_CANT_CREATE_OS_THREADS) != 0;
    CK_RV rv = check_arguments(arguments);
    if (rv != CKR_OK)
        return rv;
    unsigned long process = atomic_load(&owner);
    if (process != 0 && process != cs_process_id())
        cs_reset_after_fork();
    if (!cs_call_begin())
        return CKR_FUNCTION_FAILED;
    cs_mutex *mutex = get_guard();
    rv = CKR_HOST_MEMORY;
    if (mutex != NULL) {
        cs_mutex_lock(mutex);
        rv = initialize(!by_p11_kit);
        cs_mutex_unlock(mutex);
    }
    cs_call_end();
    return rv;
}

/* PKCS#11 v2.40, section 5.4. */
CK_RV C_Finalize(CK_VOID_PTR pReserved)
{
    p11_module *module;
    if (pReserved != NULL)
        return CKR_ARGUMENTS_BAD;
    CK_RV rv = p11_enter(&module);
    if (rv != CKR_OK)
        return rv;
    cs_mutex *mutex = get_guard();
    cs_mutex_lock(mutex);
    bool mine = current == module;
    if (mine) {
        current = NULL;
        atomic_store(&owner, 0);
    }
    cs_mutex_unlock(mutex);
    if (mine)
        release(module);
    return p11_leave(module, "C_Finalize", mine ? CKR_OK : CKR_CRYPTOKI_NOT_INITIALIZED);
}
