#include <windows.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <winhttp.h>

#include "platform/platform.h"
#include "platform/windows/wide.h"
#include "transport.h"
#include "values/secret.h"

enum { connect_timeout_ms = 10000, max_retry_after = 86400 };

/* WinHTTP itself keeps the connections of a session alive and shares them among threads. */
struct cs_transport {
    const cs_config *config;
    cs_mutex *lock; /* over what follows, which is made at the first request */
    HINTERNET session;
    HINTERNET server;
    wchar_t *base_path; /* what comes before the paths of requests; may be empty */
    bool secure;
};

cs_transport *cs_transport_open(const cs_config *config)
{
    cs_transport *transport = calloc(1, sizeof *transport);
    if (transport == NULL)
        return NULL;
    transport->config = config;
    transport->lock = cs_mutex_create();
    if (transport->lock == NULL) {
        free(transport);
        return NULL;
    }
    return transport;
}

static void disconnect(cs_transport *transport)
{
    if (transport->server != NULL)
        WinHttpCloseHandle(transport->server);
    if (transport->session != NULL)
        WinHttpCloseHandle(transport->session);
    cs_wide_free(transport->base_path);
    transport->server = transport->session = NULL;
    transport->base_path = NULL;
}

void cs_transport_close(cs_transport *transport)
{
    if (transport == NULL)
        return;
    disconnect(transport);
    cs_mutex_destroy(transport->lock);
    free(transport);
}

/* For a forked child; Windows has none. */
void cs_transport_abandon(cs_transport *transport)
{
    (void)transport;
}

/* --- the session ------------------------------------------------------------------------------------------------ */

static bool is_loopback(const wchar_t *host)
{
    return wcsncmp(host, L"127.", 4) == 0 || wcscmp(host, L"[::1]") == 0 || wcscmp(host, L"::1") == 0
        || _wcsicmp(host, L"localhost") == 0;
}

/* No proxy for a server on this machine. Windows before 8.1 does not have the automatic kind. */
static HINTERNET open_session(bool loopback)
{
    static const wchar_t agent[] = L"codesigning-native/1";
    if (loopback)
        return WinHttpOpen(agent, WINHTTP_ACCESS_TYPE_NO_PROXY, NULL, NULL, 0);
    HINTERNET session = WinHttpOpen(agent, WINHTTP_ACCESS_TYPE_AUTOMATIC_PROXY, NULL, NULL, 0);
    return session != NULL ? session : WinHttpOpen(agent, WINHTTP_ACCESS_TYPE_DEFAULT_PROXY, NULL, NULL, 0);
}

/* TLS 1.2 and 1.3; 1.2 alone where Windows does not have 1.3. */
static bool require_modern_tls(HINTERNET session)
{
    DWORD both = WINHTTP_FLAG_SECURE_PROTOCOL_TLS1_2 | WINHTTP_FLAG_SECURE_PROTOCOL_TLS1_3;
    DWORD older = WINHTTP_FLAG_SECURE_PROTOCOL_TLS1_2;
    return WinHttpSetOption(session, WINHTTP_OPTION_SECURE_PROTOCOLS, &both, sizeof both)
        || WinHttpSetOption(session, WINHTTP_OPTION_SECURE_PROTOCOLS, &older, sizeof older);
}

static cs_result cannot_begin(const cs_transport *transport, cs_error *error)
{
    return cs_fail(error, CS_INVALID_CONFIGURATION, "%s cannot be used: WinHTTP error %lu", transport->config->server_url,
                   GetLastError());
}

static cs_result connect_to(cs_transport *transport, wchar_t *url, cs_error *error)
{
    wchar_t host[256];
    wchar_t path[2048];
    URL_COMPONENTSW parts = {
        .dwStructSize = sizeof parts,
        .lpszHostName = host,
        .dwHostNameLength = sizeof host / sizeof *host,
        .lpszUrlPath = path,
        .dwUrlPathLength = sizeof path / sizeof *path,
    };
    if (!WinHttpCrackUrl(url, 0, 0, &parts))
        return cannot_begin(transport, error);
    transport->secure = parts.nScheme == INTERNET_SCHEME_HTTPS;
    size_t length = wcslen(path);
    while (length > 0 && path[length - 1] == L'/')
        path[--length] = L'\0';
    transport->base_path = _wcsdup(path);
    transport->session = open_session(is_loopback(host));
    if (transport->session == NULL || transport->base_path == NULL || !require_modern_tls(transport->session))
        return cannot_begin(transport, error);
    transport->server = WinHttpConnect(transport->session, host, parts.nPort, 0);
    return transport->server != NULL ? CS_OK : cannot_begin(transport, error);
}

