/* Every function of the table with handles that are not what it wants, with null pointers, and with buffers that end
 * where the page does, so that one byte too many ends the program. */
#include <string.h>
#include <wchar.h>

#include "checks.h"

typedef struct arguments {
    key_storage_functions *f;
    NCRYPT_PROV_HANDLE provider;
    NCRYPT_KEY_HANDLE key;
    bool null;
} arguments;

/* An address for a call that is to have its pointers, NULL for one that is to have none. */
#define AT(a, address) ((a)->null ? NULL : (address))

static BYTE bytes[512];
static BYTE hash[32];
static DWORD number;
static NCRYPT_HANDLE made;
static BCRYPT_PKCS1_PADDING_INFO sha256 = { BCRYPT_SHA256_ALGORITHM };

/* --- one call of each ------------------------------------------------------------------------------------------- */

static SECURITY_STATUS open_key(const arguments *a)
{
    return a->f->OpenKey(a->provider, AT(a, &made), AT(a, L"rsa"), 0, 0);
}

static SECURITY_STATUS create_persisted_key(const arguments *a)
{
    return a->f->CreatePersistedKey(a->provider, AT(a, &made), AT(a, NCRYPT_RSA_ALGORITHM), AT(a, L"new"), 0, 0);
}

static SECURITY_STATUS get_provider_property(const arguments *a)
{
    return a->f->GetProviderProperty(a->provider, AT(a, NCRYPT_NAME_PROPERTY), AT(a, bytes), sizeof bytes, AT(a, &number), 0);
}

static SECURITY_STATUS get_key_property(const arguments *a)
{
    return a->f->GetKeyProperty(a->provider, a->key, AT(a, NCRYPT_NAME_PROPERTY), AT(a, bytes), sizeof bytes, AT(a, &number), 0);
}

static SECURITY_STATUS set_provider_property(const arguments *a)
{
    return a->f->SetProviderProperty(a->provider, AT(a, NCRYPT_USE_CONTEXT_PROPERTY), AT(a, bytes), 2, 0);
}

static SECURITY_STATUS set_key_property(const arguments *a)
{
    return a->f->SetKeyProperty(a->provider, a->key, AT(a, NCRYPT_USE_CONTEXT_PROPERTY), AT(a, bytes), 2, 0);
}

static SECURITY_STATUS finalize_key(const arguments *a)
{
    return a->f->FinalizeKey(a->provider, a->key, 0);
}

static SECURITY_STATUS delete_key(const arguments *a)
{
    return a->f->DeleteKey(a->provider, a->key, 0);
}

static SECURITY_STATUS encrypt(const arguments *a)
{
    return a->f->Encrypt(a->provider, a->key, AT(a, bytes), 16, NULL, AT(a, bytes), sizeof bytes, AT(a, &number), 0);
}

static SECURITY_STATUS decrypt(const arguments *a)
{
    return a->f->Decrypt(a->provider, a->key, AT(a, bytes), 16, NULL, AT(a, bytes), sizeof bytes, AT(a, &number), 0);
}

static SECURITY_STATUS is_alg_supported(const arguments *a)
{
    return a->f->IsAlgSupported(a->provider, AT(a, NCRYPT_RSA_ALGORITHM), 0);
}

static SECURITY_STATUS enum_algorithms(const arguments *a)
{
    NCryptAlgorithmName *list = NULL;
    return a->f->EnumAlgorithms(a->provider, 0, AT(a, &number), AT(a, &list), 0);
}

static SECURITY_STATUS enum_keys(const arguments *a)
{
    NCryptKeyName *name = NULL;
    PVOID state = NULL;
    return a->f->EnumKeys(a->provider, NULL, AT(a, &name), AT(a, &state), 0);
}

static SECURITY_STATUS import_key(const arguments *a)
{
    return a->f->ImportKey(a->provider, 0, AT(a, BCRYPT_RSAPRIVATE_BLOB), NULL, AT(a, &made), AT(a, bytes), 16, 0);
}

