/* The function list as a program sees it: what each function answers, well used and ill used. */
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <p11-kit/pkcs11.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "scripted_transport.h"
#include "test.h"
#include "values/base64.h"
#include "values/buffer.h"

static CK_FUNCTION_LIST_PTR p11;
static CK_SESSION_HANDLE session;
static char chain[3][32768]; /* rsa3072.pem, p256.pem and names.pem */
static bool certificate_changed, with_authorities, down;

#define RSA "{\"id\":\"sgn_rsa\",\"name\":\"rsa\",\"status\":\"active\",\"keyAlgorithm\":\"RSA_3072\"}"
#define EC_NAMED(name) "{\"id\":\"sgn_ec\",\"name\":\"" name "\",\"status\":\"active\",\"keyAlgorithm\":\"EC_P256\"}"
#define SIGNER(id, name) "{\"id\":\"" id "\",\"name\":\"" name "\",\"status\":\"active\",\"keyAlgorithm\":\"EC_P256\"}"
#define LIST(items) "{\"items\":[" items "],\"next\":null}"
static const char two_signers[] = LIST(RSA "," EC_NAMED("ec"));
static const char *list = two_signers;
static int sign_calls;

static cs_result sign(const cs_http_request *request, cs_http_response *response)
{
    unsigned char signature[384] = { 9 };
    cs_buffer reply = { 0 };
    sign_calls++;
    cs_buffer_append_text(&reply, "{\"signature\":\"");
    cs_buffer_append_base64(&reply, signature, strstr(request->path, "sgn_rsa") != NULL ? 384 : 64);
    cs_buffer_append_text(&reply, "\"}");
    script_reply(response, 200, reply.data);
    cs_buffer_release(&reply);
    return CS_OK;
}

static cs_result answer(const cs_http_request *request, cs_http_response *response, cs_error *error)
{
    bool rsa = strstr(request->path, "/sgn_rsa/") != NULL;
    if (down)
        return cs_fail(error, CS_NETWORK, "cut off");
    if (strstr(request->path, "/login") != NULL)
        return script_reply(response, strstr(request->body, "wrong") != NULL ? 401 : 200, "{\"accessToken\":\"t\",\"expiresIn\":3600}");
    if (strstr(request->path, "/certificate") != NULL)
        return script_reply(response, 200, chain[with_authorities ? 2 : rsa || certificate_changed ? 0 : 1]);
    if (request->body != NULL)
        return sign(request, response);
    return script_reply(response, 200, list);
}

static CK_SLOT_ID slot_named(const char *label)
{
    CK_SLOT_ID slots[8];
    CK_ULONG count = 8;
    CK_TOKEN_INFO info;
    if (p11->C_GetSlotList(CK_TRUE, slots, &count) != CKR_OK)
        return 0;
    for (CK_ULONG i = 0; i < count; i++)
        if (p11->C_GetTokenInfo(slots[i], &info) == CKR_OK && strncmp((char *)info.label, label, strlen(label)) == 0)
            return slots[i];
    return 0;
}

static void begin(const char *label)
{
    script_set(answer);
    down = certificate_changed = with_authorities = false;
    CHECK(p11->C_Initialize(NULL) == CKR_OK);
    CHECK(p11->C_OpenSession(slot_named(label), CKF_SERIAL_SESSION, NULL, NULL, &session) == CKR_OK);
}

static void end(void)
{
    CHECK(p11->C_Finalize(NULL) == CKR_OK);
}

static CK_OBJECT_HANDLE find(CK_OBJECT_CLASS class)
{
    CK_ATTRIBUTE template = { CKA_CLASS, &class, sizeof class };
    CK_OBJECT_HANDLE handle = CK_INVALID_HANDLE;
    CK_ULONG count = 0;
    CHECK(p11->C_FindObjectsInit(session, &template, 1) == CKR_OK);
    CHECK(p11->C_FindObjects(session, &handle, 1, &count) == CKR_OK);
    CHECK(p11->C_FindObjectsFinal(session) == CKR_OK);
    return count == 1 ? handle : CK_INVALID_HANDLE;
}

/* All objects, or those of a label. */
static CK_ULONG find_all(const char *label, CK_OBJECT_HANDLE *handles, CK_ULONG capacity)
{
    CK_ATTRIBUTE template = { CKA_LABEL, (void *)label, label != NULL ? strlen(label) : 0 };
    CK_ULONG count = 0;
    CHECK(p11->C_FindObjectsInit(session, &template, label != NULL) == CKR_OK);
    CHECK(p11->C_FindObjects(session, handles, capacity, &count) == CKR_OK);
    CHECK(p11->C_FindObjectsFinal(session) == CKR_OK);
    return count;
}

static void Every_function_exists_and_the_version_is_2_40(void)
{
    CK_INFO info;
    void **function = (void **)&p11->C_Initialize;
    CHECK(p11->version.major == 2 && p11->version.minor == 40);
    for (size_t i = 0; i < (sizeof *p11 - offsetof(CK_FUNCTION_LIST, C_Initialize)) / sizeof *function; i++)
        CHECK(function[i] != NULL);
    begin("rsa");
    CHECK(p11->C_GetInfo(&info) == CKR_OK && info.cryptokiVersion.major == 2 && info.cryptokiVersion.minor == 40);
    CHECK(p11->C_GetInfo(NULL) == CKR_ARGUMENTS_BAD);
    end();
}

static void Nothing_works_before_initialisation_or_after_the_end(void)
{
    CK_ULONG count = 0;
    CK_SLOT_INFO slot;
    CHECK(p11->C_GetSlotList(CK_TRUE, NULL, &count) == CKR_CRYPTOKI_NOT_INITIALIZED);
    CHECK(p11->C_GetSlotInfo(1, &slot) == CKR_CRYPTOKI_NOT_INITIALIZED);
    CHECK(p11->C_CloseSession(1) == CKR_CRYPTOKI_NOT_INITIALIZED);
    CHECK(p11->C_Finalize(NULL) == CKR_CRYPTOKI_NOT_INITIALIZED);
    begin("rsa");
    CHECK(p11->C_Initialize(NULL) == CKR_CRYPTOKI_ALREADY_INITIALIZED);
    CHECK(p11->C_Finalize(&count) == CKR_ARGUMENTS_BAD);
    end();
    /* What is not supported says first that nothing is. */
    CHECK(p11->C_EncryptInit(1, NULL, 1) == CKR_CRYPTOKI_NOT_INITIALIZED);
    CHECK(p11->C_InitToken(1, NULL, 0, NULL) == CKR_CRYPTOKI_NOT_INITIALIZED);
    CHECK(p11->C_SetPIN(1, NULL, 0, NULL, 0) == CKR_CRYPTOKI_NOT_INITIALIZED);
    CHECK(p11->C_CreateObject(1, NULL, 0, NULL) == CKR_CRYPTOKI_NOT_INITIALIZED);
    CHECK(p11->C_CloseSession(session) == CKR_CRYPTOKI_NOT_INITIALIZED);
    begin("rsa");
    end();
}

static CK_RV no_mutex(void **mutex)
{
    (void)mutex;
    return CKR_OK;
}

static CK_RV no_lock(void *mutex)
{
    (void)mutex;
    return CKR_OK;
}

static void Initialisation_arguments_are_checked(void)
{
    CK_C_INITIALIZE_ARGS arguments = { .flags = CKF_OS_LOCKING_OK };
    CHECK(p11->C_Initialize(&arguments) == CKR_OK && p11->C_Finalize(NULL) == CKR_OK);
    arguments.pReserved = &arguments;
    CHECK(p11->C_Initialize(&arguments) == CKR_ARGUMENTS_BAD);
    arguments = (CK_C_INITIALIZE_ARGS){ .CreateMutex = no_mutex };
    CHECK(p11->C_Initialize(&arguments) == CKR_ARGUMENTS_BAD);
    arguments = (CK_C_INITIALIZE_ARGS){ no_mutex, no_lock, no_lock, no_lock, 0, NULL };
    CHECK(p11->C_Initialize(&arguments) == CKR_CANT_LOCK);
    arguments.flags = CKF_OS_LOCKING_OK | CKF_LIBRARY_CANT_CREATE_OS_THREADS; /* as p11-kit does */
    CHECK(p11->C_Initialize(&arguments) == CKR_OK && p11->C_Finalize(NULL) == CKR_OK);
}

static cs_result unexpected(const cs_http_request *request, cs_http_response *response, cs_error *error)
{
    (void)response;
    printf("    asked: %s\n", request->path);
    return cs_fail(error, CS_NETWORK, "not expected");
}

static void Initialisation_touches_no_network(void)
{
    script_set(unexpected);
    CHECK(p11->C_Initialize(NULL) == CKR_OK && script_slept() == 0);
    end();
}

