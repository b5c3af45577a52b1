/* The function list as a program sees it: what each function answers, well used and ill used. */
#include <p11-kit/pkcs11.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "codesigning/buffer.h"
#include "scripted_transport.h"
#include "test.h"

static CK_FUNCTION_LIST_PTR p11;
static CK_SESSION_HANDLE session;
static char chain[2][32768]; /* rsa3072.pem and p256.pem */
static bool certificate_changed, down;
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
        return script_reply(response, 200, chain[rsa || certificate_changed ? 0 : 1]);
    if (request->body != NULL)
        return sign(request, response);
    return script_reply(response, 200,
                        "{\"items\":[{\"id\":\"sgn_rsa\",\"name\":\"rsa\",\"status\":\"active\",\"keyAlgorithm\":\"RSA_3072\"},"
                        "{\"id\":\"sgn_ec\",\"name\":\"ec\",\"status\":\"active\",\"keyAlgorithm\":\"EC_P256\"}],\"next\":null}");
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
    down = certificate_changed = false;
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

static void Every_function_is_there_and_the_version_is_2_40(void)
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

static void An_unknown_slot_is_asked_for_once_and_refused(void)
{
    CK_SLOT_INFO info;
    CK_SESSION_HANDLE other;
    begin("rsa");
    CHECK(p11->C_GetSlotInfo(12345, &info) == CKR_SLOT_ID_INVALID);
    CHECK(p11->C_OpenSession(12345, CKF_SERIAL_SESSION, NULL, NULL, &other) == CKR_SLOT_ID_INVALID);
    end();
}

static void Events_are_not_waited_for(void)
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

static void A_handle_that_was_closed_does_not_name_the_next_session(void)
{
    CK_SESSION_HANDLE next;
    begin("rsa");
    CHECK(p11->C_CloseSession(session) == CKR_OK);
    CHECK(p11->C_OpenSession(slot_named("rsa"), CKF_SERIAL_SESSION, NULL, NULL, &next) == CKR_OK && next != session);
    CHECK(p11->C_CloseSession(session) == CKR_SESSION_HANDLE_INVALID);
    end();
}

static void A_login_is_taken_and_told_though_none_is_needed(void)
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

static void Without_configuration_a_PIN_logs_in_to_one_slot_with_all_signers(void)
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
    CHECK(p11->C_Login(session, CKU_USER, NULL, 0) == CKR_ARGUMENTS_BAD);
    CHECK(p11->C_Login(session, CKU_USER, (CK_BYTE *)"id:secret", 9) == CKR_OK);
    CK_OBJECT_HANDLE key = find(CKO_PRIVATE_KEY);
    CHECK(key != CK_INVALID_HANDLE);
    CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
    CK_ATTRIBUTE template = { CKA_CLASS, &class, sizeof class };
    CK_OBJECT_HANDLE keys[4];
    CHECK(p11->C_FindObjectsInit(session, &template, 1) == CKR_OK);
    CHECK(p11->C_FindObjects(session, keys, 4, &count) == CKR_OK && count == 2);
    CHECK(p11->C_FindObjectsFinal(session) == CKR_OK);
    CHECK(p11->C_Logout(session) == CKR_OK && find(CKO_PRIVATE_KEY) == CK_INVALID_HANDLE);
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
    CHECK(sensitive == CK_TRUE && extractable == CK_FALSE && private == CK_TRUE && bits == 3072);
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

static void Key_and_leaf_share_an_id_and_others_do_not(void)
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

static void An_object_of_one_token_is_not_known_to_another(void)
{
    CK_OBJECT_HANDLE key;
    CK_ULONG size;
    begin("rsa");
    key = find(CKO_PRIVATE_KEY);
    CHECK(p11->C_OpenSession(slot_named("ec"), CKF_SERIAL_SESSION, NULL, NULL, &session) == CKR_OK);
    CHECK(p11->C_GetObjectSize(session, key, &size) == CKR_OBJECT_HANDLE_INVALID);
    end();
}

static void A_search_has_a_beginning_and_an_end(void)
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

static void A_signature_follows_the_two_call_convention(void)
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
    CHECK(p11->C_SignUpdate(session, data, 2) == CKR_OK && p11->C_Sign(session, data, 4, signature, &length) == CKR_OPERATION_ACTIVE);
    CHECK(p11->C_SignUpdate(session, data + 2, 2) == CKR_OK);
    length = 0;
    CHECK(p11->C_SignFinal(session, signature, &length) == CKR_BUFFER_TOO_SMALL && length == 384);
    CHECK(p11->C_SignFinal(session, signature, &length) == CKR_OK && sign_calls == 2);
    CHECK(p11->C_SignInit(session, &mechanism, key) == CKR_OK && p11->C_SignInit(session, NULL, 0) == CKR_OK);
    CHECK(p11->C_SignFinal(session, signature, &length) == CKR_OPERATION_NOT_INITIALIZED);
    CHECK(p11->C_SignInit(session, &mechanism, key) == CKR_OK && p11->C_Sign(session, NULL, 4, signature, &length) == CKR_ARGUMENTS_BAD);
    CHECK(p11->C_SignInit(session, &mechanism, key) == CKR_OK && p11->C_Sign(session, data, 4, signature, NULL) == CKR_ARGUMENTS_BAD);
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

