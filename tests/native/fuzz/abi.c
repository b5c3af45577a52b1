/* The input is a list of calls on the function list: which one, on which session and object, with buffers of which
 * length, well and ill used. Lengths that are told always fit the buffers that are given, as the standard wants of a
 * caller; whatever else is wrong must be answered, not crash. */
#include <p11-kit/pkcs11.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scripted_transport.h"
#include "values/base64.h"

int LLVMFuzzerInitialize(int *count, char ***arguments);
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static CK_FUNCTION_LIST_PTR p11;
static char chain[2][8192];

typedef struct input {
    const unsigned char *at;
    size_t left;
    CK_SESSION_HANDLE sessions[4];
    CK_SLOT_ID slots[4];
    CK_OBJECT_HANDLE objects[8];
} input;

static unsigned take(input *in)
{
    if (in->left == 0)
        return 0;
    in->left--;
    return *in->at++;
}

static cs_result answer(const cs_http_request *request, cs_http_response *response, cs_error *error)
{
    (void)error;
    if (strstr(request->path, "/login") != NULL)
        return script_reply(response, 200, "{\"accessToken\":\"t\",\"expiresIn\":3600}");
    if (strstr(request->path, "/certificate") != NULL)
        return script_reply(response, 200, chain[strstr(request->path, "sgn_rsa") != NULL ? 0 : 1]);
    if (request->body != NULL) {
        static const unsigned char zeros[384];
        cs_buffer reply = { 0 };
        cs_buffer_append_text(&reply, "{\"signature\":\"");
        cs_buffer_append_base64(&reply, zeros, strstr(request->path, "sgn_rsa") != NULL ? 384 : 64);
        cs_buffer_append_text(&reply, "\"}");
        script_reply(response, 200, reply.data);
        cs_buffer_release(&reply);
        return CS_OK;
    }
    return script_reply(response, 200,
                        "{\"items\":[{\"id\":\"sgn_rsa\",\"name\":\"rsa\",\"status\":\"active\",\"keyAlgorithm\":\"RSA_3072\"},"
                        "{\"id\":\"sgn_ec\",\"name\":\"ec\",\"status\":\"active\",\"keyAlgorithm\":\"EC_P256\"}],\"next\":null}");
}

/* A buffer of exactly that length on the heap, so that the sanitizer sees a byte too many; NULL for some. */
static CK_BYTE *buffer(input *in, CK_ULONG *length)
{
    unsigned choice = take(in);
    *length = choice % 8 == 0 ? 0 : choice % 8 == 1 ? 512 : take(in);
    if (choice >= 250)
        return NULL;
    CK_BYTE *bytes = malloc(*length != 0 ? *length : 1);
    for (CK_ULONG i = 0; i < *length; i++)
        bytes[i] = (CK_BYTE)take(in);
    return bytes;
}

static CK_MECHANISM *mechanism(input *in, CK_MECHANISM *made, CK_RSA_PKCS_PSS_PARAMS *parameters)
{
    static const CK_MECHANISM_TYPE types[] = {
        CKM_RSA_PKCS, CKM_SHA256_RSA_PKCS, CKM_RSA_PKCS_PSS, CKM_SHA384_RSA_PKCS_PSS, CKM_ECDSA, CKM_ECDSA_SHA512, CKM_SHA_1,
        CKM_SHA256, CKM_RSA_X_509, 0xffffffff,
    };
    static const CK_MECHANISM_TYPE hashes[] = { CKM_SHA256, CKM_SHA384, CKM_SHA512, CKM_SHA_1 };
    unsigned choice = take(in), how = take(in);
    *parameters = (CK_RSA_PKCS_PSS_PARAMS){ hashes[how & 3], (how >> 2 & 3) + 1, (how >> 4) * 8 };
    *made = (CK_MECHANISM){ types[choice % (sizeof types / sizeof *types)], NULL, 0 };
    if ((choice & 0x40) != 0) {
        made->pParameter = parameters;
        made->ulParameterLen = sizeof *parameters - (how == 255);
    }
    return choice >= 0xf8 ? NULL : made;
}