/* What went to the log, which pkcs11-tool and others show on standard error. */
static const char *told(CK_FLAGS flags, const char *configuration)
{
    static char text[4096];
    CK_C_INITIALIZE_ARGS arguments = { .flags = CKF_OS_LOCKING_OK | flags };
    CK_ULONG count = 9;
    FILE *file = freopen("told", "w+", stderr);
    char *server = strdup(getenv("CODESIGNING_SERVER_URL"));
    unsetenv("CODESIGNING_SERVER_URL");
    if (configuration != NULL)
        setenv("CODESIGNING_PKCS11_CONFIG", configuration, 1);
    CHECK(p11->C_Initialize(&arguments) == CKR_OK && p11->C_GetSlotList(CK_TRUE, NULL, &count) == CKR_OK && count == 0);
    end();
    unsetenv("CODESIGNING_PKCS11_CONFIG");
    setenv("CODESIGNING_SERVER_URL", server, 1);
    free(server);
    rewind(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    remove("told");
    return text;
}

static void Missing_server_setting_is_reported(void)
{
    FILE *file = fopen("empty.json", "w");
    fputs("{}", file);
    fclose(file);
    const char *text = told(0, NULL);
    CHECK(strstr(text, "nothing is configured") != NULL && strstr(text, "/nowhere/.config/codesigning/pkcs11.json or /etc/") != NULL);
    text = told(CKF_LIBRARY_CANT_CREATE_OS_THREADS, NULL); /* p11-kit, for a program that did not ask */
    CHECK_TEXT(text, "");
    text = told(0, "empty.json\n");
    CHECK(strstr(text, "empty.json names no serverUrl") != NULL);
    remove("empty.json");
}

static void Identity_without_a_signer_is_reported(void)
{
    CK_ULONG count = 9;
    FILE *file = freopen("told", "w+", stderr);
    char text[512];
    script_set(answer);
    list = LIST("");
    CHECK(p11->C_Initialize(NULL) == CKR_OK && p11->C_GetSlotList(CK_TRUE, NULL, &count) == CKR_OK && count == 0);
    end();
    list = two_signers;
    rewind(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    remove("told");
    CHECK(strstr(text, "has no signer for this identity") != NULL);
}

static void Slots_follow_the_two_call_convention(void)
{
    CK_SLOT_ID slots[2] = { 0, 0 };
    CK_ULONG count = 99;
    begin("rsa");
    CHECK(p11->C_GetSlotList(CK_TRUE, NULL, &count) == CKR_OK && count == 2);
    count = 1;
    CHECK(p11->C_GetSlotList(CK_TRUE, slots, &count) == CKR_BUFFER_TOO_SMALL && count == 2);
    CHECK(p11->C_GetSlotList(CK_FALSE, slots, &count) == CKR_OK && count == 2 && slots[0] != slots[1]);
    CHECK(slots[0] < 0x80000000 && slots[1] < 0x80000000);
    CHECK(p11->C_GetSlotList(CK_TRUE, slots, NULL) == CKR_ARGUMENTS_BAD);
    CK_SLOT_ID first = slot_named("rsa");
    end();
    begin("rsa");
    CHECK(slot_named("rsa") == first);
    end();
}

static void Unknown_slot_is_requested_once_and_refused(void)
{
    CK_SLOT_INFO info;
    CK_SESSION_HANDLE other;
    begin("rsa");
    CHECK(p11->C_GetSlotInfo(12345, &info) == CKR_SLOT_ID_INVALID);
    CHECK(p11->C_OpenSession(12345, CKF_SERIAL_SESSION, NULL, NULL, &other) == CKR_SLOT_ID_INVALID);
    end();
}

static void Slot_events_are_not_awaited(void)
{
    CK_SLOT_ID slot;
    begin("rsa");
    CHECK(p11->C_WaitForSlotEvent(CKF_DONT_BLOCK, &slot, NULL) == CKR_NO_EVENT);
    CHECK(p11->C_WaitForSlotEvent(0, &slot, NULL) == CKR_FUNCTION_NOT_SUPPORTED);
    end();
}

static void Sessions_open_read_only_and_read_write(void)
{
    CK_SESSION_HANDLE other;
    CK_SESSION_INFO info;
    CK_TOKEN_INFO token;
    begin("rsa");
    CHECK(p11->C_OpenSession(slot_named("rsa"), CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &other) == CKR_OK);
    CHECK(p11->C_GetSessionInfo(other, &info) == CKR_OK && info.state == CKS_RW_PUBLIC_SESSION && info.slotID == slot_named("rsa"));
    CHECK(p11->C_GetTokenInfo(slot_named("rsa"), &token) == CKR_OK && token.ulSessionCount == 2 && token.ulRwSessionCount == 1);
    CHECK(p11->C_OpenSession(slot_named("rsa"), 0, NULL, NULL, &other) == CKR_SESSION_PARALLEL_NOT_SUPPORTED);
    CHECK(p11->C_OpenSession(slot_named("rsa"), CKF_SERIAL_SESSION, NULL, NULL, NULL) == CKR_ARGUMENTS_BAD);
    CHECK(p11->C_CloseSession(session) == CKR_OK && p11->C_CloseSession(session) == CKR_SESSION_HANDLE_INVALID);
    CHECK(p11->C_CloseSession(0) == CKR_SESSION_HANDLE_INVALID && p11->C_CloseSession(~0UL) == CKR_SESSION_HANDLE_INVALID);
    CHECK(p11->C_CloseAllSessions(slot_named("rsa")) == CKR_OK);
    CHECK(p11->C_GetSessionInfo(other, &info) == CKR_SESSION_HANDLE_INVALID);
    end();
}

static void Closed_handle_does_not_name_the_next_session(void)
{
    CK_SESSION_HANDLE next;
    begin("rsa");
    CHECK(p11->C_CloseSession(session) == CKR_OK);
    CHECK(p11->C_OpenSession(slot_named("rsa"), CKF_SERIAL_SESSION, NULL, NULL, &next) == CKR_OK && next != session);
    CHECK(p11->C_CloseSession(session) == CKR_SESSION_HANDLE_INVALID);
    end();
}

static void Login_is_accepted_and_tracked_though_none_is_required(void)
{
    CK_SESSION_INFO info;
    CK_TOKEN_INFO token;
    begin("rsa");
    CHECK(p11->C_GetTokenInfo(slot_named("rsa"), &token) == CKR_OK && (token.flags & CKF_LOGIN_REQUIRED) == 0);
    CHECK((token.flags & (CKF_TOKEN_INITIALIZED | CKF_PROTECTED_AUTHENTICATION_PATH)) == (CKF_TOKEN_INITIALIZED | CKF_PROTECTED_AUTHENTICATION_PATH));
    CHECK(p11->C_Login(session, CKU_USER, (CK_BYTE *)"any", 3) == CKR_OK);
    CHECK(p11->C_Login(session, CKU_USER, NULL, 0) == CKR_USER_ALREADY_LOGGED_IN);
    CHECK(p11->C_GetSessionInfo(session, &info) == CKR_OK && info.state == CKS_RO_USER_FUNCTIONS);
    CHECK(p11->C_Logout(session) == CKR_OK && p11->C_Logout(session) == CKR_USER_NOT_LOGGED_IN);
    CHECK(p11->C_Login(session, CKU_SO, (CK_BYTE *)"any", 3) == CKR_USER_TYPE_INVALID);
    CHECK(p11->C_Login(session, CKU_CONTEXT_SPECIFIC, NULL, 0) == CKR_OPERATION_NOT_INITIALIZED);
    end();
}

static void PIN_without_configuration_logs_in_to_one_slot(void)
{
    CK_SLOT_ID slot = 0;
    CK_ULONG count = 1;
    CK_TOKEN_INFO token;
    char *kept = strdup(getenv("CODESIGNING_TOKEN"));
    unsetenv("CODESIGNING_TOKEN");
    FILE *file = fopen("pin.json", "w");
    fputs("{}", file);
    fclose(file);
    setenv("CODESIGNING_PKCS11_CONFIG", "pin.json", 1);
    script_set(answer);
    CHECK(p11->C_Initialize(NULL) == CKR_OK);
    CHECK(p11->C_GetSlotList(CK_TRUE, &slot, &count) == CKR_OK && count == 1);
    CHECK(p11->C_GetTokenInfo(slot, &token) == CKR_OK && (token.flags & CKF_LOGIN_REQUIRED) != 0);
    CHECK(p11->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &session) == CKR_OK);
    CHECK(find(CKO_PRIVATE_KEY) == CK_INVALID_HANDLE);
    CHECK(p11->C_Login(session, CKU_USER, (CK_BYTE *)"id:wrong", 8) == CKR_PIN_INCORRECT);
    CHECK(p11->C_GetTokenInfo(slot, &token) == CKR_OK && (token.flags & CKF_USER_PIN_COUNT_LOW) != 0);
    CHECK(p11->C_Login(session, CKU_USER, NULL, 0) == CKR_ARGUMENTS_BAD);
    CHECK(p11->C_Login(session, CKU_USER, (CK_BYTE *)"id:secret", 9) == CKR_OK);
    CHECK(p11->C_GetTokenInfo(slot, &token) == CKR_OK && (token.flags & CKF_USER_PIN_COUNT_LOW) == 0);
    CHECK(p11->C_Login(session, CKU_SO, (CK_BYTE *)"any", 3) == CKR_USER_ANOTHER_ALREADY_LOGGED_IN);
    CK_OBJECT_HANDLE key = find(CKO_PRIVATE_KEY);
    CHECK(key != CK_INVALID_HANDLE);
    CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
    CK_ATTRIBUTE template = { CKA_CLASS, &class, sizeof class };
    CK_OBJECT_HANDLE keys[4];
    CHECK(p11->C_FindObjectsInit(session, &template, 1) == CKR_OK);
    CHECK(p11->C_FindObjects(session, keys, 4, &count) == CKR_OK && count == 2);
    CHECK(p11->C_FindObjectsFinal(session) == CKR_OK);
    CK_BBOOL private = CK_FALSE;
    CK_ATTRIBUTE seen_after_login = { CKA_PRIVATE, &private, 1 };
    CHECK(p11->C_GetAttributeValue(session, keys[0], &seen_after_login, 1) == CKR_OK && private == CK_TRUE);
    CHECK(p11->C_Logout(session) == CKR_OK && find(CKO_PRIVATE_KEY) == CK_INVALID_HANDLE);
    /* Signers of one token share CAs, of which each is there once; none is called as any of the signers is. */
    CK_OBJECT_HANDLE objects[32];
    with_authorities = true;
    script_advance(61000);
    CHECK(p11->C_Login(session, CKU_USER, (CK_BYTE *)"id:secret", 9) == CKR_OK);
    CHECK(find_all(NULL, objects, 32) == 2 * 3 + 8 && find_all("ec", objects, 32) == 3 && find_all("rsa", objects, 32) == 3);
    with_authorities = false;
    end();
    remove("pin.json");
    unsetenv("CODESIGNING_PKCS11_CONFIG");
    setenv("CODESIGNING_TOKEN", kept, 1);
    free(kept);
}

static void Attributes_follow_the_rules_of_lengths(void)
{
    CK_BYTE modulus[384], small[1];
    CK_BBOOL sensitive = 0, extractable = 1, private = 0;
    CK_ULONG bits = 0;
    begin("rsa");
    CK_OBJECT_HANDLE key = find(CKO_PRIVATE_KEY);
    CK_ATTRIBUTE template[] = {
        { CKA_MODULUS, NULL, 0 },           { CKA_MODULUS, small, sizeof small },
        { CKA_SENSITIVE, &sensitive, 1 },   { CKA_EXTRACTABLE, &extractable, 1 },
        { CKA_PRIVATE, &private, 1 },       { CKA_MODULUS_BITS, &bits, sizeof bits },
        { CKA_MODULUS, modulus, sizeof modulus },
    };
    CHECK(p11->C_GetAttributeValue(session, key, template, 7) == CKR_BUFFER_TOO_SMALL);
    CHECK(template[0].ulValueLen == 384 && template[1].ulValueLen == (CK_ULONG)-1 && template[6].ulValueLen == 384);
    CHECK(sensitive == CK_TRUE && extractable == CK_FALSE && bits == 3072);
    CHECK(private == CK_FALSE); /* nobody has to log in here to use it */
    CK_ATTRIBUTE secret[] = { { CKA_PRIVATE_EXPONENT, modulus, sizeof modulus }, { CKA_SENSITIVE, &sensitive, 1 } };
    CHECK(p11->C_GetAttributeValue(session, key, secret, 2) == CKR_ATTRIBUTE_SENSITIVE);
    CHECK(secret[0].ulValueLen == (CK_ULONG)-1 && secret[1].ulValueLen == 1);
    CK_ATTRIBUTE unknown = { CKA_EC_POINT, modulus, sizeof modulus };
    CHECK(p11->C_GetAttributeValue(session, key, &unknown, 1) == CKR_ATTRIBUTE_TYPE_INVALID && unknown.ulValueLen == (CK_ULONG)-1);
    CHECK(p11->C_GetAttributeValue(session, key, NULL, 1) == CKR_ARGUMENTS_BAD);
    CHECK(p11->C_GetAttributeValue(session, 31, secret, 1) == CKR_OBJECT_HANDLE_INVALID);
    CHECK(p11->C_GetAttributeValue(session, ~0UL, secret, 1) == CKR_OBJECT_HANDLE_INVALID);
    end();
}

static void Only_key_and_leaf_share_an_id(void)
{
    CK_BYTE ids[3][64];
    const CK_OBJECT_CLASS classes[] = { CKO_PRIVATE_KEY, CKO_PUBLIC_KEY, CKO_CERTIFICATE };
    begin("ec");
    for (int i = 0; i < 3; i++) {
        CK_ATTRIBUTE id = { CKA_ID, ids[i], sizeof ids[i] };
        CHECK(p11->C_GetAttributeValue(session, find(classes[i]), &id, 1) == CKR_OK && id.ulValueLen == 6);
        CHECK(memcmp(ids[i], "sgn_ec", 6) == 0);
    }
    end();
}

static void Slots_come_in_name_order_and_keep_their_ids(void)
{
    static const char *const names[] = { "fre", "free", "free-rsa", "free-rsa-2" };
    CK_SLOT_ID slots[4], before;
    CK_ULONG count = 4;
    CK_TOKEN_INFO info;
    list = LIST(SIGNER("sgn_4", "free"));
    begin("free");
    before = slot_named("free");
    list = LIST(SIGNER("sgn_1", "free-rsa-2") "," SIGNER("sgn_2", "free-rsa") "," SIGNER("sgn_3", "fre") "," SIGNER("sgn_4", "free"));
    script_advance(61000);
    CHECK(p11->C_GetSlotList(CK_TRUE, NULL, &count) == CKR_OK && p11->C_GetSlotList(CK_TRUE, slots, &count) == CKR_OK && count == 4);
    for (CK_ULONG i = 0; i < count; i++)
        CHECK(p11->C_GetTokenInfo(slots[i], &info) == CKR_OK && memcmp(info.label, names[i], strlen(names[i])) == 0
              && info.label[strlen(names[i])] == ' ');
    CHECK(slots[1] == before && slot_named("free") == before); /* as pkcs11-tool looks: the first that begins so */
    end();
    list = two_signers;
}

static size_t read_bytes(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type, char *out, size_t capacity)
{
    CK_ATTRIBUTE attribute = { type, out, capacity - 1 };
    CHECK(p11->C_GetAttributeValue(session, object, &attribute, 1) == CKR_OK);
    out[attribute.ulValueLen < capacity ? attribute.ulValueLen : 0] = '\0';
    return attribute.ulValueLen;
}

static void check_different(CK_ATTRIBUTE_TYPE type, const CK_OBJECT_HANDLE *objects, CK_ULONG count)
{
    char values[16][128];
    size_t lengths[16];
    for (CK_ULONG i = 0; i < count; i++) {
        lengths[i] = read_bytes(objects[i], type, values[i], sizeof values[i]);
        for (CK_ULONG j = 0; j < i; j++)
            CHECK(lengths[i] != lengths[j] || memcmp(values[i], values[j], lengths[i]) != 0);
    }
}

/* The chain of names.pem: CAs named as this signer and as another, without a CN, as T61String, too long, and two alike. */
static void Only_the_leaf_and_the_keys_bear_the_signers_name(void)
{
    static const char *const labels[] = { "ec (CA)", "RSA (CA)", "Class 3", "Zertifizierungsstelle f\xc3\xbcr Pr\xc3\xbc" "fungen" };
    CK_OBJECT_HANDLE objects[16];
    CK_OBJECT_CLASS class;
    char label[128];
    begin("ec");
    with_authorities = true;
    CHECK(find_all("ec", objects, 16) == 3);
    for (int i = 0; i < 3; i++) {
        CK_ATTRIBUTE kind = { CKA_CLASS, &class, sizeof class };
        CHECK(p11->C_GetAttributeValue(session, objects[i], &kind, 1) == CKR_OK);
        CHECK(class == (i == 0 ? CKO_PRIVATE_KEY : i == 1 ? CKO_PUBLIC_KEY : CKO_CERTIFICATE));
    }
    CK_OBJECT_HANDLE leaf = objects[2];
    CHECK(find_all("rsa", objects, 16) == 0);
    for (size_t i = 0; i < sizeof labels / sizeof *labels; i++)
        CHECK(find_all(labels[i], objects, 16) == 1);
    CHECK(find_all(NULL, objects, 16) == 11 && objects[2] == leaf);
    check_different(CKA_LABEL, objects + 2, 9);
    check_different(CKA_ID, objects + 2, 9);
    for (int i = 7; i < 9; i++) /* forty umlauts: 80 bytes */
        CHECK(read_bytes(objects[i], CKA_LABEL, label, sizeof label) <= 64 && strncmp(label, "\xc3\xa4\xc3\xa4", 4) == 0);
    CHECK(read_bytes(objects[9], CKA_LABEL, label, sizeof label) == 9 && strcmp(label, "Root (CA)") == 0);
    CHECK(read_bytes(objects[10], CKA_LABEL, label, sizeof label) == 20 && strncmp(label, "Root (CA) [", 11) == 0);
    end();
}

static void Renamed_signer_keeps_its_slot_and_loses_its_name(void)
{
    CK_OBJECT_HANDLE objects[16];
    CK_ULONG size;
    begin("ec");
    CK_SLOT_ID slot = slot_named("ec");
    CK_OBJECT_HANDLE old = find(CKO_PRIVATE_KEY);
    list = LIST(EC_NAMED("other") "," RSA "," SIGNER("sgn_new", "ec"));
    script_advance(61000);
    CK_ULONG count = 0;
    CHECK(p11->C_GetSlotList(CK_TRUE, NULL, &count) == CKR_OK && count == 3);
    CHECK(slot_named("other") == slot && slot_named("ec") != slot);
    CHECK(find_all("ec", objects, 16) == 0 && find_all("other", objects, 16) == 3);
    CHECK(p11->C_GetObjectSize(session, old, &size) == CKR_OBJECT_HANDLE_INVALID);
    end();
    list = two_signers;
}

static void Standard_attributes_of_certificates_and_keys_can_be_read(void)
{
    static const CK_ATTRIBUTE_TYPE storage[] = { CKA_CLASS, CKA_TOKEN, CKA_PRIVATE, CKA_MODIFIABLE, CKA_LABEL, CKA_COPYABLE, CKA_DESTROYABLE };
    static const CK_ATTRIBUTE_TYPE x509[] = {
        CKA_CERTIFICATE_TYPE, CKA_TRUSTED, CKA_CERTIFICATE_CATEGORY, CKA_CHECK_VALUE, CKA_START_DATE, CKA_END_DATE, CKA_PUBLIC_KEY_INFO,
        CKA_SUBJECT, CKA_ID, CKA_ISSUER, CKA_SERIAL_NUMBER, CKA_VALUE, CKA_URL, CKA_HASH_OF_SUBJECT_PUBLIC_KEY,
        CKA_HASH_OF_ISSUER_PUBLIC_KEY, CKA_JAVA_MIDP_SECURITY_DOMAIN, CKA_NAME_HASH_ALGORITHM,
    };
    static const CK_ATTRIBUTE_TYPE key[] = {
        CKA_KEY_TYPE, CKA_ID, CKA_START_DATE, CKA_END_DATE, CKA_DERIVE, CKA_LOCAL, CKA_KEY_GEN_MECHANISM, CKA_ALLOWED_MECHANISMS,
        CKA_SUBJECT, CKA_PUBLIC_KEY_INFO,
    };
    static const CK_ATTRIBUTE_TYPE public[] = { CKA_ENCRYPT, CKA_VERIFY, CKA_VERIFY_RECOVER, CKA_WRAP, CKA_TRUSTED, CKA_WRAP_TEMPLATE };
    static const CK_ATTRIBUTE_TYPE private[] = {
        CKA_SENSITIVE, CKA_DECRYPT, CKA_SIGN, CKA_SIGN_RECOVER, CKA_UNWRAP, CKA_EXTRACTABLE, CKA_ALWAYS_SENSITIVE,
        CKA_NEVER_EXTRACTABLE, CKA_WRAP_WITH_TRUSTED, CKA_UNWRAP_TEMPLATE, CKA_ALWAYS_AUTHENTICATE,
    };
    static const CK_ATTRIBUTE_TYPE rsa[] = { CKA_MODULUS, CKA_PUBLIC_EXPONENT };
    static const CK_ATTRIBUTE_TYPE ec[] = { CKA_EC_PARAMS };
    static const struct {
        const char *token;
        CK_OBJECT_CLASS class;
        const CK_ATTRIBUTE_TYPE *types;
        size_t count;
    } tables[] = {
        { "rsa", CKO_CERTIFICATE, storage, sizeof storage / sizeof *storage }, { "rsa", CKO_CERTIFICATE, x509, sizeof x509 / sizeof *x509 },
        { "rsa", CKO_PUBLIC_KEY, storage, sizeof storage / sizeof *storage },  { "rsa", CKO_PUBLIC_KEY, key, sizeof key / sizeof *key },
        { "rsa", CKO_PUBLIC_KEY, public, sizeof public / sizeof *public },     { "rsa", CKO_PUBLIC_KEY, rsa, sizeof rsa / sizeof *rsa },
        { "rsa", CKO_PRIVATE_KEY, storage, sizeof storage / sizeof *storage }, { "rsa", CKO_PRIVATE_KEY, key, sizeof key / sizeof *key },
        { "rsa", CKO_PRIVATE_KEY, private, sizeof private / sizeof *private }, { "rsa", CKO_PRIVATE_KEY, rsa, sizeof rsa / sizeof *rsa },
        { "ec", CKO_PUBLIC_KEY, ec, sizeof ec / sizeof *ec },                  { "ec", CKO_PRIVATE_KEY, ec, sizeof ec / sizeof *ec },
    };
    char value[4096];
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        begin(tables[i].token);
        CK_OBJECT_HANDLE object = find(tables[i].class);
        for (size_t j = 0; j < tables[i].count; j++) {
            CK_ATTRIBUTE attribute = { tables[i].types[j], value, sizeof value };
            CK_RV rv = p11->C_GetAttributeValue(session, object, &attribute, 1);
            if (rv != CKR_OK) {
                printf("    %s, class %lu: attribute 0x%lx answers 0x%lx\n", tables[i].token, tables[i].class, tables[i].types[j], rv);
                test_failed = true;
            }
        }
        end();
    }
    begin("rsa");
    CK_ULONG hash = 0;
    CK_ATTRIBUTE of_leaf[] = { { CKA_URL, value, 1 }, { CKA_HASH_OF_ISSUER_PUBLIC_KEY, value, 1 }, { CKA_NAME_HASH_ALGORITHM, &hash, sizeof hash } };
    CHECK(p11->C_GetAttributeValue(session, find(CKO_CERTIFICATE), of_leaf, 3) == CKR_OK);
    CHECK(of_leaf[0].ulValueLen == 0 && of_leaf[1].ulValueLen == 0 && hash == CKM_SHA_1);
    CK_ATTRIBUTE not_of_rsa = { CKA_VALUE, value, sizeof value };
    CHECK(p11->C_GetAttributeValue(session, find(CKO_PRIVATE_KEY), &not_of_rsa, 1) == CKR_ATTRIBUTE_TYPE_INVALID);
    end();
}