static cs_result begin(cs_transport *transport, cs_error *error)
{
    if (transport->config->ca_certificate != NULL)
        return cs_fail(error, CS_INVALID_CONFIGURATION,
                       "caCertificate cannot be used on Windows: import that CA into the Trusted Root Certification "
                       "Authorities (certutil -addstore Root FILE) and remove the setting");
    cs_result result = CS_OK;
    cs_mutex_lock(transport->lock);
    if (transport->server == NULL) {
        wchar_t *url = cs_wide(transport->config->server_url);
        result = url != NULL ? connect_to(transport, url, error) : cs_fail(error, CS_NO_MEMORY, "out of memory");
        cs_wide_free(url);
        if (result != CS_OK)
            disconnect(transport);
    }
    cs_mutex_unlock(transport->lock);
    return result;
}

/* --- errors ----------------------------------------------------------------------------------------------------- */

static const char *distrust(DWORD flags)
{
    static const struct {
        DWORD flag;
        const char *why;
    } reasons[] = {
        { WINHTTP_CALLBACK_STATUS_FLAG_CERT_CN_INVALID, "its certificate is for another host name; correct serverUrl" },
        { WINHTTP_CALLBACK_STATUS_FLAG_INVALID_CA,
          "its certificate comes from a CA that this machine does not trust; import the CA with certutil -addstore Root FILE" },
        { WINHTTP_CALLBACK_STATUS_FLAG_CERT_DATE_INVALID, "its certificate has expired or is not valid yet" },
        { WINHTTP_CALLBACK_STATUS_FLAG_CERT_REVOKED, "its certificate has been revoked" },
        { WINHTTP_CALLBACK_STATUS_FLAG_CERT_WRONG_USAGE, "its certificate is not for a server" },
    };
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if ((flags & reasons[i].flag) != 0)
            return reasons[i].why;
    return "its certificate was refused; look at it in a browser";
}

static DWORD flag_of(DWORD code)
{
    switch (code) {
    case ERROR_WINHTTP_SECURE_CERT_CN_INVALID:
        return WINHTTP_CALLBACK_STATUS_FLAG_CERT_CN_INVALID;
    case ERROR_WINHTTP_SECURE_INVALID_CA:
        return WINHTTP_CALLBACK_STATUS_FLAG_INVALID_CA;
    case ERROR_WINHTTP_SECURE_CERT_DATE_INVALID:
        return WINHTTP_CALLBACK_STATUS_FLAG_CERT_DATE_INVALID;
    case ERROR_WINHTTP_SECURE_CERT_REVOKED:
        return WINHTTP_CALLBACK_STATUS_FLAG_CERT_REVOKED;
    case ERROR_WINHTTP_SECURE_CERT_WRONG_USAGE:
        return WINHTTP_CALLBACK_STATUS_FLAG_CERT_WRONG_USAGE;
    default:
        return 0;
    }
}

static const char *network_fault(DWORD code)
{
    switch (code) {
    case ERROR_WINHTTP_NAME_NOT_RESOLVED:
        return "its name is not known";
    case ERROR_WINHTTP_CANNOT_CONNECT:
        return "nothing listens there, or a firewall is in between";
    case ERROR_WINHTTP_TIMEOUT:
        return "no answer in time";
    default:
        return "the connection failed";
    }
}