static void find(input *in, CK_SESSION_HANDLE session)
{
    CK_ATTRIBUTE template[2];
    CK_ULONG count = take(in) % 3, found = 0;
    CK_OBJECT_CLASS class = take(in) % 5;
    CK_ULONG length;
    CK_BYTE *value = buffer(in, &length);
    template[0] = (CK_ATTRIBUTE){ CKA_CLASS, &class, sizeof class };
    template[1] = (CK_ATTRIBUTE){ take(in), value, length };
    p11->C_FindObjectsInit(session, template, count);
    p11->C_FindObjects(session, in->objects, 1 + take(in) % 8, &found);
    if ((take(in) & 7) != 0)
        p11->C_FindObjectsFinal(session);
    free(value);
}

static void read_attributes(input *in, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object)
{
    CK_ATTRIBUTE template[3];
    CK_ULONG count = 1 + take(in) % 3;
    for (CK_ULONG i = 0; i < count; i++) {
        template[i].type = (CK_ATTRIBUTE_TYPE)take(in) << (take(in) & 8) | (take(in) & 1);
        template[i].pValue = buffer(in, &template[i].ulValueLen);
    }
    CK_BYTE *values[3];
    for (CK_ULONG i = 0; i < count; i++)
        values[i] = template[i].pValue;
    p11->C_GetAttributeValue(session, object, template, count);
    for (CK_ULONG i = 0; i < count; i++)
        free(values[i]);
}

/* Mostly what makes an object, so that some are made. */
static CK_ULONG describe(input *in, CK_ATTRIBUTE template[5], CK_ULONG *numbers)
{
    static const CK_ATTRIBUTE_TYPE types[] = { CKA_VALUE, CKA_LABEL, CKA_ID, CKA_TOKEN, CKA_PRIVATE, CKA_SUBJECT, CKA_TRUSTED, CKA_MODIFIABLE,
                                               CKA_CHECK_VALUE, CKA_START_DATE, CKA_APPLICATION, CKA_MODULUS, 0x999 };
    numbers[0] = take(in) % 4;
    numbers[1] = take(in) % 2;
    template[0] = (CK_ATTRIBUTE){ CKA_CLASS, &numbers[0], sizeof numbers[0] };
    template[1] = (CK_ATTRIBUTE){ CKA_CERTIFICATE_TYPE, &numbers[1], sizeof numbers[1] };
    for (CK_ULONG i = 2; i < 5; i++) {
        template[i].type = types[take(in) % (sizeof types / sizeof *types)];
        template[i].pValue = buffer(in, &template[i].ulValueLen);
    }
    return take(in) % 6;
}

static void make(input *in, unsigned call, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object)
{
    CK_ATTRIBUTE template[5];
    CK_ULONG numbers[2], size;
    CK_ULONG count = describe(in, template, numbers);
    CK_ATTRIBUTE *changes = (call & 8) != 0 ? &template[2] : template;
    if (changes != template && count > 3)
        count = 3;
    CK_OBJECT_HANDLE *made = &in->objects[take(in) & 7];
    switch (call & 3) {
    case 0: p11->C_CreateObject(session, changes, count, made); break;
    case 1: p11->C_CopyObject(session, object, changes, count, made); break;
    case 2: p11->C_SetAttributeValue(session, object, changes, count); break;
    case 3: p11->C_DestroyObject(session, object); break;
    }
    p11->C_GetObjectSize(session, *made, &size);
    for (int i = 2; i < 5; i++)
        free(template[i].pValue);
}

static void operate(input *in, unsigned call, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object)
{
    CK_MECHANISM made;
    CK_RSA_PKCS_PSS_PARAMS parameters;
    CK_ULONG data_length, out_length, told;
    CK_BYTE *data = buffer(in, &data_length), *out = buffer(in, &out_length);
    told = out_length;
    switch (call % 13) {
    case 0: p11->C_SignInit(session, mechanism(in, &made, &parameters), object); break;
    case 1: p11->C_Sign(session, data, data_length, out, &told); break;
    case 2: p11->C_SignUpdate(session, data, data_length); break;
    case 3: p11->C_SignFinal(session, out, &told); break;
    case 4: p11->C_VerifyInit(session, mechanism(in, &made, &parameters), object); break;
    case 5: p11->C_Verify(session, data, data_length, out, out_length); break;
    case 6: p11->C_VerifyUpdate(session, data, data_length); break;
    case 7: p11->C_VerifyFinal(session, out, out_length); break;
    case 8: p11->C_DigestInit(session, mechanism(in, &made, &parameters)); break;
    case 9: p11->C_Digest(session, data, data_length, out, &told); break;
    case 10: p11->C_DigestUpdate(session, data, data_length); break;
    case 11: p11->C_DigestFinal(session, out, &told); break;
    case 12: p11->C_GenerateRandom(session, out, out_length); break;
    }
    free(data);
    free(out);
}

