/* What a provider tells of itself and of a key, and signatures that BCrypt accepts here and OpenSSL outside. */
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "checks.h"

typedef struct opened {
    key_storage_functions *f;
    NCRYPT_PROV_HANDLE provider;
    NCRYPT_KEY_HANDLE key;
    wchar_t group[32];
    wchar_t algorithm[32];
} opened;

static bool is_rsa(const opened *o)
{
    return wcscmp(o->group, L"RSA") == 0;
}

static DWORD get(const opened *o, const wchar_t *property, void *value, DWORD capacity)
{
    DWORD asked = 0, length = 0;
    SECURITY_STATUS first = o->f->GetKeyProperty(o->provider, o->key, property, NULL, 0, &asked, 0);
    SECURITY_STATUS second = o->f->GetKeyProperty(o->provider, o->key, property, value, capacity, &length, 0);
    char name[128];
    snprintf(name, sizeof name, "property %ls, in two calls", property);
    CHECK(name, first == ERROR_SUCCESS && second == ERROR_SUCCESS && asked == length && length > 0);
    return length;
}

static DWORD get_number(const opened *o, const wchar_t *property)
{
    DWORD number = 0xffffffff;
    CHECK("a number", get(o, property, &number, sizeof number) == sizeof number);
    return number;
}

static void check_properties(const opened *o, const wchar_t *signer)
{
    wchar_t text[200];
    NCRYPT_SUPPORTED_LENGTHS lengths;
    NCRYPT_PROV_HANDLE provider = 0;
    BYTE certificate[8192];
    get(o, NCRYPT_NAME_PROPERTY, text, sizeof text);
    CHECK("The name is the signer's", wcscmp(text, signer) == 0);
    get(o, NCRYPT_UNIQUE_NAME_PROPERTY, text, sizeof text);
    CHECK("The unique name is the signer's id", wcsncmp(text, L"sgn_", 4) == 0);
    DWORD bits = get_number(o, NCRYPT_LENGTH_PROPERTY);
    CHECK("The length is the algorithm's", bits == (is_rsa(o) ? 3072 : (DWORD)_wtoi(wcschr(o->algorithm, L'P') + 1)));
    CHECK("The public key has the same", get_number(o, BCRYPT_PUBLIC_KEY_LENGTH) == bits);
    CHECK("The block length", get_number(o, NCRYPT_BLOCK_LENGTH_PROPERTY) == (bits + 7) / 8);
    CHECK("The signature's length", get_number(o, BCRYPT_SIGNATURE_LENGTH) == (bits + 7) / 8 * (is_rsa(o) ? 1 : 2));
    CHECK("It signs only", get_number(o, NCRYPT_KEY_USAGE_PROPERTY) == NCRYPT_ALLOW_SIGNING_FLAG);
    CHECK("It cannot be exported", get_number(o, NCRYPT_EXPORT_POLICY_PROPERTY) == 0);
    CHECK("It is not hardware", get_number(o, NCRYPT_IMPL_TYPE_PROPERTY) == NCRYPT_IMPL_SOFTWARE_FLAG);
    CHECK("It is not the machine's", get_number(o, NCRYPT_KEY_TYPE_PROPERTY) == 0);
    get(o, NCRYPT_LENGTHS_PROPERTY, &lengths, sizeof lengths);
    CHECK("The lengths are one", lengths.dwMinLength == bits && lengths.dwMaxLength == bits && lengths.dwDefaultLength == bits);
    get(o, NCRYPT_PROVIDER_HANDLE_PROPERTY, &provider, sizeof provider);
    CHECK("The provider's handle", provider == o->provider);
    DWORD length = get(o, NCRYPT_CERTIFICATE_PROPERTY, certificate, sizeof certificate);
    PCCERT_CONTEXT context = CertCreateCertificateContext(X509_ASN_ENCODING, certificate, length);
    CHECK("The certificate is one", context != NULL);
    CertFreeCertificateContext(context);
}

/* --- signatures ------------------------------------------------------------------------------------------------- */

typedef struct hash_kind {
    const wchar_t *name;
    DWORD length;
} hash_kind;

