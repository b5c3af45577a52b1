#include <windows.h>

#include <stdio.h>
#include <wchar.h>

#include "commands.h"

static const char usage[] =
    "Usage: codesigning-ksp-register COMMAND\n"
    "  install                       register the provider (as administrator)\n"
    "  uninstall                     take it away again (as administrator)\n"
    "  status                        is it registered and configured?\n"
    "  test [SIGNER] [--sign]        reach the server, log in, find the signer; --sign makes a signature, which counts\n"
    "  export-cert SIGNER FILE       write its certificate (.cer) or its chain (.p7b, .pem)\n"
    "  install-cert SIGNER [--machine]   put its certificate into the store, bound to the key\n"
    "  --version                     the release and its commit\n";

static bool is(const wchar_t *word, const wchar_t *name)
{
    return wcscmp(word, name) == 0;
}

/* test [SIGNER] [--sign] */
static int run_test(int count, wchar_t **words)
{
    bool sign = count > 0 && is(words[count - 1], L"--sign");
    count -= sign;
    if (count > 1 || (sign && count == 0)) {
        fputs(usage, stderr);
        return 2;
    }
    return test_server(count == 1 ? words[0] : NULL, sign);
}

int wmain(int count, wchar_t **words)
{
    const wchar_t *command = count > 1 ? words[1] : L"";
    SetConsoleOutputCP(CP_UTF8);
    if (count == 2 && is(command, L"install"))
        return install_provider();
    if (count == 2 && is(command, L"uninstall"))
        return uninstall_provider();
    if (count == 2 && is(command, L"status"))
        return show_status();
    if (count == 2 && is(command, L"--version"))
        return puts(CODESIGNING_VERSION) < 0;
    if (is(command, L"test"))
        return run_test(count - 2, words + 2);
    if (count == 4 && is(command, L"export-cert"))
        return export_certificate(words[2], words[3]);
    if (is(command, L"install-cert") && (count == 3 || (count == 4 && is(words[3], L"--machine"))))
        return install_certificate(words[2], count == 4);
    fputs(usage, stderr);
    return 2;
}