static SECURITY_STATUS export_key(const arguments *a)
{
    return a->f->ExportKey(a->provider, a->key, 0, AT(a, BCRYPT_RSAPUBLIC_BLOB), NULL, AT(a, bytes), sizeof bytes,
                           AT(a, &number), 0);
}

static SECURITY_STATUS sign_hash(const arguments *a)
{
    return a->f->SignHash(a->provider, a->key, AT(a, &sha256), AT(a, hash), sizeof hash, AT(a, bytes), sizeof bytes,
                          AT(a, &number), BCRYPT_PAD_PKCS1);
}

static SECURITY_STATUS verify_signature(const arguments *a)
{
    return a->f->VerifySignature(a->provider, a->key, AT(a, &sha256), AT(a, hash), sizeof hash, AT(a, bytes), 384,
                                 BCRYPT_PAD_PKCS1);
}

static SECURITY_STATUS prompt_user(const arguments *a)
{
    return a->f->PromptUser(a->provider, a->key, AT(a, L"x"), 0);
}

static SECURITY_STATUS notify_change_key(const arguments *a)
{
    HANDLE event = NULL;
    return a->f->NotifyChangeKey(a->provider, AT(a, &event), 0);
}

static SECURITY_STATUS secret_agreement(const arguments *a)
{
    return a->f->SecretAgreement(a->provider, a->key, a->key, AT(a, &made), 0);
}

static SECURITY_STATUS derive_key(const arguments *a)
{
    return a->f->DeriveKey(a->provider, 1, AT(a, L"x"), NULL, AT(a, bytes), sizeof bytes, AT(a, &number), 0);
}

static SECURITY_STATUS free_secret(const arguments *a)
{
    return a->f->FreeSecret(a->provider, 1);
}

static SECURITY_STATUS key_derivation(const arguments *a)
{
    return a->f->KeyDerivation(a->provider, a->key, NULL, AT(a, bytes), sizeof bytes, AT(a, &number), 0);
}

static SECURITY_STATUS create_claim(const arguments *a)
{
    return a->f->CreateClaim(a->provider, a->key, 0, 0, NULL, AT(a, bytes), sizeof bytes, AT(a, &number), 0);
}

static SECURITY_STATUS verify_claim(const arguments *a)
{
    return a->f->VerifyClaim(a->provider, a->key, 0, 0, NULL, AT(a, bytes), sizeof bytes, NULL, 0);
}

static SECURITY_STATUS free_key(const arguments *a)
{
    return a->f->FreeKey(a->provider, a->key);
}

static SECURITY_STATUS free_provider(const arguments *a)
{
    return a->f->FreeProvider(a->provider);
}

typedef enum kind { OF_PROVIDER, OF_KEY, REFUSED, FREES_KEY, FREES_PROVIDER } kind;

/* All but OpenProvider and FreeBuffer, which have no handle. */
static const struct {
    const char *name;
    SECURITY_STATUS (*call)(const arguments *a);
    kind kind;
} functions[] = {
    { "OpenKey", open_key, OF_PROVIDER },
    { "CreatePersistedKey", create_persisted_key, REFUSED },
    { "GetProviderProperty", get_provider_property, OF_PROVIDER },
    { "GetKeyProperty", get_key_property, OF_KEY },
    { "SetProviderProperty", set_provider_property, OF_PROVIDER },
    { "SetKeyProperty", set_key_property, OF_KEY },
    { "FinalizeKey", finalize_key, REFUSED },
    { "DeleteKey", delete_key, REFUSED },
    { "Encrypt", encrypt, REFUSED },
    { "Decrypt", decrypt, REFUSED },
    { "IsAlgSupported", is_alg_supported, OF_PROVIDER },
    { "EnumAlgorithms", enum_algorithms, OF_PROVIDER },
    { "EnumKeys", enum_keys, OF_PROVIDER },
    { "ImportKey", import_key, REFUSED },
    { "ExportKey", export_key, OF_KEY },
    { "SignHash", sign_hash, OF_KEY },
    { "VerifySignature", verify_signature, OF_KEY },
    { "PromptUser", prompt_user, REFUSED },
    { "NotifyChangeKey", notify_change_key, REFUSED },
    { "SecretAgreement", secret_agreement, REFUSED },
    { "DeriveKey", derive_key, REFUSED },
    { "FreeSecret", free_secret, REFUSED },
    { "KeyDerivation", key_derivation, REFUSED },
    { "CreateClaim", create_claim, REFUSED },
    { "VerifyClaim", verify_claim, REFUSED },
    { "FreeKey", free_key, FREES_KEY },
    { "FreeProvider", free_provider, FREES_PROVIDER },
};