static const hash_kind hashes[] = {
    { BCRYPT_SHA256_ALGORITHM, 32 },
    { BCRYPT_SHA384_ALGORITHM, 48 },
    { BCRYPT_SHA512_ALGORITHM, 64 },
};

static void save(const wchar_t *directory, const wchar_t *name, const wchar_t *extension, const void *bytes, DWORD length)
{
    wchar_t path[512];
    DWORD written = 0;
    swprintf(path, sizeof path / sizeof *path, L"%ls\\%ls.%ls", directory, name, extension);
    HANDLE file = CreateFileW(path, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, FILE_ATTRIBUTE_NORMAL, NULL);
    CHECK("a file is written", file != INVALID_HANDLE_VALUE && WriteFile(file, bytes, length, &written, NULL));
    CloseHandle(file);
}

/* Wine 8's BCrypt has no P-521, and takes no SHA-512 for ECDSA; those are left to OpenSSL outside. */
static bool bcrypt_can_verify(const opened *o, DWORD hash_length)
{
    static const char wine[] = "wine_get_version";
    return GetProcAddress(GetModuleHandleW(L"ntdll.dll"), wine) == NULL || is_rsa(o)
        || (hash_length != 64 && wcsstr(o->algorithm, L"P521") == NULL);
}

static BCRYPT_KEY_HANDLE import_public_key(const opened *o)
{
    BYTE blob[1024];
    DWORD asked = 0, length = 0;
    BCRYPT_ALG_HANDLE algorithm = NULL;
    BCRYPT_KEY_HANDLE key = NULL;
    const wchar_t *type = is_rsa(o) ? BCRYPT_RSAPUBLIC_BLOB : BCRYPT_ECCPUBLIC_BLOB;
    SECURITY_STATUS first = o->f->ExportKey(o->provider, o->key, 0, type, NULL, NULL, 0, &asked, 0);
    SECURITY_STATUS second = o->f->ExportKey(o->provider, o->key, 0, type, NULL, blob, sizeof blob, &length, 0);
    CHECK("the public key, in two calls", first == ERROR_SUCCESS && second == ERROR_SUCCESS && asked == length);
    BYTE same[1024];
    CHECK("and by its general name",
          o->f->ExportKey(o->provider, o->key, 0, BCRYPT_PUBLIC_KEY_BLOB, NULL, same, sizeof same, &asked, 0) == ERROR_SUCCESS
              && asked == length && memcmp(same, blob, length) == 0);
    if (!bcrypt_can_verify(o, 0))
        return NULL;
    CHECK("BCrypt takes it", BCRYPT_SUCCESS(BCryptOpenAlgorithmProvider(&algorithm, o->algorithm, NULL, 0))
                                 && BCRYPT_SUCCESS(BCryptImportKeyPair(algorithm, NULL, type, &key, blob, length, 0)));
    return key;
}

/* With a key of its own each time: Wine's keeps the padding that it has seen last. */
static void check_verification(const opened *o, void *padding, BYTE *digest, DWORD digest_length, BYTE *signature,
                               DWORD length, DWORD flags)
{
    BCRYPT_KEY_HANDLE public_key = import_public_key(o);
    if (!bcrypt_can_verify(o, digest_length))
        return;
    CHECK_STATUS("BCrypt accepts the signature", ERROR_SUCCESS,
                 BCryptVerifySignature(public_key, padding, digest, digest_length, signature, length, flags));
    CHECK_STATUS("VerifySignature accepts it", ERROR_SUCCESS,
                 o->f->VerifySignature(o->provider, o->key, padding, digest, digest_length, signature, length, flags));
    digest[0] ^= 1;
    CHECK_STATUS("VerifySignature refuses it for another digest", NTE_BAD_SIGNATURE,
                 o->f->VerifySignature(o->provider, o->key, padding, digest, digest_length, signature, length, flags));
    BCryptDestroyKey(public_key);
}