static void Object_of_one_token_is_unknown_to_another(void)
{
    CK_OBJECT_HANDLE key;
    CK_ULONG size;
    begin("rsa");
    key = find(CKO_PRIVATE_KEY);
    CHECK(p11->C_OpenSession(slot_named("ec"), CKF_SERIAL_SESSION, NULL, NULL, &session) == CKR_OK);
    CHECK(p11->C_GetObjectSize(session, key, &size) == CKR_OBJECT_HANDLE_INVALID);
    end();
}

static void Search_must_be_begun_and_ended(void)
{
    CK_OBJECT_HANDLE handle;
    CK_ULONG count;
    begin("rsa");
    CHECK(p11->C_FindObjects(session, &handle, 1, &count) == CKR_OPERATION_NOT_INITIALIZED);
    CHECK(p11->C_FindObjectsFinal(session) == CKR_OPERATION_NOT_INITIALIZED);
    CHECK(p11->C_FindObjectsInit(session, NULL, 1) == CKR_ARGUMENTS_BAD);
    CHECK(p11->C_FindObjectsInit(session, NULL, 0) == CKR_OK && p11->C_FindObjectsInit(session, NULL, 0) == CKR_OPERATION_ACTIVE);
    CHECK(p11->C_FindObjects(session, NULL, 1, &count) == CKR_ARGUMENTS_BAD);
    int all = 0;
    while (p11->C_FindObjects(session, &handle, 1, &count) == CKR_OK && count == 1)
        all++;
    CHECK(all == 3);
    CHECK(p11->C_FindObjectsFinal(session) == CKR_OK);
    end();
}