enum { function_count = sizeof functions / sizeof *functions };

static void expect(size_t function, const char *what, SECURITY_STATUS expected, SECURITY_STATUS seen)
{
    char name[128];
    snprintf(name, sizeof name, "%s, %s", functions[function].name, what);
    report(seen == expected, name, __FILE__, __LINE__, (long)seen);
}

/* --- handles and pointers --------------------------------------------------------------------------------------- */

typedef struct bad_handle {
    const char *what;
    NCRYPT_HANDLE handle;
} bad_handle;

static void check_providers(const arguments *good, const bad_handle *bad, size_t count)
{
    for (size_t i = 0; i < function_count; i++) {
        for (size_t j = 0; j < count; j++) {
            arguments a = *good;
            a.provider = bad[j].handle;
            expect(i, bad[j].what, NTE_INVALID_HANDLE, functions[i].call(&a));
        }
    }
}

static void check_keys(const arguments *good, const bad_handle *bad, size_t count)
{
    for (size_t i = 0; i < function_count; i++) {
        if (functions[i].kind != OF_KEY && functions[i].kind != FREES_KEY)
            continue;
        for (size_t j = 0; j < count; j++) {
            arguments a = *good;
            a.key = bad[j].handle;
            expect(i, bad[j].what, NTE_INVALID_HANDLE, functions[i].call(&a));
        }
    }
}

static void check_null(const arguments *good)
{
    arguments a = *good;
    a.null = true;
    for (size_t i = 0; i < function_count; i++) {
        if (functions[i].kind == OF_PROVIDER || functions[i].kind == OF_KEY)
            expect(i, "null pointers", NTE_INVALID_PARAMETER, functions[i].call(&a));
        else if (functions[i].kind == REFUSED)
            expect(i, "null pointers", NTE_NOT_SUPPORTED, functions[i].call(&a));
    }
}

static void check_handles(key_storage_functions *f, const wchar_t *signer)
{
    arguments good = { .f = f }, other = { .f = f };
    NCRYPT_PROV_HANDLE closed = 0;
    NCRYPT_KEY_HANDLE freed = 0;
    f->OpenProvider(&good.provider, KSP_PROVIDER_NAME, 0);
    f->OpenProvider(&other.provider, KSP_PROVIDER_NAME, 0);
    f->OpenProvider(&closed, KSP_PROVIDER_NAME, 0);
    f->FreeProvider(closed);
    f->OpenKey(other.provider, &other.key, signer, 0, 0);
    f->OpenKey(good.provider, &freed, signer, 0, 0);
    f->FreeKey(good.provider, freed);
    CHECK_STATUS("A key to walk with", ERROR_SUCCESS, f->OpenKey(good.provider, &good.key, signer, 0, 0));
    const bad_handle no_providers[] = {
        { "no provider", 0 }, { "a provider that never was", 0x12345670 }, { "a provider at the end of numbers", (NCRYPT_HANDLE)-1 },
        { "a key for a provider", good.key }, { "a provider that was freed", closed }, { "an address for a provider", (NCRYPT_HANDLE)bytes },
    };
    const bad_handle no_keys[] = {
        { "no key", 0 }, { "a key that never was", 0x12345670 }, { "a provider for a key", good.provider },
        { "a key that was freed", freed }, { "another provider's key", other.key }, { "an address for a key", (NCRYPT_HANDLE)bytes },
    };
    check_providers(&good, no_providers, sizeof no_providers / sizeof *no_providers);
    check_keys(&good, no_keys, sizeof no_keys / sizeof *no_keys);
    check_null(&good);
    CHECK_STATUS("After all that the key is still there", ERROR_SUCCESS, get_key_property(&good));
    f->FreeKey(good.provider, good.key);
    f->FreeKey(other.provider, other.key);
    f->FreeProvider(good.provider);
    f->FreeProvider(other.provider);
}