static cs_result classify(const cs_transport *transport, DWORD code, DWORD secure_failure, cs_error *error)
{
    const char *url = transport->config->server_url;
    /* A failed handshake. Windows reports separately what is wrong with a certificate; Wine does not. */
    if (code == ERROR_WINHTTP_SECURE_CHANNEL_ERROR && secure_failure == 0)
        return cs_fail(error, CS_TLS,
                       "%s: no TLS 1.2 or 1.3 connection could be made; is its certificate trusted by this machine, and for "
                       "that host name?", url);
    if (secure_failure != 0 || flag_of(code) != 0 || code == ERROR_WINHTTP_SECURE_FAILURE
        || code == ERROR_WINHTTP_SECURE_INVALID_CERT)
        return cs_fail(error, CS_TLS, "%s is not trusted: %s", url, distrust(secure_failure | flag_of(code)));
    if (code == ERROR_NOT_ENOUGH_MEMORY || code == ERROR_OUTOFMEMORY)
        return cs_fail(error, CS_NO_MEMORY, "out of memory");
    return cs_fail(error, CS_NETWORK, "%s cannot be reached: %s (error %lu); check the network and that the server runs", url,
                   network_fault(code), code);
}

/* --- one request ------------------------------------------------------------------------------------------------ */

typedef struct exchange {
    const cs_transport *transport;
    HINTERNET handle;
    DWORD secure_failure; /* what was wrong with the server's certificate */
    uint64_t deadline;
} exchange;

static void CALLBACK on_status(HINTERNET handle, DWORD_PTR context, DWORD status, LPVOID information, DWORD length)
{
    exchange *current = (exchange *)context;
    (void)handle;
    if (current != NULL && status == WINHTTP_CALLBACK_STATUS_SECURE_FAILURE && information != NULL && length >= sizeof(DWORD))
        current->secure_failure |= *(const DWORD *)information;
}

/* Makes every wait that begins now end by the deadline. */
static bool bound_waits(const exchange *current)
{
    uint64_t now = cs_monotonic_ms();
    if (now >= current->deadline) {
        SetLastError(ERROR_WINHTTP_TIMEOUT);
        return false;
    }
    uint64_t rest = current->deadline - now;
    int left = rest < INT_MAX ? (int)rest : INT_MAX;
    int to_connect = left < connect_timeout_ms ? left : connect_timeout_ms;
    DWORD response = (DWORD)left;
    return WinHttpSetTimeouts(current->handle, to_connect, to_connect, left, left)
        && WinHttpSetOption(current->handle, WINHTTP_OPTION_RECEIVE_RESPONSE_TIMEOUT, &response, sizeof response);
}

/* No redirects, no cookies, no logging in with the Windows account, no client certificate. */
static bool open_request(exchange *current, const cs_http_request *request)
{
    const cs_transport *transport = current->transport;
    cs_buffer path = { .limit = 8192 };
    char *base = cs_narrow(transport->base_path);
    bool composed = base != NULL && cs_buffer_append_text(&path, base) && cs_buffer_append_text(&path, request->path);
    wchar_t *object = composed ? cs_wide(path.data) : NULL;
    wchar_t *method = cs_wide(request->method);
    cs_secret_free(base);
    cs_buffer_release(&path);
    if (object != NULL && method != NULL)
        current->handle = WinHttpOpenRequest(transport->server, method, object, NULL, WINHTTP_NO_REFERER,
                                             WINHTTP_DEFAULT_ACCEPT_TYPES, transport->secure ? WINHTTP_FLAG_SECURE : 0);
    else
        SetLastError(ERROR_OUTOFMEMORY);
    cs_wide_free(object);
    cs_wide_free(method);
    if (current->handle == NULL)
        return false;
    DWORD disabled = WINHTTP_DISABLE_COOKIES | WINHTTP_DISABLE_REDIRECTS | WINHTTP_DISABLE_AUTHENTICATION;
    WinHttpSetStatusCallback(current->handle, on_status, WINHTTP_CALLBACK_FLAG_SECURE_FAILURE, 0);
    return WinHttpSetOption(current->handle, WINHTTP_OPTION_DISABLE_FEATURE, &disabled, sizeof disabled)
        && (!transport->secure
            || WinHttpSetOption(current->handle, WINHTTP_OPTION_CLIENT_CERT_CONTEXT, WINHTTP_NO_CLIENT_CERT_CONTEXT, 0)
            || GetLastError() == ERROR_INVALID_PARAMETER);
}