static void Signature_follows_the_two_call_convention(void)
{
    CK_MECHANISM mechanism = { CKM_SHA256_RSA_PKCS, NULL, 0 };
    CK_BYTE data[] = "data", signature[512];
    CK_ULONG length = 0;
    begin("rsa");
    CK_OBJECT_HANDLE key = find(CKO_PRIVATE_KEY);
    sign_calls = 0;
    CHECK(p11->C_Sign(session, data, 4, signature, &length) == CKR_OPERATION_NOT_INITIALIZED);
    CHECK(p11->C_SignInit(session, &mechanism, key) == CKR_OK && p11->C_SignInit(session, &mechanism, key) == CKR_OPERATION_ACTIVE);
    CHECK(p11->C_Sign(session, data, 4, NULL, &length) == CKR_OK && length == 384);
    length = 383;
    CHECK(p11->C_Sign(session, data, 4, signature, &length) == CKR_BUFFER_TOO_SMALL && length == 384 && sign_calls == 0);
    CHECK(p11->C_Sign(session, data, 4, signature, &length) == CKR_OK && signature[0] == 9 && sign_calls == 1);
    CHECK(p11->C_Sign(session, data, 4, signature, &length) == CKR_OPERATION_NOT_INITIALIZED);
    CHECK(p11->C_SignInit(session, &mechanism, key) == CKR_OK);
    CHECK(p11->C_SignUpdate(session, data, 2) == CKR_OK && p11->C_SignUpdate(session, data + 2, 2) == CKR_OK);
    length = 0;
    CHECK(p11->C_SignFinal(session, signature, &length) == CKR_BUFFER_TOO_SMALL && length == 384);
    CHECK(p11->C_SignFinal(session, signature, &length) == CKR_OK && sign_calls == 2);
    CHECK(p11->C_SignInit(session, &mechanism, key) == CKR_OK && p11->C_SignInit(session, NULL, 0) == CKR_OK);
    CHECK(p11->C_SignFinal(session, signature, &length) == CKR_OPERATION_NOT_INITIALIZED);
    CHECK(p11->C_SignInit(session, &mechanism, key) == CKR_OK && p11->C_Sign(session, NULL, 4, signature, &length) == CKR_ARGUMENTS_BAD);
    CHECK(p11->C_SignInit(session, &mechanism, key) == CKR_OK && p11->C_Sign(session, data, 4, signature, NULL) == CKR_ARGUMENTS_BAD);
    end();
}

static void Multipart_operation_is_not_ended_by_a_single_part_call(void)
{
    CK_MECHANISM sha256 = { CKM_SHA256, NULL, 0 }, rsa = { CKM_SHA256_RSA_PKCS, NULL, 0 };
    CK_BYTE data[] = "data", out[512];
    CK_ULONG length = sizeof out;
    begin("rsa");
    CK_OBJECT_HANDLE private = find(CKO_PRIVATE_KEY), public = find(CKO_PUBLIC_KEY);
    CHECK(p11->C_DigestInit(session, &sha256) == CKR_OK && p11->C_DigestUpdate(session, data, 2) == CKR_OK);
    CHECK(p11->C_Digest(session, data, 4, out, &length) == CKR_OPERATION_ACTIVE);
    CHECK(p11->C_DigestFinal(session, out, &length) == CKR_OPERATION_NOT_INITIALIZED);
    CHECK(p11->C_SignInit(session, &rsa, private) == CKR_OK && p11->C_SignUpdate(session, data, 2) == CKR_OK);
    CHECK(p11->C_Sign(session, data, 4, out, &length) == CKR_OPERATION_ACTIVE);
    CHECK(p11->C_SignFinal(session, out, &length) == CKR_OPERATION_NOT_INITIALIZED);
    CHECK(p11->C_VerifyInit(session, &rsa, public) == CKR_OK && p11->C_VerifyUpdate(session, data, 2) == CKR_OK);
    CHECK(p11->C_Verify(session, data, 4, out, 384) == CKR_OPERATION_ACTIVE);
    CHECK(p11->C_VerifyFinal(session, out, 384) == CKR_OPERATION_NOT_INITIALIZED);
    end();
}