static void PSS_parameters_are_the_ones_the_server_has(void)
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

static void ECDSA_takes_digests_of_the_three_lengths(void)
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

static void A_signature_that_is_wrong_does_not_verify(void)
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

static void Random_bytes_differ_and_seeds_are_not_taken(void)
{
    CK_BYTE first[32], second[32];
    begin("rsa");
    CHECK(p11->C_GenerateRandom(session, first, 32) == CKR_OK && p11->C_GenerateRandom(session, second, 32) == CKR_OK);
    CHECK(memcmp(first, second, 32) != 0);
    CHECK(p11->C_SeedRandom(session, first, 32) == CKR_RANDOM_SEED_NOT_SUPPORTED);
    end();
}

static void What_a_remote_signer_cannot_do_is_said(void)
{
    CK_MECHANISM mechanism = { CKM_RSA_PKCS, NULL, 0 };
    CK_OBJECT_HANDLE handle = 1;
    begin("rsa");
    CHECK(p11->C_GenerateKey(session, &mechanism, NULL, 0, &handle) == CKR_FUNCTION_NOT_SUPPORTED);
    CHECK(p11->C_DestroyObject(session, 1) == CKR_FUNCTION_NOT_SUPPORTED);
    CHECK(p11->C_CreateObject(session, NULL, 0, &handle) == CKR_FUNCTION_NOT_SUPPORTED);
    CHECK(p11->C_DecryptInit(session, &mechanism, 1) == CKR_FUNCTION_NOT_SUPPORTED);
    CHECK(p11->C_WrapKey(session, &mechanism, 1, 1, NULL, NULL) == CKR_FUNCTION_NOT_SUPPORTED);
    CHECK(p11->C_SetPIN(session, NULL, 0, NULL, 0) == CKR_FUNCTION_NOT_SUPPORTED);
    CHECK(p11->C_GetFunctionStatus(session) == CKR_FUNCTION_NOT_PARALLEL);
    end();
}

static void A_new_certificate_brings_new_objects_and_ends_the_old(void)
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

static void A_server_that_goes_away_leaves_what_is_known(void)
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

static void A_forked_child_starts_anew_and_leaves_its_parent_alone(void)
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
    setenv("CODESIGNING_SERVER_URL", "https://server", 1);
    setenv("CODESIGNING_TOKEN", "token", 1);
    setenv("HOME", "/nowhere", 1);
    if (C_GetFunctionList(NULL) != CKR_ARGUMENTS_BAD || C_GetFunctionList(&p11) != CKR_OK)
        return 1;
    RUN(Every_function_is_there_and_the_version_is_2_40);
    RUN(Nothing_works_before_initialisation_or_after_the_end);
    RUN(Initialisation_arguments_are_checked);
    RUN(Initialisation_touches_no_network);
    RUN(Slots_follow_the_two_call_convention);
    RUN(An_unknown_slot_is_asked_for_once_and_refused);
    RUN(Events_are_not_waited_for);
    RUN(Sessions_open_read_only_and_read_write);
    RUN(A_handle_that_was_closed_does_not_name_the_next_session);
    RUN(A_login_is_taken_and_told_though_none_is_needed);
    RUN(Without_configuration_a_PIN_logs_in_to_one_slot_with_all_signers);
    RUN(Attributes_follow_the_rules_of_lengths);
    RUN(Key_and_leaf_share_an_id_and_others_do_not);
    RUN(An_object_of_one_token_is_not_known_to_another);
    RUN(A_search_has_a_beginning_and_an_end);
    RUN(A_signature_follows_the_two_call_convention);
    RUN(Keys_and_mechanisms_must_fit);
    RUN(PSS_parameters_are_the_ones_the_server_has);
    RUN(ECDSA_takes_digests_of_the_three_lengths);
    RUN(A_signature_that_is_wrong_does_not_verify);
    RUN(Digests_are_those_of_FIPS_180);
    RUN(Random_bytes_differ_and_seeds_are_not_taken);
    RUN(What_a_remote_signer_cannot_do_is_said);
    RUN(A_new_certificate_brings_new_objects_and_ends_the_old);
    RUN(A_server_that_goes_away_leaves_what_is_known);
    RUN(A_forked_child_starts_anew_and_leaves_its_parent_alone);
    return 0;
}