static void check_signature(const opened *o, const hash_kind *hash, DWORD flags, const wchar_t *scheme,
                            const wchar_t *directory)
{
    BCRYPT_PKCS1_PADDING_INFO pkcs1 = { hash->name };
    BCRYPT_PSS_PADDING_INFO pss = { hash->name, hash->length };
    void *padding = flags == BCRYPT_PAD_PKCS1 ? (void *)&pkcs1 : flags == BCRYPT_PAD_PSS ? (void *)&pss : NULL;
    BYTE digest[64], signature[512];
    DWORD asked = 0, length = 0;
    wchar_t name[64];
    BCryptGenRandom(NULL, digest, hash->length, BCRYPT_USE_SYSTEM_PREFERRED_RNG);
    SECURITY_STATUS first = o->f->SignHash(o->provider, o->key, padding, digest, hash->length, NULL, 0, &asked, flags);
    SECURITY_STATUS second =
        o->f->SignHash(o->provider, o->key, padding, digest, hash->length, signature, sizeof signature, &length, flags);
    CHECK("SignHash, in two calls", first == ERROR_SUCCESS && second == ERROR_SUCCESS && asked == length);
    swprintf(name, sizeof name / sizeof *name, L"%ls-%lu", scheme, hash->length * 8);
    save(directory, name, L"digest", digest, hash->length);
    save(directory, name, L"signature", signature, length);
    check_verification(o, padding, digest, hash->length, signature, length, flags);
}

/* A caller that leaves the algorithm out has made the DigestInfo itself. */
static void check_digest_info(const opened *o)
{
    static const BYTE prefix[] = { 0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
                                   0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20 };
    BCRYPT_PKCS1_PADDING_INFO unnamed = { NULL }, sha256 = { BCRYPT_SHA256_ALGORITHM };
    BYTE info[sizeof prefix + 32] = { 0 };
    BYTE signature[512];
    DWORD length = 0;
    memcpy(info, prefix, sizeof prefix);
    CHECK_STATUS("SignHash takes a DigestInfo", ERROR_SUCCESS,
                 o->f->SignHash(o->provider, o->key, &unnamed, info, sizeof info, signature, sizeof signature, &length,
                                BCRYPT_PAD_PKCS1));
    check_verification(o, &sha256, info + sizeof prefix, 32, signature, length, BCRYPT_PAD_PKCS1);
}

static void check_signatures(const opened *o, const wchar_t *directory)
{
    for (size_t i = 0; i < sizeof hashes / sizeof *hashes; i++) {
        if (is_rsa(o)) {
            check_signature(o, &hashes[i], BCRYPT_PAD_PKCS1, L"pkcs1", directory);
            check_signature(o, &hashes[i], BCRYPT_PAD_PSS, L"pss", directory);
        } else {
            check_signature(o, &hashes[i], 0, L"ecdsa", directory);
        }
    }
    if (is_rsa(o))
        check_digest_info(o);
}

void check_signer(key_storage_functions *f, const wchar_t *signer, const wchar_t *directory)
{
    opened o = { .f = f };
    wchar_t id[200];
    NCRYPT_KEY_HANDLE same = 0;
    CHECK_STATUS("OpenProvider", ERROR_SUCCESS, f->OpenProvider(&o.provider, KSP_PROVIDER_NAME, 0));
    CHECK_STATUS("OpenKey by name", ERROR_SUCCESS, f->OpenKey(o.provider, &o.key, signer, 0, 0));
    if (o.key == 0)
        return;
    get(&o, NCRYPT_ALGORITHM_GROUP_PROPERTY, o.group, sizeof o.group);
    get(&o, NCRYPT_ALGORITHM_PROPERTY, o.algorithm, sizeof o.algorithm);
    check_properties(&o, signer);
    get(&o, NCRYPT_UNIQUE_NAME_PROPERTY, id, sizeof id);
    CHECK_STATUS("OpenKey by id", ERROR_SUCCESS, f->OpenKey(o.provider, &same, id, 0, NCRYPT_MACHINE_KEY_FLAG));
    CHECK_STATUS("FreeKey of that", ERROR_SUCCESS, f->FreeKey(o.provider, same));
    check_signatures(&o, directory);
    CHECK_STATUS("FreeKey", ERROR_SUCCESS, f->FreeKey(o.provider, o.key));
    CHECK_STATUS("FreeProvider", ERROR_SUCCESS, f->FreeProvider(o.provider));
}