static void Single_part_operation_is_not_continued_in_parts(void)
{
    CK_MECHANISM sha256 = { CKM_SHA256, NULL, 0 }, rsa = { CKM_SHA256_RSA_PKCS, NULL, 0 };
    CK_BYTE data[] = "data", out[512];
    CK_ULONG length = 0;
    begin("rsa");
    CK_OBJECT_HANDLE private = find(CKO_PRIVATE_KEY);
    CHECK(p11->C_DigestInit(session, &sha256) == CKR_OK && p11->C_Digest(session, data, 4, NULL, &length) == CKR_OK);
    CHECK(p11->C_DigestFinal(session, out, &length) == CKR_OPERATION_ACTIVE);
    CHECK(p11->C_Digest(session, data, 4, out, &length) == CKR_OPERATION_NOT_INITIALIZED);
    CHECK(p11->C_SignInit(session, &rsa, private) == CKR_OK && p11->C_Sign(session, data, 4, NULL, &length) == CKR_OK);
    CHECK(p11->C_SignUpdate(session, data, 4) == CKR_OPERATION_ACTIVE);
    CHECK(p11->C_Sign(session, data, 4, out, &length) == CKR_OPERATION_NOT_INITIALIZED);
    end();
}

static void Keys_and_mechanisms_must_fit(void)
{
    CK_MECHANISM ecdsa = { CKM_ECDSA, NULL, 0 }, unknown = { CKM_RSA_X_509, NULL, 0 }, digest = { CKM_SHA256, NULL, 0 };
    CK_MECHANISM rsa = { CKM_SHA256_RSA_PKCS, NULL, 0 };
    begin("rsa");
    CHECK(p11->C_SignInit(session, &ecdsa, find(CKO_PRIVATE_KEY)) == CKR_KEY_TYPE_INCONSISTENT);
    CHECK(p11->C_SignInit(session, &unknown, find(CKO_PRIVATE_KEY)) == CKR_MECHANISM_INVALID);
    CHECK(p11->C_SignInit(session, &digest, find(CKO_PRIVATE_KEY)) == CKR_MECHANISM_INVALID);
    CHECK(p11->C_SignInit(session, &rsa, find(CKO_PUBLIC_KEY)) == CKR_KEY_FUNCTION_NOT_PERMITTED);
    CHECK(p11->C_VerifyInit(session, &rsa, find(CKO_PRIVATE_KEY)) == CKR_KEY_FUNCTION_NOT_PERMITTED);
    CHECK(p11->C_SignInit(session, &rsa, find(CKO_CERTIFICATE)) == CKR_KEY_HANDLE_INVALID);
    CHECK(p11->C_SignInit(session, &rsa, 0) == CKR_KEY_HANDLE_INVALID);
    end();
}

static void PSS_parameters_must_match_the_server(void)
{
    CK_RSA_PKCS_PSS_PARAMS parameters = { CKM_SHA256, CKG_MGF1_SHA256, 32 };
    CK_MECHANISM mechanism = { CKM_RSA_PKCS_PSS, &parameters, sizeof parameters };
    begin("rsa");
    CK_OBJECT_HANDLE key = find(CKO_PRIVATE_KEY);
    CHECK(p11->C_SignInit(session, &mechanism, key) == CKR_OK && p11->C_SignInit(session, NULL, 0) == CKR_OK);
    parameters.sLen = 20;
    CHECK(p11->C_SignInit(session, &mechanism, key) == CKR_MECHANISM_PARAM_INVALID);
    parameters = (CK_RSA_PKCS_PSS_PARAMS){ CKM_SHA256, CKG_MGF1_SHA384, 32 };
    CHECK(p11->C_SignInit(session, &mechanism, key) == CKR_MECHANISM_PARAM_INVALID);
    parameters = (CK_RSA_PKCS_PSS_PARAMS){ CKM_SHA_1, CKG_MGF1_SHA1, 20 };
    CHECK(p11->C_SignInit(session, &mechanism, key) == CKR_MECHANISM_PARAM_INVALID);
    parameters = (CK_RSA_PKCS_PSS_PARAMS){ CKM_SHA384, CKG_MGF1_SHA384, 48 };
    mechanism.mechanism = CKM_SHA256_RSA_PKCS_PSS;
    CHECK(p11->C_SignInit(session, &mechanism, key) == CKR_MECHANISM_PARAM_INVALID);
    mechanism.ulParameterLen--;
    CHECK(p11->C_SignInit(session, &mechanism, key) == CKR_MECHANISM_PARAM_INVALID);
    end();
}

static void ECDSA_accepts_digests_of_three_lengths(void)
{
    CK_MECHANISM mechanism = { CKM_ECDSA, NULL, 0 };
    CK_BYTE digest[129] = { 1 }, signature[64];
    begin("ec");
    CK_OBJECT_HANDLE key = find(CKO_PRIVATE_KEY);
    for (CK_ULONG length = 0; length <= sizeof digest; length++) {
        CK_ULONG made = sizeof signature;
        bool good = length == 32 || length == 48 || length == 64;
        CHECK(p11->C_SignInit(session, &mechanism, key) == CKR_OK);
        CHECK(p11->C_Sign(session, digest, length, signature, &made) == (good ? CKR_OK : CKR_DATA_LEN_RANGE));
    }
    end();
}

static void Wrong_signature_does_not_verify(void)
{
    CK_MECHANISM mechanism = { CKM_ECDSA_SHA256, NULL, 0 };
    CK_BYTE data[] = "data", signature[64] = { 1 };
    begin("ec");
    CK_OBJECT_HANDLE key = find(CKO_PUBLIC_KEY);
    CHECK(p11->C_VerifyInit(session, &mechanism, key) == CKR_OK);
    CHECK(p11->C_Verify(session, data, 4, signature, 64) == CKR_SIGNATURE_INVALID);
    CHECK(p11->C_VerifyInit(session, &mechanism, key) == CKR_OK);
    CHECK(p11->C_Verify(session, data, 4, signature, 63) == CKR_SIGNATURE_LEN_RANGE);
    CHECK(p11->C_Verify(session, data, 4, signature, 64) == CKR_OPERATION_NOT_INITIALIZED);
    CHECK(p11->C_VerifyInit(session, &mechanism, key) == CKR_OK && p11->C_VerifyUpdate(session, data, 4) == CKR_OK);
    CHECK(p11->C_VerifyFinal(session, signature, 64) == CKR_SIGNATURE_INVALID);
    end();
}

static void Digests_are_those_of_FIPS_180(void)
{
    static const struct {
        CK_MECHANISM_TYPE type;
        CK_ULONG length;
        unsigned char first;
    } abc[] = { { CKM_SHA_1, 20, 0xa9 }, { CKM_SHA256, 32, 0xba }, { CKM_SHA384, 48, 0xcb }, { CKM_SHA512, 64, 0xdd } };
    CK_BYTE digest[64];
    begin("rsa");
    for (int i = 0; i < 4; i++) {
        CK_MECHANISM mechanism = { abc[i].type, NULL, 0 };
        CK_ULONG length = 0;
        CHECK(p11->C_DigestInit(session, &mechanism) == CKR_OK);
        CHECK(p11->C_Digest(session, (CK_BYTE *)"abc", 3, NULL, &length) == CKR_OK && length == abc[i].length);
        CHECK(p11->C_Digest(session, (CK_BYTE *)"abc", 3, digest, &length) == CKR_OK && digest[0] == abc[i].first);
        CHECK(p11->C_DigestInit(session, &mechanism) == CKR_OK);
        CHECK(p11->C_DigestUpdate(session, (CK_BYTE *)"a", 1) == CKR_OK && p11->C_DigestUpdate(session, (CK_BYTE *)"bc", 2) == CKR_OK);
        CHECK(p11->C_DigestFinal(session, digest, &length) == CKR_OK && digest[0] == abc[i].first);
    }
    CK_MECHANISM signing = { CKM_ECDSA, NULL, 0 };
    CHECK(p11->C_DigestInit(session, &signing) == CKR_MECHANISM_INVALID);
    end();
}

static void Random_bytes_differ_and_seeds_are_refused(void)
{
    CK_BYTE first[32], second[32];
    begin("rsa");
    CHECK(p11->C_GenerateRandom(session, first, 32) == CKR_OK && p11->C_GenerateRandom(session, second, 32) == CKR_OK);
    CHECK(memcmp(first, second, 32) != 0);
    CHECK(p11->C_SeedRandom(session, first, 32) == CKR_RANDOM_SEED_NOT_SUPPORTED);
    end();
}

static void Unsupported_functions_are_reported(void)
{
    CK_MECHANISM mechanism = { CKM_RSA_PKCS, NULL, 0 };
    CK_OBJECT_HANDLE handle = 1;
    begin("rsa");
    CHECK(p11->C_GenerateKey(session, &mechanism, NULL, 0, &handle) == CKR_FUNCTION_NOT_SUPPORTED);
    CHECK(p11->C_GenerateKey(~0UL, &mechanism, NULL, 0, &handle) == CKR_SESSION_HANDLE_INVALID);
    CHECK(p11->C_DecryptInit(session, &mechanism, 1) == CKR_FUNCTION_NOT_SUPPORTED);
    CHECK(p11->C_WrapKey(session, &mechanism, 1, 1, NULL, NULL) == CKR_FUNCTION_NOT_SUPPORTED);
    CHECK(p11->C_SetPIN(session, NULL, 0, NULL, 0) == CKR_FUNCTION_NOT_SUPPORTED);
    CHECK(p11->C_GetFunctionStatus(session) == CKR_FUNCTION_NOT_PARALLEL);
    end();
}