static bool add_header(const exchange *current, const char *name, const char *value)
{
    cs_buffer line = { .limit = 64 * 1024 };
    cs_buffer_append_text(&line, name);
    cs_buffer_append_text(&line, value);
    wchar_t *wide = line.failed ? NULL : cs_wide(line.data);
    cs_buffer_release(&line);
    if (wide == NULL) {
        SetLastError(ERROR_OUTOFMEMORY);
        return false;
    }
    bool added = WinHttpAddRequestHeaders(current->handle, wide, (DWORD)-1, WINHTTP_ADDREQ_FLAG_ADD);
    cs_wide_free(wide);
    return added;
}

static bool add_headers(const exchange *current, const cs_http_request *request)
{
    return (request->body == NULL || add_header(current, "Content-Type: ", "application/json"))
        && (request->bearer == NULL || add_header(current, "Authorization: Bearer ", request->bearer))
        && (request->idempotency_key == NULL || add_header(current, "Idempotency-Key: ", request->idempotency_key));
}

static bool read_number(const exchange *current, DWORD header, DWORD *number)
{
    DWORD size = sizeof *number;
    return WinHttpQueryHeaders(current->handle, header | WINHTTP_QUERY_FLAG_NUMBER, WINHTTP_HEADER_NAME_BY_INDEX, number,
                               &size, WINHTTP_NO_HEADER_INDEX);
}

/* -1 for a date, which servers may give in place of seconds. */
static int read_retry_after(const exchange *current)
{
    wchar_t text[16];
    DWORD size = sizeof text;
    wchar_t *end;
    if (!WinHttpQueryHeaders(current->handle, WINHTTP_QUERY_RETRY_AFTER, WINHTTP_HEADER_NAME_BY_INDEX, text, &size,
                             WINHTTP_NO_HEADER_INDEX))
        return -1;
    unsigned long seconds = wcstoul(text, &end, 10);
    return end != text && *end == L'\0' && text[0] != L'-' && seconds < max_retry_after ? (int)seconds : -1;
}

static bool receive_body(const exchange *current, cs_buffer *body)
{
    char block[8192];
    for (;;) {
        DWORD got = 0;
        if (!bound_waits(current) || !WinHttpReadData(current->handle, block, sizeof block, &got))
            return false;
        if (got == 0)
            return true;
        bool kept = cs_buffer_append(body, block, got);
        SecureZeroMemory(block, got);
        if (!kept)
            return false;
    }
}

static bool run(exchange *current, const cs_http_request *request, cs_http_response *response)
{
    DWORD length = (DWORD)request->body_length;
    DWORD status = 0;
    if (!open_request(current, request) || !bound_waits(current) || !add_headers(current, request)
        || !WinHttpSendRequest(current->handle, WINHTTP_NO_ADDITIONAL_HEADERS, 0, (LPVOID)request->body, length, length,
                               (DWORD_PTR)current)
        || !bound_waits(current) || !WinHttpReceiveResponse(current->handle, NULL)
        || !read_number(current, WINHTTP_QUERY_STATUS_CODE, &status))
        return false;
    response->retry_after_seconds = read_retry_after(current);
    if (!receive_body(current, &response->body))
        return false;
    response->status = (int)status;
    return true;
}

cs_result cs_transport_send(cs_transport *transport, const cs_http_request *request, cs_http_response *response,
                            cs_error *error)
{
    memset(response, 0, sizeof *response);
    response->retry_after_seconds = -1;
    cs_result result = begin(transport, error);
    if (result != CS_OK)
        return result;
    exchange current = { .transport = transport, .deadline = cs_monotonic_ms() + request->timeout_ms };
    if (!run(&current, request, response)) {
        DWORD code = GetLastError();
        result = response->body.failed
            ? cs_fail(error, CS_PROTOCOL, "%s answered with more than 1 MiB", transport->config->server_url)
            : classify(transport, code, current.secure_failure, error);
    }
    if (current.handle != NULL) {
        WinHttpSetStatusCallback(current.handle, NULL, 0, 0);
        WinHttpCloseHandle(current.handle);
    }
    return result;
}
