#include <string.h>
#include <wchar.h>

#include "algorithm.h"
#include "answer.h"
#include "functions.h"
#include "handles.h"

#ifndef BCRYPT_ECC_CURVE_NAME
#define BCRYPT_ECC_CURVE_NAME L"ECCCurveName"
#endif

/* Of this provider, not of the product: raised when its behaviour towards callers changes. */
static const DWORD provider_version = 0x00010000;

/* A value for the caller; `number` and `lengths` hold computed ones. */
typedef struct property_value {
    const void *data;
    size_t size;
    DWORD number;
    NCRYPT_SUPPORTED_LENGTHS lengths;
} property_value;

static void set_data(property_value *value, const void *data, size_t size)
{
    value->data = data;
    value->size = size;
}

static void set_text(property_value *value, const wchar_t *text)
{
    set_data(value, text, (wcslen(text) + 1) * sizeof *text);
}

static void set_number(property_value *value, DWORD number)
{
    value->number = number;
    set_data(value, &value->number, sizeof value->number);
}

static bool is(LPCWSTR property, const wchar_t *name)
{
    return wcscmp(property, name) == 0;
}

static bool get_provider_value(LPCWSTR property, property_value *value)
{
    if (is(property, NCRYPT_NAME_PROPERTY))
        set_text(value, KSP_PROVIDER_NAME);
    else if (is(property, NCRYPT_VERSION_PROPERTY))
        set_number(value, provider_version);
    else if (is(property, NCRYPT_IMPL_TYPE_PROPERTY))
        set_number(value, NCRYPT_IMPL_SOFTWARE_FLAG); /* keys are in the server's vault */
    else if (is(property, NCRYPT_MAX_NAME_LENGTH_PROPERTY))
        set_number(value, ksp_max_name);
    else if (is(property, NCRYPT_SECURITY_DESCR_SUPPORT_PROPERTY))
        set_number(value, 0);
    else
        return false;
    return true;
}

/* The key's one length is the shortest, the longest and the default. */
static void set_lengths(property_value *value, DWORD bits)
{
    value->lengths = (NCRYPT_SUPPORTED_LENGTHS){ .dwMinLength = bits, .dwMaxLength = bits, .dwDefaultLength = bits };
    set_data(value, &value->lengths, sizeof value->lengths);
}

static bool get_name_value(const ksp_key *key, LPCWSTR property, property_value *value)
{
    if (is(property, NCRYPT_NAME_PROPERTY))
        set_text(value, key->wide_name);
    else if (is(property, NCRYPT_UNIQUE_NAME_PROPERTY))
        set_text(value, key->wide_id);
    else if (is(property, NCRYPT_ALGORITHM_PROPERTY))
        set_text(value, ksp_algorithm_name(key->algorithm));
    else if (is(property, NCRYPT_ALGORITHM_GROUP_PROPERTY))
        set_text(value, ksp_algorithm_group(key->algorithm));
    else if (is(property, BCRYPT_ECC_CURVE_NAME) && !cs_key_algorithm_is_rsa(key->algorithm))
        set_text(value, ksp_curve_name(key->algorithm));
    else if (is(property, NCRYPT_CERTIFICATE_PROPERTY))
        set_data(value, ksp_key_certificate(key)->der, ksp_key_certificate(key)->der_length);
    else if (is(property, NCRYPT_PROVIDER_HANDLE_PROPERTY))
        set_data(value, &key->provider->object.handle, sizeof key->provider->object.handle);
    else
        return false;
    return true;
}

static bool get_number_value(const ksp_key *key, LPCWSTR property, property_value *value)
{
    DWORD bits = cs_key_algorithm_bits(key->algorithm);
    if (is(property, NCRYPT_LENGTH_PROPERTY) || is(property, BCRYPT_PUBLIC_KEY_LENGTH))
        set_number(value, bits);
    else if (is(property, NCRYPT_LENGTHS_PROPERTY))
        set_lengths(value, bits);
    else if (is(property, NCRYPT_BLOCK_LENGTH_PROPERTY))
        set_number(value, (bits + 7) / 8);
    else if (is(property, BCRYPT_SIGNATURE_LENGTH))
        set_number(value, (DWORD)cs_signature_length(key->algorithm));
    else if (is(property, NCRYPT_KEY_USAGE_PROPERTY))
        set_number(value, NCRYPT_ALLOW_SIGNING_FLAG);
    else if (is(property, NCRYPT_EXPORT_POLICY_PROPERTY))
        set_number(value, 0);
    else if (is(property, NCRYPT_IMPL_TYPE_PROPERTY))
        set_number(value, NCRYPT_IMPL_SOFTWARE_FLAG);
    else if (is(property, NCRYPT_KEY_TYPE_PROPERTY))
        set_number(value, 0);
    else
        return false;
    return true;
}