/* The leaf's attributes as a program copies them: read from the token, given to C_CreateObject. */
typedef struct copied {
    CK_OBJECT_CLASS class;
    CK_CERTIFICATE_TYPE type;
    CK_BBOOL token;
    char subject[256], value[4096], id[4];
    CK_ATTRIBUTE template[7];
} copied;

enum { copied_count = 7 };

static void copy_leaf(copied *c)
{
    CK_OBJECT_HANDLE leaf = find(CKO_CERTIFICATE);
    *c = (copied){ .class = CKO_CERTIFICATE, .type = CKC_X_509, .token = CK_FALSE, .id = { 1, 2, 3, 4 } };
    size_t subject = read_bytes(leaf, CKA_SUBJECT, c->subject, sizeof c->subject);
    size_t value = read_bytes(leaf, CKA_VALUE, c->value, sizeof c->value);
    CK_ATTRIBUTE template[] = {
        { CKA_CLASS, &c->class, sizeof c->class }, { CKA_CERTIFICATE_TYPE, &c->type, sizeof c->type }, { CKA_TOKEN, &c->token, 1 },
        { CKA_SUBJECT, c->subject, subject },      { CKA_VALUE, c->value, value },                    { CKA_ID, c->id, sizeof c->id },
        { CKA_LABEL, (void *)"mine", 4 },
    };
    memcpy(c->template, template, sizeof template);
}

static void Application_certificate_ends_with_its_session(void)
{
    copied c;
    CK_OBJECT_HANDLE made, objects[8];
    CK_SESSION_HANDLE first, second;
    CK_ULONG size = 0;
    CK_BYTE url[1], check[3];
    begin("rsa");
    copy_leaf(&c);
    first = session;
    CHECK(p11->C_CreateObject(first, c.template, copied_count, &made) == CKR_OK);
    CHECK(p11->C_OpenSession(slot_named("rsa"), CKF_SERIAL_SESSION, NULL, NULL, &second) == CKR_OK);
    session = second;
    CHECK(find_all("mine", objects, 8) == 1 && objects[0] == made && find_all(NULL, objects, 8) == 4);
    CHECK(p11->C_GetObjectSize(session, made, &size) == CKR_OK && size == c.template[4].ulValueLen);
    CK_ATTRIBUTE defaults[] = { { CKA_URL, url, 1 }, { CKA_CHECK_VALUE, check, 3 }, { CKA_ISSUER, NULL, 0 }, { CKA_MODULUS, NULL, 0 } };
    CHECK(p11->C_GetAttributeValue(session, made, defaults, 3) == CKR_OK && defaults[0].ulValueLen == 0 && defaults[1].ulValueLen == 3);
    CHECK(p11->C_GetAttributeValue(session, made, defaults, 4) == CKR_ATTRIBUTE_TYPE_INVALID);
    CHECK(p11->C_OpenSession(slot_named("ec"), CKF_SERIAL_SESSION, NULL, NULL, &session) == CKR_OK);
    CHECK(find_all("mine", objects, 8) == 0 && p11->C_GetObjectSize(session, made, &size) == CKR_OBJECT_HANDLE_INVALID);
    session = second;
    CHECK(p11->C_CloseSession(first) == CKR_OK);
    CHECK(find_all("mine", objects, 8) == 0 && p11->C_GetObjectSize(session, made, &size) == CKR_OBJECT_HANDLE_INVALID);
    end();
}

static void Application_certificate_is_changed_copied_and_destroyed(void)
{
    copied c;
    CK_OBJECT_HANDLE made, copy, objects[8];
    CK_ULONG size;
    CK_BBOOL no = CK_FALSE;
    begin("rsa");
    copy_leaf(&c);
    CHECK(p11->C_CreateObject(session, c.template, copied_count, &made) == CKR_OK);
    CK_ATTRIBUTE other = { CKA_LABEL, (void *)"other", 5 }, subject = { CKA_SUBJECT, c.subject, 4 }, unknown = { 999, c.subject, 4 };
    CK_ATTRIBUTE both[] = { other, subject }, frozen[] = { other, { CKA_MODIFIABLE, &no, 1 }, { CKA_DESTROYABLE, &no, 1 } };
    CHECK(p11->C_SetAttributeValue(session, made, both, 2) == CKR_ATTRIBUTE_READ_ONLY && find_all("other", objects, 8) == 0);
    CHECK(p11->C_SetAttributeValue(session, made, &unknown, 1) == CKR_ATTRIBUTE_TYPE_INVALID);
    CHECK(p11->C_CopyObject(session, made, frozen, 3, &copy) == CKR_OK && copy != made);
    CHECK(find_all("mine", objects, 8) == 1 && find_all("other", objects, 8) == 1 && objects[0] == copy);
    CHECK(p11->C_SetAttributeValue(session, copy, &other, 1) == CKR_ACTION_PROHIBITED);
    CHECK(p11->C_DestroyObject(session, copy) == CKR_ACTION_PROHIBITED);
    CHECK(p11->C_SetAttributeValue(session, made, &other, 1) == CKR_OK && find_all("other", objects, 8) == 2);
    CHECK(p11->C_DestroyObject(session, made) == CKR_OK && p11->C_DestroyObject(session, made) == CKR_OBJECT_HANDLE_INVALID);
    /* A certificate of the token is copied too, into the session. */
    CK_ATTRIBUTE into_session = { CKA_TOKEN, &no, 1 };
    CHECK(p11->C_CopyObject(session, find(CKO_PUBLIC_KEY), &into_session, 1, &copy) == CKR_ACTION_PROHIBITED);
    CHECK(p11->C_CopyObject(session, find(CKO_CERTIFICATE), NULL, 0, &copy) == CKR_SESSION_READ_ONLY);
    CHECK(p11->C_CopyObject(session, find(CKO_CERTIFICATE), &into_session, 1, &copy) == CKR_OK && p11->C_GetObjectSize(session, copy, &size) == CKR_OK);
    CHECK(p11->C_DestroyObject(session, copy) == CKR_ACTION_PROHIBITED); /* as its original */
    end();
}

static void Created_objects_are_checked_and_private_keys_refused(void)
{
    copied c;
    CK_OBJECT_HANDLE made;
    CK_SESSION_HANDLE writable;
    CK_OBJECT_CLASS private = CKO_PRIVATE_KEY, secret = CKO_SECRET_KEY;
    CK_BBOOL yes = CK_TRUE, odd = 7;
    begin("rsa");
    CHECK(p11->C_OpenSession(slot_named("rsa"), CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &writable) == CKR_OK);
    copy_leaf(&c);
    CHECK(p11->C_CreateObject(session, c.template, copied_count, NULL) == CKR_ARGUMENTS_BAD);
    CHECK(p11->C_CreateObject(session, NULL, 1, &made) == CKR_ARGUMENTS_BAD);
    CHECK(p11->C_CreateObject(session, c.template, 0, &made) == CKR_TEMPLATE_INCOMPLETE);
    CHECK(p11->C_CreateObject(session, c.template, 4, &made) == CKR_TEMPLATE_INCOMPLETE); /* no value */
    static const struct {
        int at;
        CK_ATTRIBUTE_TYPE type;
        CK_RV rv, in_writable;
    } wrong[] = {
        { 6, CKA_MODULUS, CKR_TEMPLATE_INCONSISTENT, CKR_TEMPLATE_INCONSISTENT },
        { 6, CKA_APPLICATION, CKR_TEMPLATE_INCONSISTENT, CKR_TEMPLATE_INCONSISTENT },
        { 6, 0x80000001, CKR_ATTRIBUTE_TYPE_INVALID, CKR_ATTRIBUTE_TYPE_INVALID },
        { 6, CKA_ID, CKR_TEMPLATE_INCONSISTENT, CKR_TEMPLATE_INCONSISTENT }, /* another than the one before */
        { 6, CKA_START_DATE, CKR_ATTRIBUTE_VALUE_INVALID, CKR_ATTRIBUTE_VALUE_INVALID },
        { 6, CKA_CHECK_VALUE, CKR_ATTRIBUTE_VALUE_INVALID, CKR_ATTRIBUTE_VALUE_INVALID },
        { 4, CKA_SUBJECT, CKR_TEMPLATE_INCONSISTENT, CKR_TEMPLATE_INCONSISTENT },
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        copy_leaf(&c);
        c.template[wrong[i].at].type = wrong[i].type;
        CHECK(p11->C_CreateObject(session, c.template, copied_count, &made) == wrong[i].rv);
        CHECK(p11->C_CreateObject(writable, c.template, copied_count, &made) == wrong[i].in_writable);
    }
    copy_leaf(&c);
    c.value[0] = 0;
    CHECK(p11->C_CreateObject(session, c.template, copied_count, &made) == CKR_ATTRIBUTE_VALUE_INVALID);
    copy_leaf(&c);
    c.token = CK_TRUE;
    CHECK(p11->C_CreateObject(session, c.template, copied_count, &made) == CKR_SESSION_READ_ONLY);
    CHECK(p11->C_CreateObject(writable, c.template, copied_count, &made) == CKR_TOKEN_WRITE_PROTECTED);
    copy_leaf(&c);
    c.template[6] = (CK_ATTRIBUTE){ CKA_TRUSTED, &yes, 1 };
    CHECK(p11->C_CreateObject(session, c.template, copied_count, &made) == CKR_ATTRIBUTE_READ_ONLY);
    c.template[6] = (CK_ATTRIBUTE){ CKA_MODIFIABLE, &odd, 1 };
    CHECK(p11->C_CreateObject(session, c.template, copied_count, &made) == CKR_ATTRIBUTE_VALUE_INVALID);
    c.template[6] = (CK_ATTRIBUTE){ CKA_PRIVATE, &yes, 1 };
    CHECK(p11->C_CreateObject(session, c.template, copied_count, &made) == CKR_USER_NOT_LOGGED_IN);
    CHECK(p11->C_Login(session, CKU_USER, NULL, 0) == CKR_OK);
    CHECK(p11->C_CreateObject(session, c.template, copied_count, &made) == CKR_OK);
    CHECK(p11->C_Logout(session) == CKR_OK && p11->C_DestroyObject(session, made) == CKR_OBJECT_HANDLE_INVALID);
    CK_ATTRIBUTE key = { CKA_CLASS, &private, sizeof private };
    CHECK(p11->C_CreateObject(writable, &key, 1, &made) == CKR_ATTRIBUTE_VALUE_INVALID);
    key.pValue = &secret;
    CHECK(p11->C_CreateObject(writable, &key, 1, &made) == CKR_ATTRIBUTE_VALUE_INVALID);
    CHECK(p11->C_DestroyObject(session, find(CKO_PRIVATE_KEY)) == CKR_SESSION_READ_ONLY);
    CHECK(p11->C_DestroyObject(writable, find(CKO_PRIVATE_KEY)) == CKR_ACTION_PROHIBITED);
    end();
}

