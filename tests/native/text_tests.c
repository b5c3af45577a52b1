/* What reads text: JSON, base64, DER, PEM, addresses, configuration, command lines. */
#include <stdlib.h>

#include "client/metadata.h"
#include "client/problem.h"
#include "client/redact.h"
#include "settings/config.h"
#include "settings/server_url.h"
#include "test.h"
#include "values/base64.h"
#include "values/chain.h"
#include "values/json.h"
#include "values/subject_name.h"

static bool is_json(const char *text)
{
    cs_json *document = cs_json_parse(text, strlen(text), NULL);
    cs_json_free(document);
    return document != NULL;
}

static void JSON_of_the_standard_is_read(void)
{
    static const char *const good[] = {
        "{}", "[]", "null", " true ", "\"\"", "0", "-0", "1.5e+3", "[1,[2,[3]],{\"a\":{\"b\":null}}]",
        "\xef\xbb\xbf{\"with\":\"a byte order mark\"}", "\"\\u0041\\ud83d\\ude00\\n\"", "\"\xc3\xa9\xf0\x9f\x98\x80\"",
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (!is_json(good[i])) {
            printf("    refused: %s\n", good[i]);
            test_failed = true;
        }
}

static void Malformed_JSON_is_refused(void)
{
    static const char *const bad[] = {
        "", " ", "{", "}", "[1,]", "{\"a\":1,}", "{\"a\" 1}", "{a:1}", "'a'", "01", "1.", ".5", "+1", "1e", "tru", "nul",
        "\"\t\"", "\"\\x\"", "\"\\u12\"", "\"\\ud800\"", "\"\\udc00\"", "\"\\ud800\\u0041\"", "\"\\u0000\"", "[1] 2",
        "\"\xc0\x80\"", "\"\xed\xa0\x80\"", "\"\xf4\x90\x80\x80\"", "\"\xff\"", "\"\xc3\"", "{\"a\":1,\"a\":2}", "NaN",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (is_json(bad[i])) {
            printf("    taken: %s\n", bad[i]);
            test_failed = true;
        }
}

static void JSON_has_limits_of_depth_size_and_members(void)
{
    char deep[202];
    memset(deep, '[', 100);
    memset(deep + 100, ']', 100);
    deep[200] = '\0';
    CHECK(!is_json(deep));
    CHECK(is_json(deep + 80) == false);

    size_t large = 1024 * 1024 + 1;
    char *text = malloc(large + 1);
    memset(text, ' ', large);
    text[0] = '1';
    text[large] = '\0';
    CHECK(!is_json(text));
    text[large - 1] = '\0';
    CHECK(is_json(text));
    free(text);

    cs_buffer wide = { 0 };
    cs_buffer_append_text(&wide, "{");
    for (int i = 0; i < 300; i++) {
        char name[16];
        snprintf(name, sizeof name, "n%d", i);
        cs_json_write_member(&wide, name, "");
    }
    cs_buffer_append_text(&wide, "}");
    CHECK(!is_json(wide.data));
    cs_buffer_release(&wide);
}

static void JSON_values_are_found_and_converted(void)
{
    const char *text = "{\"s\":\"a\\\"\\u00e9\",\"i\":-9223372036854775808,\"f\":1.5,\"big\":9223372036854775808,\"b\":true,\"l\":[1,2]}";
    cs_json *document = cs_json_parse(text, strlen(text), NULL);
    const cs_json_value *root = cs_json_root(document);
    int64_t integer;
    bool boolean = false;
    CHECK_TEXT(cs_json_string(cs_json_get(root, "s")), "a\"\xc3\xa9");
    CHECK(cs_json_integer(cs_json_get(root, "i"), &integer) && integer == INT64_MIN);
    CHECK(!cs_json_integer(cs_json_get(root, "f"), &integer));
    CHECK(!cs_json_integer(cs_json_get(root, "big"), &integer));
    CHECK(cs_json_boolean(cs_json_get(root, "b"), &boolean) && boolean);
    CHECK(cs_json_string(cs_json_get(root, "b")) == NULL);
    CHECK(cs_json_get(root, "absent") == NULL);
    CHECK(cs_json_get(cs_json_get(root, "absent"), "deeper") == NULL);
    const cs_json_value *second = cs_json_next(cs_json_first(cs_json_get(root, "l")));
    CHECK(cs_json_integer(second, &integer) && integer == 2 && cs_json_next(second) == NULL);
    cs_json_free(document);
}

static void Written_JSON_reads_back_the_same(void)
{
    cs_buffer out = { 0 };
    cs_json_write_string(&out, "quote \" backslash \\ tab \t bell \a \xc3\xa9 broken \xff end");
    CHECK_TEXT(out.data, "\"quote \\\" backslash \\\\ tab \\u0009 bell \\u0007 \xc3\xa9 broken \xef\xbf\xbd end\"");
    CHECK(is_json(out.data));
    cs_buffer_release(&out);
}

static void Base64_is_strict(void)
{
    unsigned char bytes[8];
    size_t length;
    CHECK(cs_base64_decode("AAEC", 4, bytes, sizeof bytes, &length) && length == 3 && bytes[2] == 2);
    CHECK(cs_base64_decode("/w==", 4, bytes, sizeof bytes, &length) && length == 1 && bytes[0] == 0xff);
    CHECK(cs_base64_decode("", 0, bytes, sizeof bytes, &length) && length == 0);
    CHECK(!cs_base64_decode("/x==", 4, bytes, sizeof bytes, &length)); /* bits behind the end */
    CHECK(!cs_base64_decode("AAE", 3, bytes, sizeof bytes, &length));
    CHECK(!cs_base64_decode("A===", 4, bytes, sizeof bytes, &length));
    CHECK(!cs_base64_decode("AA==AAAA", 8, bytes, sizeof bytes, &length));
    CHECK(!cs_base64_decode("AA\nA", 4, bytes, sizeof bytes, &length));
    CHECK(!cs_base64_decode("AAECAwQFBgcI", 12, bytes, sizeof bytes, &length)); /* nine bytes into eight */
}

static void Only_canonical_DigestInfo_is_accepted(void)
{
    unsigned char info[51] = { 0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20 };
    const unsigned char *digest;
    CHECK(cs_digest_info_read(info, 51, &digest) == CS_HASH_SHA256 && digest == info + 19);
    CHECK(cs_digest_info_read(info, 50, &digest) == CS_HASH_NONE);
    for (size_t i = 0; i < 19; i++) {
        info[i] ^= 1;
        CHECK(cs_digest_info_read(info, 51, &digest) == CS_HASH_NONE);
        info[i] ^= 1;
    }
    /* Without the NULL parameters: RFC 8017 tells verifiers to take it, and signers to make none. */
    static const unsigned char bare[49] = { 0x30, 0x2f, 0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x04, 0x20 };
    CHECK(cs_digest_info_read(bare, sizeof bare, &digest) == CS_HASH_NONE);
}

static void Server_address_must_be_HTTPS_or_loopback(void)
{
    static const char *const good[] = {
        "https://signing.example.com", "https://signing.example.com:8443/prefix", "https://10.0.0.1", "https://[2001:db8::1]:8443",
        "http://127.0.0.1:8080", "http://localhost", "http://[::1]:8080", "http://127.1.2.3/",
    };
    static const char *const bad[] = {
        "", "signing.example.com", "ftp://localhost", "http://signing.example.com", "http://127.0.0.1.example.com",
        "http://localhost.example.com", "https://", "https://user@host", "https://user:pw@host", "https://host/?q", "https://host/#f",
        "https://host:port", "https://ho st", "https://host:", "https://[::1", "https://host\\path", "http://[::1].example.com",
        "http://127.0.0.256a", "https://host\n",
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (cs_server_url_fault(good[i]) != NULL) {
            printf("    refused: %s\n", good[i]);
            test_failed = true;
        }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (cs_server_url_fault(bad[i]) == NULL) {
            printf("    taken: %s\n", bad[i]);
            test_failed = true;
        }
}

static void Invalid_address_is_reported_with_its_cause(void)
{
    static const struct {
        const char *url, *fault;
    } urls[] = {
        { "signing.example.com", "must be https://" }, { "http://signing.example.com", "must be https://" }, { "https:///x", "expected a host" },
        { "https://host:x", "expected a number as the port" }, { "https://u@host", "expected no user" }, { "https://ho st", "blank" },
    };
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++)
        CHECK(strstr(cs_server_url_fault(urls[i].url), urls[i].fault) != NULL);
}

static cs_result configure(cs_config *config, const char *text, cs_error *error)
{
    return cs_config_parse(config, text, strlen(text), "the file", error);
}

static void Whole_configuration_is_read(void)
{
    cs_config config;
    cs_error error = { 0 };
    CHECK(configure(&config,
                    "{\"serverUrl\":\"https://s/\",\"auth\":{\"clientId\":\"i\",\"clientSecret\":\"s\"},\"caCertificate\":\"/c\","
                    "\"logFile\":\"/l\",\"logLevel\":\"debug\",\"sendCommandLine\":true,\"timeoutSeconds\":5,\"signers\":[\"a\",\"b\"],"
                    "\"requestOnDenial\":{\"justification\":\"why\",\"requestedSignings\":2,\"requestedWindowDuration\":\"4h\",\"waitSeconds\":9}}",
                    &error) == CS_OK);
    CHECK_TEXT(config.server_url, "https://s");
    CHECK(config.auth == CS_AUTH_CLIENT_SECRET && config.log_level == CS_LOG_DEBUG && config.timeout_seconds == 5);
    CHECK(config.send_command_line && config.signer_count == 2 && config.request_on_denial.enabled);
    CHECK(config.request_on_denial.requested_signings == 2 && config.request_on_denial.wait_seconds == 9);
    CHECK_TEXT(config.request_on_denial.window, "4h");
    cs_config_release(&config);
}

static void Empty_configuration_is_valid(void)
{
    cs_config config;
    CHECK(configure(&config, "{}", NULL) == CS_OK);
    CHECK(config.server_url == NULL && config.auth == CS_AUTH_NONE && !config.send_command_line && config.timeout_seconds == 60);
    cs_config_release(&config);
}

static void Misspelled_setting_is_named(void)
{
    static const struct {
        const char *text, *named;
    } slips[] = {
        { "[]", "is invalid: expected a JSON object" },
        { "{", "the file is invalid: expected JSON; line 1" },
        { "{\"serverURL\":\"https://s\"}", "no such key: serverURL" },
        { "{\"auth\":{\"clientID\":\"i\"}}", "no such key: auth.clientID" },
        { "{\"auth\":{\"clientId\":\"i\"}}", "auth.clientSecret (CODESIGNING_CLIENT_SECRET) is missing" },
        { "{\"auth\":{\"clientId\":7}}", "auth.clientId is invalid: expected a non-empty string" },
        { "{\"auth\":{\"token\":\"a\\nb\"}}", "auth.token (CODESIGNING_TOKEN) is invalid: expected visible ASCII" },
        { "{\"auth\":{\"clientId\":\"i\",\"clientSecret\":\"a b\"}}", "auth.clientSecret (CODESIGNING_CLIENT_SECRET) is invalid: expected visible ASCII" },
        { "{\"auth\":{\"token\":\" \\r\\n\"}}", "auth.token is invalid: expected a non-empty string" },
        { "\xff\xfe{", "is invalid: expected UTF-8, and it is UTF-16" },
        { "{\"auth\":{\"clientId\":\"i\",\"clientSecret\":\"s\",\"token\":\"t\"}}", "auth is invalid: expected either" },
        { "{\"auth\":{\"oidcTokenFile\":\"f\"}}", "auth.identityId is missing" },
        { "{\"serverUrl\":\"http://elsewhere\"}", "the file: serverUrl must be https" },
        { "{\"serverUrl\":5}", "serverUrl is invalid: expected a non-empty string" },
        { "{\"logLevel\":\"loud\"}", "logLevel is invalid: expected none" },
        { "{\"timeoutSeconds\":0}", "timeoutSeconds is invalid: expected a whole number from 1" },
        { "{\"timeoutSeconds\":1.5}", "timeoutSeconds is invalid: expected a whole number from 1" },
        { "{\"signers\":[]}", "signers is invalid: expected an array" },
        { "{\"signers\":[\"a\",1]}", "signers[1] is invalid: expected a signer's name or id" },
        { "{\"requestOnDenial\":{\"waitSeconds\":-1}}", "requestOnDenial.waitSeconds is invalid: expected a whole number" },
        { "{\"requestOnDenial\":1}", "requestOnDenial is invalid: expected true" },
        { "{\"requestOnDenial\":{\"wait\":\"1m\"}}", "no such key: requestOnDenial.wait" },
        { "{\"sendCommandLine\":\"yes\"}", "is invalid: expected true or false" },
    };
    for (size_t i = 0; i < sizeof slips / sizeof *slips; i++) {
        cs_config config;
        cs_error error = { 0 };
        CHECK(configure(&config, slips[i].text, &error) == CS_INVALID_CONFIGURATION);
        if (strstr(error.message, slips[i].named) == NULL) {
            printf("    %s is told as: %s\n", slips[i].text, error.message);
            test_failed = true;
        }
        cs_config_release(&config);
    }
}

static void Whitespace_and_BOM_around_a_value_are_ignored(void)
{
    cs_config config;
    CHECK(configure(&config,
                    "\xef\xbb\xbf{\"serverUrl\":\"\\ufeffhttps://s \",\"auth\":{\"clientId\":\"i\\r\\n\",\"clientSecret\":\"\\ts\\n\"},"
                    "\r\n\"caCertificate\":\" /c\\n\",\"signers\":[\"a\\n\"],\"requestOnDenial\":{\"requestedWindowDuration\":\"4h \"}}\r\n",
                    NULL) == CS_OK);
    CHECK_TEXT(config.server_url, "https://s");
    CHECK_TEXT(config.client_id, "i");
    CHECK_TEXT(config.client_secret, "s");
    CHECK_TEXT(config.ca_certificate, "/c");
    CHECK(config.signer_count == 1);
    CHECK_TEXT(config.signers[0], "a");
    CHECK_TEXT(config.request_on_denial.window, "4h");
    cs_config_release(&config);

    static const char *const names[] = { "CODESIGNING_SERVER_URL", "CODESIGNING_TOKEN", "CODESIGNING_CA_CERTIFICATE", "CODESIGNING_CLIENT_ID" };
    setenv(names[0], "\xef\xbb\xbfhttps://other\r\n", 1);
    setenv(names[1], "token\n", 1);
    setenv(names[2], "/ca.pem\r\n", 1);
    setenv(names[3], "\n", 1); /* as good as unset */
    CHECK(cs_config_load(&config, NULL, 0, false, NULL) == CS_OK);
    CHECK_TEXT(config.server_url, "https://other");
    CHECK_TEXT(config.token, "token");
    CHECK_TEXT(config.ca_certificate, "/ca.pem");
    CHECK(config.client_id == NULL);
    cs_config_release(&config);
    cs_error error = { 0 };
    setenv(names[1], "to\r\nken", 1);
    CHECK(cs_config_load(&config, NULL, 0, false, &error) == CS_INVALID_CONFIGURATION);
    CHECK(strstr(error.message, "CODESIGNING_TOKEN") != NULL && strstr(error.message, "ken:") == NULL);
    cs_config_release(&config);
    setenv(names[0], "http://elsewhere", 1);
    CHECK(cs_config_load(&config, NULL, 0, false, &error) == CS_INVALID_CONFIGURATION);
    CHECK(strstr(error.message, "the environment: CODESIGNING_SERVER_URL must be https") != NULL);
    cs_config_release(&config);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        unsetenv(names[i]);
}

static void Address_may_end_in_the_path_of_the_API(void)
{
    static const char *const urls[] = { "https://s/api/v1", "https://s/api/v1/", "https://s//api/v1//", "https://s" };
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        cs_config config;
        char text[64];
        snprintf(text, sizeof text, "{\"serverUrl\":\"%s\"}", urls[i]);
        CHECK(configure(&config, text, NULL) == CS_OK);
        CHECK_TEXT(config.server_url, "https://s");
        cs_config_release(&config);
    }
}

static void Errors_never_repeat_a_secret(void)
{
    cs_config config;
    cs_error error = { 0 };
    CHECK(configure(&config, "{\"auth\":{\"clientId\":\"i\",\"clientSecret\":\"hunter2\"},\"x\":\"hunter2\"}", &error) != CS_OK);
    CHECK(strstr(error.message, "hunter2") == NULL);
    cs_config_release(&config);
}

static void Environment_overrides_the_file(void)
{
    cs_config config;
    setenv("CODESIGNING_SERVER_URL", "https://other", 1);
    setenv("CODESIGNING_TOKEN", "t", 1);
    char name[] = "/tmp/codesigning-config-XXXXXX";
    int file = mkstemp(name);
    FILE *stream = fdopen(file, "w");
    fputs("{\"serverUrl\":\"https://s\",\"auth\":{\"oidcTokenFile\":\"f\",\"identityId\":\"i\"}}", stream);
    fclose(stream);
    const char *const paths[] = { NULL, "/nowhere/at/all.json", name };
    CHECK(cs_config_load(&config, paths, 3, false, NULL) == CS_OK);
    CHECK_TEXT(config.server_url, "https://other");
    CHECK_TEXT(config.source, name);
    CHECK(config.auth == CS_AUTH_TOKEN);
    cs_config_release(&config);
    unsetenv("CODESIGNING_SERVER_URL");
    unsetenv("CODESIGNING_TOKEN");
    cs_error error = { 0 };
    CHECK(cs_config_load(&config, &paths[1], 1, true, &error) == CS_INVALID_CONFIGURATION);
    CHECK(strstr(error.message, "no such file") != NULL);
    cs_config_release(&config);
    remove(name);
}

static void Secrets_of_a_command_line_are_hidden(void)
{
    static const struct {
        const char *words[4];
        const char *shown;
    } lines[] = {
        { { "tool", "--pin", "1234", "x" }, "tool --pin *** x" },
        { { "jarsigner", "-storepass", "changeit" }, "jarsigner -storepass ***" },
        { { "tool", "--password=hunter2" }, "tool --password=***" },
        { { "tool", "-passin", "pass:hunter2" }, "tool -passin ***" },
        { { "tool", "pass:hunter2" }, "tool pass:***" },
        { { "tool", "-p", "hunter2" }, "tool -p ***" },
        { { "tool", "pkcs11:token=a;object=b?pin-value=1234&x=y" }, "tool pkcs11:token=***;object=b?pin-value=***&x=y" },
        { { "tool", "https://user:hunter2@host/path" }, "tool https://***@host/path" },
        { { "tool", "API_TOKEN=abc", "file.exe" }, "tool API_TOKEN=*** file.exe" },
        { { "tool", "-in", "app.exe" }, "tool -in app.exe" },
        { { "signtool", "/p", "hunter2", "app.exe" }, "signtool /p *** app.exe" },
        { { "signtool", "/P", "/hunter2" }, "signtool /P ***" },
        { { "signtool", "/p:hunter2", "app.exe" }, "signtool /p:*** app.exe" },
        { { "tool", "-p:hunter2" }, "tool -p:***" },
        { { "tool", "/password", "hunter2" }, "tool /password ***" },
        { { "tool", "/Password:hunter2=x" }, "tool /Password:***" },
        { { "tool", "/home/passwords/tool", "app.exe" }, "tool /home/passwords/tool app.exe" },
        { { "signtool", "/fd", "SHA256", "/v" }, "signtool /fd SHA256 /v" },
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        char out[200];
        size_t count = 0;
        while (count < 4 && lines[i].words[count] != NULL)
            count++;
        cs_command_line_redact(lines[i].words, count, out, sizeof out);
        CHECK_TEXT(out, lines[i].shown);
    }
    char small[8];
    cs_command_line_redact(lines[0].words, 4, small, sizeof small);
    CHECK_TEXT(small, "tool --");
}

static void Metadata_stays_within_two_KiB(void)
{
    cs_metadata metadata = { .tool = "tool" };
    memset(metadata.command, 0x01, sizeof metadata.command - 1); /* six bytes each once escaped */
    cs_buffer out = { 0 };
    cs_metadata_write(&out, &metadata, "sha256:00");
    CHECK(out.length <= 2048);
    CHECK_TEXT(out.data, "{\"tool\":\"tool\",\"digest\":\"sha256:00\"}");
    cs_buffer_release(&out);
}

/* The run script makes these with openssl. */
static cs_chain *read_chain(const char *name, cs_error *error)
{
    char path[512];
    char pem[32768];
    snprintf(path, sizeof path, "%s/%s", getenv("CERTIFICATES"), name);
    FILE *file = fopen(path, "r");
    size_t length = file != NULL ? fread(pem, 1, sizeof pem, file) : 0;
    if (file != NULL)
        fclose(file);
    return cs_chain_parse(pem, length, error);
}

static void Certificates_of_OpenSSL_are_read(void)
{
    static const struct {
        const char *file;
        cs_key_algorithm key;
        size_t modulus, point;
    } files[] = {
        { "rsa2048.pem", CS_KEY_RSA_2048, 256, 0 }, { "rsa3072.pem", CS_KEY_RSA_3072, 384, 0 },
        { "p256.pem", CS_KEY_EC_P256, 0, 65 },      { "p384.pem", CS_KEY_EC_P384, 0, 97 },
        { "p521.pem", CS_KEY_EC_P521, 0, 133 },     { "ed25519.pem", CS_KEY_UNKNOWN, 0, 0 },
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        cs_error error = { 0 };
        cs_chain *chain = read_chain(files[i].file, &error);
        CHECK(chain != NULL && cs_chain_length(chain) == 1);
        if (chain == NULL)
            continue;
        const cs_certificate *certificate = cs_chain_at(chain, 0);
        CHECK(certificate->key.algorithm == files[i].key && certificate->key.modulus.length == files[i].modulus);
        CHECK(certificate->key.point.length == files[i].point);
        CHECK_TEXT(certificate->name, "Näme");
        CHECK(strlen(certificate->not_before) == 8 && strcmp(certificate->not_before, certificate->not_after) < 0);
        /* Only p521.pem ends after 2049, and so has a GeneralizedTime. */
        CHECK(strncmp(certificate->not_after, certificate->key.algorithm == CS_KEY_EC_P521 ? "21" : "20", 2) == 0);
        cs_chain_release(chain);
    }
}

/* A Name of one attribute a set. */
typedef struct part {
    unsigned char last_of_oid; /* 2.5.4.x */
    unsigned char tag;
    const char *bytes;
    size_t length;
} part;

static const char *name_of(const part *parts, size_t count)
{
    static char out[65];
    static unsigned char der[1024];
    size_t at = 4;
    for (size_t i = 0; i < count; i++) {
        unsigned char size = (unsigned char)parts[i].length;
        const unsigned char head[] = { 0x31, 0x81, (unsigned char)(size + 11), 0x30, 0x81, (unsigned char)(size + 8), 0x06, 3, 0x55, 4,
                                       parts[i].last_of_oid, parts[i].tag, 0x81, size };
        const unsigned char small[] = { 0x31, (unsigned char)(size + 9), 0x30, (unsigned char)(size + 7), 0x06, 3, 0x55, 4,
                                        parts[i].last_of_oid, parts[i].tag, size };
        bool is_long = size >= 0x80;
        memcpy(der + at, is_long ? head : small, is_long ? sizeof head : sizeof small);
        at += is_long ? sizeof head : sizeof small;
        memcpy(der + at, parts[i].bytes, size);
        at += size;
    }
    bool wide = at - 4 >= 0x100;
    size_t start = at - 4 < 0x80 ? 2 : wide ? 0 : 1;
    der[start] = 0x30;
    if (start < 2)
        der[start + 1] = wide ? 0x82 : 0x81;
    if (wide)
        der[2] = (unsigned char)((at - 4) >> 8);
    der[3] = (unsigned char)(at - 4);
    cs_subject_name((cs_span){ der + start, at - start }, out, sizeof out);
    return out;
}

enum { common_name = 3, country = 6, organization = 10, unit = 11 };

#define TEXT(tag, literal) tag, literal, sizeof literal - 1

static void Subject_is_named_by_its_common_name_of_any_type(void)
{
    static const struct {
        unsigned char tag;
        const char *bytes;
        size_t length;
        const char *name;
    } texts[] = {
        { TEXT(0x0c, "N\xc3\xa4me \xf0\x9f\x98\x80"), "N\xc3\xa4me \xf0\x9f\x98\x80" },
        { TEXT(0x13, "Name"), "Name" },
        { TEXT(0x12, "2026"), "2026" },
        { TEXT(0x14, "N\xe4me"), "N\xc3\xa4me" },
        { TEXT(0x16, "Name@example"), "Name@example" },
        { TEXT(0x1a, "Name"), "Name" },
        { TEXT(0x1e, "\0N\0\xe4\x20\xac\xd8\x3d\xde\x00"), "N\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80" },
        { TEXT(0x1c, "\0\0\0N\0\x01\xf6\0"), "N\xf0\x9f\x98\x80" },
        /* What is no text is marked, and does not end the name. */
        { TEXT(0x0c, "release\0evil"), "release\xef\xbf\xbd" "evil" },
        { TEXT(0x0c, "a\xff\xc0\x80z\xed\xa0\x80\xe2\x82"), "a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz\xef\xbf\xbd\xef\xbf\xbd" },
        { TEXT(0x1e, "\0a\xd8\x3d\0b\0"), "a\xef\xbf\xbd" "b\xef\xbf\xbd" },
        { TEXT(0x1c, "\0\x11\0\0\0\0\0a"), "\xef\xbf\xbd" "a" },
        { TEXT(0x0c, "  a b  "), "a b" },
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        part only = { common_name, texts[i].tag, texts[i].bytes, texts[i].length };
        CHECK_TEXT(name_of(&only, 1), texts[i].name);
    }
}

static void Subject_without_a_common_name_is_named_by_its_parts(void)
{
    static const part parts[] = {
        { country, TEXT(0x13, "US") }, { organization, TEXT(0x13, "Example Trust, Inc.") }, { unit, TEXT(0x14, "First") },
        { unit, TEXT(0x1e, "\0C\0A") }, { common_name, TEXT(0x0c, "   ") }, { common_name, TEXT(0x0c, "One") },
        { common_name, TEXT(0x0c, "Two") }, { organization, TEXT(0x0c, "After") }, { common_name, TEXT(0x04, "octets") },
    };
    CHECK_TEXT(name_of(parts, 0), "");
    CHECK_TEXT(name_of(parts, 1), "US");
    CHECK_TEXT(name_of(parts, 2), "Example Trust, Inc.");
    CHECK_TEXT(name_of(parts, 4), "CA");
    CHECK_TEXT(name_of(parts, 5), "CA");
    CHECK_TEXT(name_of(parts, 9), "Two");
}

static void Long_name_is_truncated_at_a_character_boundary(void)
{
    char text[104];
    for (size_t i = 0; i < sizeof text; i += 2)
        memcpy(text + i, "\xc3\xa4", 2);
    part only = { common_name, 0x0c, text, sizeof text };
    CHECK(strlen(name_of(&only, 1)) == 64 && memcmp(name_of(&only, 1), text, 64) == 0);
    text[0] = 'x';
    text[1] = 'y';
    only.bytes++;
    only.length--;
    CHECK(strlen(name_of(&only, 1)) == 63 && memcmp(name_of(&only, 1), text + 1, 63) == 0);
}

/* Several attributes in one set, as in CN=Name + OU=Unit. */
static void Every_attribute_of_a_set_is_read(void)
{
    static const unsigned char name[] = { 0x30, 24, 0x31, 22, 0x30, 9, 6, 3, 0x55, 4, unit, 0x13, 2, 'O', 'U',
                                          0x30, 9, 6, 3, 0x55, 4, common_name, 0x13, 2, 'C', 'N' };
    char out[65];
    cs_subject_name((cs_span){ name, sizeof name }, out, sizeof out);
    CHECK_TEXT(out, "CN");
}

static void Chain_keeps_its_order_and_its_limit(void)
{
    cs_error error = { 0 };
    cs_chain *chain = read_chain("three.pem", &error);
    CHECK(cs_chain_length(chain) == 3);
    CHECK(chain != NULL && cs_chain_at(chain, 2)->key.algorithm == CS_KEY_EC_P384);
    cs_chain_release(chain);
    chain = read_chain("leaf-and-16.pem", &error);
    CHECK(cs_chain_length(chain) == 17);
    cs_chain_release(chain);
    CHECK(read_chain("leaf-and-17.pem", &error) == NULL && strstr(error.message, "more than 16 CA certificates") != NULL);
    CHECK(cs_chain_parse("none", 4, &error) == NULL);
    const char *cut = "-----BEGIN CERTIFICATE-----\nMIIB";
    CHECK(cs_chain_parse(cut, strlen(cut), &error) == NULL);
}

int main(void)
{
    RUN(JSON_of_the_standard_is_read);
    RUN(Malformed_JSON_is_refused);
    RUN(JSON_has_limits_of_depth_size_and_members);
    RUN(JSON_values_are_found_and_converted);
    RUN(Written_JSON_reads_back_the_same);
    RUN(Base64_is_strict);
    RUN(Only_canonical_DigestInfo_is_accepted);
    RUN(Server_address_must_be_HTTPS_or_loopback);
    RUN(Invalid_address_is_reported_with_its_cause);
    RUN(Whole_configuration_is_read);
    RUN(Whitespace_and_BOM_around_a_value_are_ignored);
    RUN(Address_may_end_in_the_path_of_the_API);
    RUN(Empty_configuration_is_valid);
    RUN(Misspelled_setting_is_named);
    RUN(Errors_never_repeat_a_secret);
    RUN(Environment_overrides_the_file);
    RUN(Secrets_of_a_command_line_are_hidden);
    RUN(Metadata_stays_within_two_KiB);
    RUN(Certificates_of_OpenSSL_are_read);
    RUN(Subject_is_named_by_its_common_name_of_any_type);
    RUN(Subject_without_a_common_name_is_named_by_its_parts);
    RUN(Long_name_is_truncated_at_a_character_boundary);
    RUN(Every_attribute_of_a_set_is_read);
    RUN(Chain_keeps_its_order_and_its_limit);
    return 0;
}