static void administer(input *in, unsigned call, unsigned which, CK_SESSION_HANDLE session)
{
    CK_ULONG count = 4;
    CK_TOKEN_INFO token;
    CK_SLOT_INFO slot;
    CK_SESSION_INFO info;
    CK_MECHANISM_TYPE types[8];
    CK_MECHANISM_INFO described;
    CK_ULONG length;
    CK_BYTE *pin;
    switch (call % 11) {
    case 0: p11->C_GetSlotList(CK_TRUE, in->slots, &count); break;
    case 1: p11->C_OpenSession(in->slots[which % 4], take(in) & 6, NULL, NULL, &in->sessions[take(in) % 4]); break;
    case 2: p11->C_CloseSession(session); break;
    case 3: p11->C_CloseAllSessions(in->slots[which % 4]); break;
    case 4: p11->C_GetTokenInfo(in->slots[which % 4], &token); break;
    case 5: p11->C_GetSlotInfo(in->slots[which % 4] + (which > 250), &slot); break;
    case 6: p11->C_GetSessionInfo(session, &info); break;
    case 7: count = which % 9; p11->C_GetMechanismList(in->slots[which % 4], types, &count); break;
    case 8: p11->C_GetMechanismInfo(in->slots[which % 4], take(in) << 8 | take(in), &described); break;
    case 9:
        pin = buffer(in, &length);
        p11->C_Login(session, which % 4, pin, length);
        free(pin);
        break;
    case 10: p11->C_Logout(session); break;
    }
}

static void read_file(const char *directory, const char *name, char *text, size_t capacity)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        abort();
    text[fread(text, 1, capacity - 1, file)] = '\0';
    fclose(file);
}

int LLVMFuzzerInitialize(int *count, char ***arguments)
{
    (void)count;
    (void)arguments;
    read_file(getenv("CERTIFICATES"), "rsa3072.pem", chain[0], sizeof chain[0]);
    read_file(getenv("CERTIFICATES"), "p256.pem", chain[1], sizeof chain[1]);
    setenv("CODESIGNING_SERVER_URL", "https://server", 1);
    setenv("CODESIGNING_TOKEN", "token", 1);
    setenv("HOME", "/nowhere", 1);
    return C_GetFunctionList(&p11) == CKR_OK ? 0 : 1;
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    input in = { .at = data, .left = size };
    CK_ULONG count = 4;
    script_set(answer);
    if (p11->C_Initialize(NULL) != CKR_OK)
        abort();
    cs_log_configure(CS_LOG_NONE, NULL);
    p11->C_GetSlotList(CK_TRUE, in.slots, &count);
    for (CK_ULONG i = 0; i < 2; i++)
        p11->C_OpenSession(in.slots[i], CKF_SERIAL_SESSION, NULL, NULL, &in.sessions[i]);
    while (in.left > 0) {
        unsigned call = take(&in), which = take(&in);
        CK_SESSION_HANDLE session = which >= 248 ? which : in.sessions[which % 4];
        CK_OBJECT_HANDLE object = which >= 240 ? which : in.objects[which >> 2 & 7];
        if (call < 40)
            find(&in, session);
        else if (call < 80)
            read_attributes(&in, session, object);
        else if (call < 112)
            make(&in, call, session, object);
        else if (call < 208)
            operate(&in, call, session, object);
        else
            administer(&in, call, which, session);
    }
    return p11->C_Finalize(NULL) == CKR_OK ? 0 : (abort(), 0);
}