static bool are_flags_known(DWORD flags)
{
    return (flags & ~(DWORD)(NCRYPT_SILENT_FLAG | NCRYPT_PERSIST_ONLY_FLAG | NCRYPT_PERSIST_FLAG)) == 0;
}

/* Checks the arguments that all four functions have. */
static SECURITY_STATUS check(LPCWSTR property, DWORD flags)
{
    return !ksp_is_name(property) ? NTE_INVALID_PARAMETER : !are_flags_known(flags) ? NTE_BAD_FLAGS : ERROR_SUCCESS;
}

SECURITY_STATUS WINAPI ksp_get_provider_property(NCRYPT_PROV_HANDLE handle, LPCWSTR property, PBYTE output, DWORD capacity,
                                                 DWORD *length, DWORD flags)
{
    property_value value = { 0 };
    SECURITY_STATUS status = length == NULL ? NTE_INVALID_PARAMETER : check(property, flags);
    if (status != ERROR_SUCCESS)
        return status;
    ksp_provider *provider = ksp_provider_find(handle);
    if (provider == NULL)
        return NTE_INVALID_HANDLE;
    status = get_provider_value(property, &value) ? ksp_give(value.data, value.size, output, capacity, length) : NTE_NOT_FOUND;
    ksp_object_release(&provider->object);
    return status;
}

/* NTE_NOT_FOUND for what a key does not have: .NET asks for its own properties, and takes no other answer for "none". */
SECURITY_STATUS WINAPI ksp_get_key_property(NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE handle, LPCWSTR property,
                                            PBYTE output, DWORD capacity, DWORD *length, DWORD flags)
{
    property_value value = { 0 };
    SECURITY_STATUS status = length == NULL ? NTE_INVALID_PARAMETER : check(property, flags);
    if (status != ERROR_SUCCESS)
        return status;
    ksp_key *key = ksp_key_find(provider, handle);
    if (key == NULL)
        return NTE_INVALID_HANDLE;
    bool found = get_name_value(key, property, &value) || get_number_value(key, property, &value);
    status = found ? ksp_give(value.data, value.size, output, capacity, length) : NTE_NOT_FOUND;
    ksp_object_release(&key->object);
    return status;
}

/* Tools say which window a prompt may belong to, and what the key is used for. Nothing here prompts, so both are accepted
 * and ignored; everything else is decided on the server. */
static SECURITY_STATUS set_property(LPCWSTR property, const BYTE *input, DWORD length)
{
    if (input == NULL || length > NCRYPT_MAX_PROPERTY_DATA)
        return NTE_INVALID_PARAMETER;
    if (is(property, NCRYPT_WINDOW_HANDLE_PROPERTY))
        return length == sizeof(HWND) ? ERROR_SUCCESS : NTE_INVALID_PARAMETER;
    return is(property, NCRYPT_USE_CONTEXT_PROPERTY) ? ERROR_SUCCESS : NTE_NOT_SUPPORTED;
}

SECURITY_STATUS WINAPI ksp_set_provider_property(NCRYPT_PROV_HANDLE handle, LPCWSTR property, PBYTE input, DWORD length,
                                                 DWORD flags)
{
    SECURITY_STATUS status = check(property, flags);
    if (status != ERROR_SUCCESS)
        return status;
    ksp_provider *provider = ksp_provider_find(handle);
    if (provider == NULL)
        return NTE_INVALID_HANDLE;
    ksp_object_release(&provider->object);
    return set_property(property, input, length);
}

SECURITY_STATUS WINAPI ksp_set_key_property(NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE handle, LPCWSTR property,
                                            PBYTE input, DWORD length, DWORD flags)
{
    SECURITY_STATUS status = check(property, flags);
    if (status != ERROR_SUCCESS)
        return status;
    ksp_key *key = ksp_key_find(provider, handle);
    if (key == NULL)
        return NTE_INVALID_HANDLE;
    ksp_object_release(&key->object);
    return set_property(property, input, length);
}