/* --- the provider itself ---------------------------------------------------------------------------------------- */

static void check_algorithms(key_storage_functions *f, NCRYPT_PROV_HANDLE provider)
{
    NCryptAlgorithmName *list = NULL;
    DWORD count = 0;
    CHECK_STATUS("EnumAlgorithms of signatures", ERROR_SUCCESS,
                 f->EnumAlgorithms(provider, NCRYPT_SIGNATURE_OPERATION, &count, &list, 0));
    CHECK("There are four", count == 4);
    for (DWORD i = 0; i < count; i++)
        CHECK_STATUS("Each is supported", ERROR_SUCCESS, f->IsAlgSupported(provider, list[i].pszName, 0));
    CHECK_STATUS("FreeBuffer", ERROR_SUCCESS, f->FreeBuffer(list));
    CHECK_STATUS("EnumAlgorithms of encryption", NTE_NOT_SUPPORTED,
                 f->EnumAlgorithms(provider, NCRYPT_ASYMMETRIC_ENCRYPTION_OPERATION, &count, &list, 0));
    CHECK_STATUS("DSA is not supported", NTE_NOT_SUPPORTED, f->IsAlgSupported(provider, L"DSA", 0));
}

static bool is_expected(const NCryptKeyName *name, int count, wchar_t **signers)
{
    for (int i = 0; i < count; i++)
        if (wcscmp(signers[i], name->pszName) == 0)
            return true;
    return false;
}

static void check_keys(key_storage_functions *f, NCRYPT_PROV_HANDLE provider, int count, wchar_t **signers)
{
    NCryptKeyName *name = NULL;
    PVOID state = NULL;
    int seen = 0;
    SECURITY_STATUS status;
    while ((status = f->EnumKeys(provider, NULL, &name, &state, 0)) == ERROR_SUCCESS) {
        CHECK("A key that EnumKeys names is one of the signers", is_expected(name, count, signers));
        CHECK("with an algorithm that is supported", f->IsAlgSupported(provider, name->pszAlgid, 0) == ERROR_SUCCESS);
        CHECK_STATUS("FreeBuffer of the name", ERROR_SUCCESS, f->FreeBuffer(name));
        seen++;
    }
    CHECK_STATUS("EnumKeys ends", NTE_NO_MORE_ITEMS, status);
    CHECK("EnumKeys names every signer", seen == count);
    CHECK_STATUS("FreeBuffer of the state", ERROR_SUCCESS, f->FreeBuffer(state));
}

void check_provider(key_storage_functions *f, int signer_count, wchar_t **signers)
{
    NCRYPT_PROV_HANDLE provider = 0;
    wchar_t text[100];
    DWORD number = 0, length = 0;
    CHECK_STATUS("OpenProvider", ERROR_SUCCESS, f->OpenProvider(&provider, KSP_PROVIDER_NAME, 0));
    CHECK_STATUS("Its name", ERROR_SUCCESS,
                 f->GetProviderProperty(provider, NCRYPT_NAME_PROPERTY, (PBYTE)text, sizeof text, &length, 0));
    CHECK("is the registered one", wcscmp(text, KSP_PROVIDER_NAME) == 0);
    CHECK_STATUS("Its version", ERROR_SUCCESS,
                 f->GetProviderProperty(provider, NCRYPT_VERSION_PROPERTY, (PBYTE)&number, sizeof number, &length, 0));
    CHECK("is 1.0", number == 0x10000);
    CHECK_STATUS("Its longest name", ERROR_SUCCESS,
                 f->GetProviderProperty(provider, NCRYPT_MAX_NAME_LENGTH_PROPERTY, (PBYTE)&number, sizeof number, &length, 0));
    check_algorithms(f, provider);
    check_keys(f, provider, signer_count, signers);
    CHECK_STATUS("FreeProvider", ERROR_SUCCESS, f->FreeProvider(provider));
}