/* --- buffers that end with their page --------------------------------------------------------------------------- */

/* The end of a page that nothing readable follows. */
static BYTE *page_end(void)
{
    SYSTEM_INFO system;
    DWORD before;
    GetSystemInfo(&system);
    BYTE *pages = VirtualAlloc(NULL, 2 * system.dwPageSize, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    VirtualProtect(pages + system.dwPageSize, system.dwPageSize, PAGE_NOACCESS, &before);
    return pages + system.dwPageSize;
}

typedef SECURITY_STATUS (*filler)(const arguments *a, const wchar_t *what, BYTE *output, DWORD capacity, DWORD *length);

static SECURITY_STATUS fill_property(const arguments *a, const wchar_t *what, BYTE *output, DWORD capacity, DWORD *length)
{
    return a->f->GetKeyProperty(a->provider, a->key, what, output, capacity, length, 0);
}

static SECURITY_STATUS fill_provider_property(const arguments *a, const wchar_t *what, BYTE *output, DWORD capacity, DWORD *length)
{
    return a->f->GetProviderProperty(a->provider, what, output, capacity, length, 0);
}

static SECURITY_STATUS fill_blob(const arguments *a, const wchar_t *what, BYTE *output, DWORD capacity, DWORD *length)
{
    return a->f->ExportKey(a->provider, a->key, 0, what, NULL, output, capacity, length, 0);
}

/* Each length below the right one is told and leaves the buffer alone; the right one is filled to its last byte. */
static void check_filler(const arguments *a, const wchar_t *what, filler fill, BYTE *end)
{
    DWORD wanted = 0, told = 0;
    bool sound = fill(a, what, NULL, 0, &wanted) == ERROR_SUCCESS && wanted > 0;
    for (DWORD capacity = 0; capacity < wanted && sound; capacity += capacity < 8 || capacity + 9 > wanted ? 1 : 7) {
        BYTE *output = end - capacity;
        memset(output, 0xa5, capacity);
        told = 0;
        sound = fill(a, what, output, capacity, &told) == NTE_BUFFER_TOO_SMALL && told == wanted;
        for (DWORD i = 0; i < capacity && sound; i++)
            sound = output[i] == 0xa5;
    }
    char name[128];
    snprintf(name, sizeof name, "%ls into every length of buffer", what);
    report(sound && fill(a, what, end - wanted, wanted, &told) == ERROR_SUCCESS && told == wanted, name, __FILE__, __LINE__,
           (long)told);
}

static void check_fillers(const arguments *a, bool rsa, BYTE *end)
{
    static const wchar_t *const properties[] = {
        NCRYPT_NAME_PROPERTY, NCRYPT_UNIQUE_NAME_PROPERTY, NCRYPT_ALGORITHM_PROPERTY, NCRYPT_ALGORITHM_GROUP_PROPERTY,
        NCRYPT_LENGTH_PROPERTY, NCRYPT_LENGTHS_PROPERTY, BCRYPT_PUBLIC_KEY_LENGTH, NCRYPT_BLOCK_LENGTH_PROPERTY,
        BCRYPT_SIGNATURE_LENGTH, NCRYPT_KEY_USAGE_PROPERTY, NCRYPT_EXPORT_POLICY_PROPERTY, NCRYPT_IMPL_TYPE_PROPERTY,
        NCRYPT_KEY_TYPE_PROPERTY, NCRYPT_PROVIDER_HANDLE_PROPERTY, NCRYPT_CERTIFICATE_PROPERTY,
    };
    static const wchar_t *const of_provider[] = { NCRYPT_NAME_PROPERTY, NCRYPT_VERSION_PROPERTY, NCRYPT_IMPL_TYPE_PROPERTY,
                                                  NCRYPT_MAX_NAME_LENGTH_PROPERTY };
    for (size_t i = 0; i < sizeof properties / sizeof *properties; i++)
        check_filler(a, properties[i], fill_property, end);
    for (size_t i = 0; i < sizeof of_provider / sizeof *of_provider; i++)
        check_filler(a, of_provider[i], fill_provider_property, end);
    check_filler(a, BCRYPT_PUBLIC_KEY_BLOB, fill_blob, end);
    check_filler(a, rsa ? BCRYPT_RSAPUBLIC_BLOB : BCRYPT_ECCPUBLIC_BLOB, fill_blob, end);
    if (rsa)
        check_filler(a, LEGACY_RSAPUBLIC_BLOB, fill_blob, end);
    else
        check_filler(a, L"ECCCurveName", fill_property, end);
}

static void check_signing(const arguments *a, bool rsa, BYTE *end, BYTE *input_end)
{
    DWORD flags = rsa ? BCRYPT_PAD_PKCS1 : 0, wanted = 0, told = 0;
    void *padding = rsa ? &sha256 : NULL;
    BYTE *digest = input_end - sizeof hash;
    bool sound = a->f->SignHash(a->provider, a->key, padding, digest, sizeof hash, NULL, 0, &wanted, flags) == ERROR_SUCCESS;
    for (DWORD capacity = 0; capacity < wanted && sound; capacity++)
        sound = a->f->SignHash(a->provider, a->key, padding, digest, sizeof hash, end - capacity, capacity, &told, flags)
            == NTE_BUFFER_TOO_SMALL && told == wanted;
    CHECK("A signature fits no shorter buffer, and none is made for it", sound);
    CHECK_STATUS("A signature fits its own length", ERROR_SUCCESS,
                 a->f->SignHash(a->provider, a->key, padding, digest, sizeof hash, end - wanted, wanted, &told, flags));
    CHECK_STATUS("A signature is verified where its page ends", ERROR_SUCCESS,
                 a->f->VerifySignature(a->provider, a->key, padding, digest, sizeof hash, end - wanted, wanted, flags));
    for (DWORD length = 0; length < sizeof hash && sound; length++)
        sound = a->f->SignHash(a->provider, a->key, padding, input_end - length, length, bytes, sizeof bytes, &told, flags)
            == NTE_BAD_LEN;
    CHECK("A digest that is cut short is not read beyond its end", sound);
}

/* Without a hash's name the caller brings the DigestInfo: parsed here, so cut at every length. */
static void check_digest_info(const arguments *a, BYTE *input_end)
{
    static const BYTE prefix[] = { 0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
                                   0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20 };
    BCRYPT_PKCS1_PADDING_INFO unnamed = { NULL };
    DWORD told = 0, whole = sizeof prefix + sizeof hash;
    bool sound = true;
    for (DWORD length = 0; length < whole && sound; length++) {
        BYTE *info = input_end - length;
        memset(info, 0, length);
        memcpy(info, prefix, length < sizeof prefix ? length : sizeof prefix);
        sound = a->f->SignHash(a->provider, a->key, &unnamed, info, length, bytes, sizeof bytes, &told, BCRYPT_PAD_PKCS1)
            == NTE_BAD_ALGID;
    }
    CHECK("A DigestInfo that is cut short is refused and not read beyond its end", sound);
}

/* A name may be 512 characters and an end: what follows is not looked at. */
static void check_endless_name(const arguments *a, BYTE *input_end)
{
    enum { longest = 513 };
    wchar_t *name = (wchar_t *)input_end - longest;
    wmemset(name, L'n', longest);
    CHECK_STATUS("A name without an end is read no further than a name may be", NTE_INVALID_PARAMETER,
                 a->f->OpenKey(a->provider, &made, name, 0, 0));
    CHECK_STATUS("nor that of a property", NTE_INVALID_PARAMETER,
                 a->f->GetKeyProperty(a->provider, a->key, name, bytes, sizeof bytes, &number, 0));
}

static void check_buffers(key_storage_functions *f, const wchar_t *signer)
{
    arguments a = { .f = f };
    BYTE *end = page_end(), *input_end = page_end();
    wchar_t group[16] = L"";
    f->OpenProvider(&a.provider, KSP_PROVIDER_NAME, 0);
    CHECK_STATUS("A key to fill buffers from", ERROR_SUCCESS, f->OpenKey(a.provider, &a.key, signer, 0, 0));
    f->GetKeyProperty(a.provider, a.key, NCRYPT_ALGORITHM_GROUP_PROPERTY, (PBYTE)group, sizeof group, &number, 0);
    bool rsa = wcscmp(group, L"RSA") == 0;
    check_fillers(&a, rsa, end);
    check_signing(&a, rsa, end, input_end);
    if (rsa)
        check_digest_info(&a, input_end);
    check_endless_name(&a, input_end);
    f->FreeKey(a.provider, a.key);
    f->FreeProvider(a.provider);
}

/* --- lists ------------------------------------------------------------------------------------------------------ */

/* Only EnumKeys' own state is one: no other memory of the provider is read as a list. */
static void check_states(key_storage_functions *f)
{
    NCRYPT_PROV_HANDLE provider = 0;
    NCryptAlgorithmName *algorithms = NULL;
    NCryptKeyName *first = NULL, *name = NULL;
    PVOID state = NULL;
    f->OpenProvider(&provider, KSP_PROVIDER_NAME, 0);
    f->EnumAlgorithms(provider, 0, &number, &algorithms, 0);
    f->EnumKeys(provider, NULL, &first, &state, 0);
    PVOID of_name = first, of_algorithms = algorithms, inside = (BYTE *)state + 8, freed = state;
    CHECK_STATUS("EnumKeys refuses a name for a state", NTE_INVALID_PARAMETER, f->EnumKeys(provider, NULL, &name, &of_name, 0));
    CHECK_STATUS("EnumKeys refuses a list of algorithms for a state", NTE_INVALID_PARAMETER,
                 f->EnumKeys(provider, NULL, &name, &of_algorithms, 0));
    CHECK_STATUS("EnumKeys refuses the inside of a state", NTE_INVALID_PARAMETER, f->EnumKeys(provider, NULL, &name, &inside, 0));
    CHECK_STATUS("FreeBuffer of a state", ERROR_SUCCESS, f->FreeBuffer(state));
    CHECK_STATUS("EnumKeys refuses a state that was freed", NTE_INVALID_PARAMETER, f->EnumKeys(provider, NULL, &name, &freed, 0));
    CHECK_STATUS("FreeBuffer refuses a state that was freed", NTE_INVALID_PARAMETER, f->FreeBuffer(freed));
    f->FreeBuffer(first);
    f->FreeBuffer(algorithms);
    f->FreeProvider(provider);
}

void check_walk(key_storage_functions *f, int signer_count, wchar_t **signers)
{
    check_handles(f, signers[0]);
    for (int i = 0; i < signer_count; i++)
        check_buffers(f, signers[i]);
    check_states(f);
}