/* A key pair whose public half the application creates as a session object. */
typedef struct key_pair {
    EVP_PKEY *pair;
    CK_OBJECT_CLASS class;
    CK_KEY_TYPE type;
    CK_BYTE first[600], second[600]; /* modulus and exponent, or curve and point */
    CK_ATTRIBUTE template[4];
} key_pair;

static void make_rsa_key(key_pair *k, unsigned bits)
{
    BIGNUM *modulus = NULL, *exponent = NULL;
    *k = (key_pair){ .pair = EVP_RSA_gen(bits), .class = CKO_PUBLIC_KEY, .type = CKK_RSA };
    EVP_PKEY_get_bn_param(k->pair, OSSL_PKEY_PARAM_RSA_N, &modulus);
    EVP_PKEY_get_bn_param(k->pair, OSSL_PKEY_PARAM_RSA_E, &exponent);
    CK_ATTRIBUTE template[] = {
        { CKA_CLASS, &k->class, sizeof k->class },
        { CKA_KEY_TYPE, &k->type, sizeof k->type },
        { CKA_MODULUS, k->first, (CK_ULONG)BN_bn2bin(modulus, k->first) },
        { CKA_PUBLIC_EXPONENT, k->second, (CK_ULONG)BN_bn2bin(exponent, k->second) },
    };
    memcpy(k->template, template, sizeof template);
    BN_free(modulus);
    BN_free(exponent);
}

static void make_ec_key(key_pair *k, const char *curve)
{
    static const CK_BYTE p256[] = { 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07 };
    static const CK_BYTE p521[] = { 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x23 };
    bool large = strcmp(curve, "P-521") == 0;
    size_t length = 0, header = large ? 3 : 2;
    *k = (key_pair){ .pair = EVP_EC_gen(curve), .class = CKO_PUBLIC_KEY, .type = CKK_EC };
    memcpy(k->first, large ? p521 : p256, large ? sizeof p521 : sizeof p256);
    EVP_PKEY_get_octet_string_param(k->pair, OSSL_PKEY_PARAM_PUB_KEY, k->second + header, sizeof k->second - header, &length);
    memcpy(k->second, large ? "\x04\x81" : "\x04", header - 1); /* OCTET STRING */
    k->second[header - 1] = (CK_BYTE)length;
    CK_ATTRIBUTE template[] = {
        { CKA_CLASS, &k->class, sizeof k->class },
        { CKA_KEY_TYPE, &k->type, sizeof k->type },
        { CKA_EC_PARAMS, k->first, large ? sizeof p521 : sizeof p256 },
        { CKA_EC_POINT, k->second, (CK_ULONG)(header + length) },
    };
    memcpy(k->template, template, sizeof template);
}

/* Signs "data" with SHA-256, as PKCS#11 wants it: ECDSA as r and s. */
static CK_ULONG sign_outside(const key_pair *k, CK_BYTE *signature)
{
    unsigned char der[600];
    size_t length = sizeof der;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    CHECK(EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, k->pair) == 1);
    CHECK(EVP_DigestSign(context, der, &length, (const unsigned char *)"data", 4) == 1);
    EVP_MD_CTX_free(context);
    memcpy(signature, der, length);
    if (k->type == CKK_RSA)
        return (CK_ULONG)length;
    const unsigned char *at = der;
    int half = (EVP_PKEY_get_bits(k->pair) + 7) / 8;
    ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &at, (long)length);
    BN_bn2binpad(ECDSA_SIG_get0_r(pair), signature, half);
    BN_bn2binpad(ECDSA_SIG_get0_s(pair), signature + half, half);
    ECDSA_SIG_free(pair);
    return 2 * (CK_ULONG)half;
}

static void Application_public_key_verifies(void)
{
    begin("rsa");
    for (int i = 0; i < 2; i++) {
        key_pair k;
        CK_OBJECT_HANDLE key = 0;
        CK_MECHANISM mechanism = { i == 0 ? CKM_SHA256_RSA_PKCS : CKM_ECDSA_SHA256, NULL, 0 };
        CK_MECHANISM other = { i == 0 ? CKM_ECDSA_SHA256 : CKM_SHA256_RSA_PKCS, NULL, 0 };
        CK_BYTE signature[600], info[600];
        CK_ULONG bits = 0, size = 0;
        i == 0 ? make_rsa_key(&k, 2048) : make_ec_key(&k, "P-256");
        CK_ULONG length = sign_outside(&k, signature);
        CHECK(p11->C_CreateObject(session, k.template, 4, &key) == CKR_OK);
        CHECK(p11->C_VerifyInit(session, &other, key) == CKR_KEY_TYPE_INCONSISTENT);
        CHECK(p11->C_SignInit(session, &mechanism, key) == CKR_KEY_FUNCTION_NOT_PERMITTED);
        CHECK(p11->C_VerifyInit(session, &mechanism, key) == CKR_OK);
        CHECK(p11->C_Verify(session, (CK_BYTE *)"data", 4, signature, length) == CKR_OK);
        CHECK(p11->C_VerifyInit(session, &mechanism, key) == CKR_OK);
        CHECK(p11->C_Verify(session, (CK_BYTE *)"Data", 4, signature, length) == CKR_SIGNATURE_INVALID);
        unsigned char *der = NULL;
        int der_length = i2d_PUBKEY(k.pair, &der);
        CHECK(read_bytes(key, CKA_PUBLIC_KEY_INFO, (char *)info, sizeof info) == (size_t)der_length && memcmp(info, der, (size_t)der_length) == 0);
        CHECK(p11->C_GetObjectSize(session, key, &size) == CKR_OK && size == (CK_ULONG)der_length);
        CK_ATTRIBUTE modulus_bits = { CKA_MODULUS_BITS, &bits, sizeof bits };
        CHECK(i == 1 || (p11->C_GetAttributeValue(session, key, &modulus_bits, 1) == CKR_OK && bits == 2048));
        /* An operation does not need the object any more. */
        CHECK(p11->C_VerifyInit(session, &mechanism, key) == CKR_OK && p11->C_DestroyObject(session, key) == CKR_OK);
        CHECK(p11->C_VerifyUpdate(session, (CK_BYTE *)"data", 4) == CKR_OK);
        CHECK(p11->C_VerifyFinal(session, signature, length) == CKR_OK);
        CHECK(p11->C_VerifyInit(session, &mechanism, key) == CKR_KEY_HANDLE_INVALID);
        OPENSSL_free(der);
        EVP_PKEY_free(k.pair);
    }
    end();
}

/* PKCS#11 Current Mechanisms v2.40, section 2.3.1, and what SunPKCS11 does. */
static void ECDSA_signature_may_lack_leading_zeros(void)
{
    key_pair k;
    CK_OBJECT_HANDLE key;
    CK_MECHANISM mechanism = { CKM_ECDSA_SHA256, NULL, 0 };
    CK_BYTE signature[600], shorter[130];
    begin("ec");
    make_ec_key(&k, "P-521");
    CHECK(p11->C_CreateObject(session, k.template, 4, &key) == CKR_OK);
    do
        sign_outside(&k, signature);
    while (signature[0] != 0 || signature[66] != 0);
    memcpy(shorter, signature + 1, 65);
    memcpy(shorter + 65, signature + 67, 65);
    for (CK_ULONG length = 0; length <= 133; length++) {
        CK_RV expected = length == 130 || length == 132 ? CKR_OK
            : length == 0 || length > 132 || length % 2 == 1 ? CKR_SIGNATURE_LEN_RANGE
                                                             : CKR_SIGNATURE_INVALID;
        CHECK(p11->C_VerifyInit(session, &mechanism, key) == CKR_OK);
        CHECK(p11->C_Verify(session, (CK_BYTE *)"data", 4, length > 130 ? signature : shorter, length) == expected);
    }
    EVP_PKEY_free(k.pair);
    end();
}

static void Application_public_key_is_checked(void)
{
    key_pair rsa, ec, small;
    CK_OBJECT_HANDLE key;
    CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
    CK_ULONG bits = 2049, kind = CKK_DSA;
    CK_MECHANISM mechanism = { CKM_SHA256_RSA_PKCS, NULL, 0 };
    begin("rsa");
    make_rsa_key(&rsa, 2048);
    make_rsa_key(&small, 1024);
    make_ec_key(&ec, "P-256");
    for (CK_ULONG count = 1; count < 4; count++) {
        CHECK(p11->C_CreateObject(session, rsa.template, count, &key) == CKR_TEMPLATE_INCOMPLETE);
        CHECK(p11->C_CreateObject(session, ec.template, count, &key) == CKR_TEMPLATE_INCOMPLETE);
    }
    CHECK(p11->C_CreateObject(session, small.template, 4, &key) == CKR_ATTRIBUTE_VALUE_INVALID);
    const struct {
        CK_ATTRIBUTE added;
        CK_RV rv;
    } wrong[] = {
        { { CKA_TOKEN, &yes, 1 }, CKR_SESSION_READ_ONLY },
        { { CKA_PRIVATE, &yes, 1 }, CKR_USER_NOT_LOGGED_IN },
        { { CKA_TRUSTED, &yes, 1 }, CKR_ATTRIBUTE_READ_ONLY },
        { { CKA_LOCAL, &yes, 1 }, CKR_ATTRIBUTE_READ_ONLY },
        { { CKA_MODULUS_BITS, &bits, sizeof bits }, CKR_ATTRIBUTE_VALUE_INVALID },
        { { CKA_PUBLIC_KEY_INFO, &bits, sizeof bits }, CKR_ATTRIBUTE_VALUE_INVALID },
        { { CKA_EC_POINT, ec.second, 67 }, CKR_TEMPLATE_INCONSISTENT },
        { { CKA_VALUE, ec.second, 67 }, CKR_TEMPLATE_INCONSISTENT },
        { { CKA_PRIVATE_EXPONENT, ec.second, 67 }, CKR_TEMPLATE_INCONSISTENT },
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        CK_ATTRIBUTE template[] = { rsa.template[0], rsa.template[1], rsa.template[2], rsa.template[3], wrong[i].added };
        CHECK(p11->C_CreateObject(session, template, 5, &key) == wrong[i].rv);
    }
    rsa.template[1].pValue = &kind;
    CHECK(p11->C_CreateObject(session, rsa.template, 4, &key) == CKR_ATTRIBUTE_VALUE_INVALID);
    ec.template[3] = (CK_ATTRIBUTE){ CKA_EC_POINT, ec.second + 2, 65 }; /* not in an OCTET STRING */
    CHECK(p11->C_CreateObject(session, ec.template, 4, &key) == CKR_ATTRIBUTE_VALUE_INVALID);
    rsa.template[1].pValue = &rsa.type;
    CHECK(p11->C_CreateObject(session, rsa.template, 4, &key) == CKR_OK);
    CK_ATTRIBUTE verify = { CKA_VERIFY, &no, 1 }, modulus = { CKA_MODULUS, rsa.first, 256 };
    CHECK(p11->C_SetAttributeValue(session, key, &modulus, 1) == CKR_ATTRIBUTE_READ_ONLY);
    CHECK(p11->C_SetAttributeValue(session, key, &verify, 1) == CKR_OK);
    CHECK(p11->C_VerifyInit(session, &mechanism, key) == CKR_KEY_FUNCTION_NOT_PERMITTED);
    EVP_PKEY_free(rsa.pair);
    EVP_PKEY_free(small.pair);
    EVP_PKEY_free(ec.pair);
    end();
}

static void Application_objects_have_a_limit(void)
{
    static char large[4 * 1024 * 1024];
    CK_OBJECT_CLASS data = CKO_DATA;
    CK_OBJECT_HANDLE made = 0;
    CK_ATTRIBUTE template[] = { { CKA_CLASS, &data, sizeof data }, { CKA_VALUE, large, sizeof large } };
    CK_RV rv = CKR_OK;
    int count = 0;
    begin("rsa");
    while (count < 100 && (rv = p11->C_CreateObject(session, template, 2, &made)) == CKR_OK)
        count++;
    CHECK(rv == CKR_DEVICE_MEMORY && count == 7);
    CHECK(p11->C_DestroyObject(session, made) == CKR_OK && p11->C_CreateObject(session, template, 2, &made) == CKR_OK);
    end();
}

static void New_certificate_creates_new_objects_and_ends_the_old(void)
{
    CK_ULONG size, kind;
    begin("ec");
    CK_OBJECT_HANDLE old = find(CKO_PRIVATE_KEY);
    certificate_changed = true;
    script_advance(61000);
    CK_OBJECT_HANDLE new = find(CKO_PRIVATE_KEY);
    CHECK(new != CK_INVALID_HANDLE && new != old);
    CHECK(p11->C_GetObjectSize(session, old, &size) == CKR_OBJECT_HANDLE_INVALID);
    CK_ATTRIBUTE type = { CKA_KEY_TYPE, &kind, sizeof kind };
    CHECK(p11->C_GetAttributeValue(session, new, &type, 1) == CKR_OK && kind == CKK_RSA);
    end();
}

static void Unavailable_server_leaves_known_objects(void)
{
    CK_MECHANISM mechanism = { CKM_ECDSA_SHA256, NULL, 0 };
    CK_BYTE signature[64];
    CK_ULONG length = sizeof signature;
    begin("ec");
    CK_OBJECT_HANDLE key = find(CKO_PRIVATE_KEY);
    script_advance(61000);
    down = true;
    CHECK(find(CKO_PRIVATE_KEY) == key);
    CHECK(p11->C_SignInit(session, &mechanism, key) == CKR_OK);
    CHECK(p11->C_Sign(session, (CK_BYTE *)"x", 1, signature, &length) == CKR_FUNCTION_FAILED);
    end();
}

static int in_child(void)
{
    CK_ULONG count;
    if (p11->C_GetSlotList(CK_TRUE, NULL, &count) != CKR_CRYPTOKI_NOT_INITIALIZED)
        return 1;
    if (p11->C_CloseSession(session) != CKR_CRYPTOKI_NOT_INITIALIZED || p11->C_Finalize(NULL) != CKR_CRYPTOKI_NOT_INITIALIZED)
        return 2;
    if (p11->C_Initialize(NULL) != CKR_OK || slot_named("ec") == 0)
        return 3;
    return p11->C_Finalize(NULL) == CKR_OK ? 0 : 4;
}

static void Forked_child_starts_fresh_and_does_not_affect_its_parent(void)
{
    int status = -1;
    begin("ec");
    pid_t child = fork();
    if (child == 0)
        _exit(in_child());
    CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
    CHECK(find(CKO_PRIVATE_KEY) != CK_INVALID_HANDLE);
    end();
}

static void read_certificate(const char *name, char *text, size_t capacity)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", getenv("CERTIFICATES"), name);
    FILE *file = fopen(path, "r");
    size_t length = file != NULL ? fread(text, 1, capacity - 1, file) : 0;
    text[length] = '\0';
    if (file != NULL)
        fclose(file);
}

int main(void)
{
    read_certificate("rsa3072.pem", chain[0], sizeof chain[0]);
    read_certificate("p256.pem", chain[1], sizeof chain[1]);
    read_certificate("names.pem", chain[2], sizeof chain[2]);
    setenv("CODESIGNING_SERVER_URL", "https://server", 1);
    setenv("CODESIGNING_TOKEN", "token", 1);
    setenv("HOME", "/nowhere", 1);
    if (C_GetFunctionList(NULL) != CKR_ARGUMENTS_BAD || C_GetFunctionList(&p11) != CKR_OK)
        return 1;
    RUN(Every_function_exists_and_the_version_is_2_40);
    RUN(Nothing_works_before_initialisation_or_after_the_end);
    RUN(Initialisation_arguments_are_checked);
    RUN(Initialisation_touches_no_network);
    RUN(Missing_server_setting_is_reported);
    RUN(Identity_without_a_signer_is_reported);
    RUN(Slots_follow_the_two_call_convention);
    RUN(Unknown_slot_is_requested_once_and_refused);
    RUN(Slot_events_are_not_awaited);
    RUN(Sessions_open_read_only_and_read_write);
    RUN(Closed_handle_does_not_name_the_next_session);
    RUN(Login_is_accepted_and_tracked_though_none_is_required);
    RUN(PIN_without_configuration_logs_in_to_one_slot);
    RUN(Attributes_follow_the_rules_of_lengths);
    RUN(Only_key_and_leaf_share_an_id);
    RUN(Slots_come_in_name_order_and_keep_their_ids);
    RUN(Only_the_leaf_and_the_keys_bear_the_signers_name);
    RUN(Renamed_signer_keeps_its_slot_and_loses_its_name);
    RUN(Standard_attributes_of_certificates_and_keys_can_be_read);
    RUN(Object_of_one_token_is_unknown_to_another);
    RUN(Search_must_be_begun_and_ended);
    RUN(Signature_follows_the_two_call_convention);
    RUN(Multipart_operation_is_not_ended_by_a_single_part_call);
    RUN(Single_part_operation_is_not_continued_in_parts);
    RUN(Keys_and_mechanisms_must_fit);
    RUN(PSS_parameters_must_match_the_server);
    RUN(ECDSA_accepts_digests_of_three_lengths);
    RUN(Wrong_signature_does_not_verify);
    RUN(Digests_are_those_of_FIPS_180);
    RUN(Random_bytes_differ_and_seeds_are_refused);
    RUN(Unsupported_functions_are_reported);
    RUN(Application_certificate_ends_with_its_session);
    RUN(Application_certificate_is_changed_copied_and_destroyed);
    RUN(Created_objects_are_checked_and_private_keys_refused);
    RUN(Application_public_key_verifies);
    RUN(ECDSA_signature_may_lack_leading_zeros);
    RUN(Application_public_key_is_checked);
    RUN(Application_objects_have_a_limit);
    RUN(New_certificate_creates_new_objects_and_ends_the_old);
    RUN(Unavailable_server_leaves_known_objects);
    RUN(Forked_child_starts_fresh_and_does_not_affect_its_parent);
    return 0;
}
