# shellcheck shell=bash
# The scenes of tests/ksp/run, in their order.
scenes=(binaries walks signs_for_openssl is_pressed wipes tells_of_configuration tells_of_network tells_of_denial
  tries_again survives_a_restart registers by_ncrypt authenticode installs runs_in_32_bits)

# NTSTATUS-like codes that the provider answers with; docs/ksp.md explains them.
nte_perm=80090010 nte_bad_keyset=80090016 nte_provider_dll_fail=8009001d nte_device_not_ready=80090030
sec_e_cert_unknown=80090327 nte_internal_error=8009002d

wrong_secret=a-secret-that-no-identity-has

# A signer with P-521, one under a policy, and configurations.
add_more() {
  root="$root" bash -euo pipefail -c '
    source "$root/tests/tools/gateway.sh"
    token="$(log_in "$admin_email" "$admin_password")"
    add_signer "$token" p521 EC_P521
    approver="$(add_user "$token" "$approver_email" "$approver_password")"
    policy="$(api POST /pki/signing-policies "$token" "$(jq --null-input --arg id "$approver" "
      {name: \"one approval\", constraints: {maxSignings: 5, maxWindowDuration: \"1d\"},
       steps: [{approvers: [{kind: \"user\", \$id}], requiredApprovals: 1}]}")" | jq --raw-output .id)"
    add_signer "$token" guarded EC_P256 "$policy"' || return 1
  jq 'del(.caCertificate) + {timeoutSeconds: 120}' "$FIXTURE/config.json" >"$scratch/base.json"
  configuration good .
  configuration unknown '. + {serverUlr: "x"}'
  configuration wrong-secret ".auth.clientSecret = \"$wrong_secret\""
  configuration nobody '.serverUrl = "https://localhost:1" | .timeoutSeconds = 1'
  mkdir -p "$scratch/config/none"
}

import_ca() { # WINE PROGRAM
  openssl x509 -in "$FIXTURE/tls-ca.pem" -outform DER -out "$scratch/tls-ca.der"
  "$1" "$2" "$(windows_path "$scratch/tls-ca.der")"
}

# --- what was built ------------------------------------------------------------------------------------------------

imports_only_windows() { # FILE
  local name
  for name in $(x86_64-w64-mingw32-objdump -p "$1" | sed -n 's/.*DLL Name: //p' | tr '[:upper:]' '[:lower:]'); do
    case "$name" in
      advapi32.dll | bcrypt.dll | crypt32.dll | kernel32.dll | msvcrt.dll | ncrypt.dll | shell32.dll | winhttp.dll) ;;
      *) echo "$name"; return 1 ;;
    esac
  done
}

exports_one_function() { # DLL
  [ "$(x86_64-w64-mingw32-objdump -p "$1" | sed -n 's/^\t\[ *[0-9]*\] \(.*\)/\1/p' | grep -v '[+]base')" = GetKeyStorageInterface ]
}

binaries() {
  local width
  for width in x64 x86; do
    check "$width: the DLL needs nothing but Windows" imports_only_windows "$root/artifacts/win-$width/codesigning-ksp.dll"
    check "$width: so does its companion" imports_only_windows "$root/artifacts/win-$width/codesigning-ksp-register.exe"
    check "$width: it exports one function, undecorated" exports_one_function "$root/artifacts/win-$width/codesigning-ksp.dll"
  done
}

# --- by the DLL's own table ----------------------------------------------------------------------------------------

walks() {
  local signer
  harness 'what callers get wrong' good dll arguments rsa
  harness 'each function' good dll walk rsa p384
  harness 'the provider' good dll provider rsa p256 p384 p521 guarded
  for signer in rsa p256 p384 p521; do
    mkdir -p "$scratch/signatures/$signer"
    harness "the signer $signer" good dll signer "$signer" "$(windows_path "$scratch/signatures/$signer")"
  done
}

signs_for_openssl() {
  local signer length
  for length in 256 384 512; do
    for scheme in pkcs1 pss; do
      check "openssl accepts rsa, $scheme with SHA-$length" openssl_accepts rsa "$scheme-$length"
    done
    for signer in p256 p384 p521; do
      check "openssl accepts $signer with SHA-$length" openssl_accepts "$signer" "ecdsa-$length"
    done
  done
}

is_pressed() {
  harness '32 threads' good dll threads rsa p256 p384
  harness 'one list' good dll list rsa p256 p384 p521 guarded
  harness 'turmoil' good dll turmoil rsa
  harness 'leaks' good dll leaks rsa
  harness 'memory that runs out' good dll shortage p256
}

# By client id and secret, by a token, and where the server refuses them.
wipes() {
  local token
  token="$(jq '.auth' "$scratch/base.json" | curl --silent --cacert "$FIXTURE/tls-ca.pem" --data @- \
    --header 'Content-Type: application/json' "$(cat "$GATEWAY_STATE/url")/api/v1/auth/universal-auth/login" | jq --raw-output .accessToken)"
  configuration by-token ".auth = {token: \"$token\"}"
  harness "a client's secret" good dll wiped p256 "$(jq --raw-output .auth.clientSecret "$scratch/base.json")" 0
  harness 'a token' by-token dll wiped p256 "$token" 0
  harness 'a secret that is refused' wrong-secret dll wiped p256 "$wrong_secret" $nte_perm
}

# --- failures and their codes --------------------------------------------------------------------------------------

tells_of_configuration() {
  configuration bom .
  printf '\xef\xbb\xbf' | cat - "$scratch/config/good/CodeSigning/config.json" >"$scratch/config/bom/CodeSigning/config.json"
  harness 'a configuration with a byte order mark' bom dll status sign 0 p256
  harness 'a key that is not known' unknown dll status provider $nte_provider_dll_fail rsa
  check 'its name is told' stderr_has serverUlr
  harness 'no configuration' none dll status provider $nte_provider_dll_fail rsa
  configuration own-ca ". + {caCertificate: \"x.pem\"}"
  harness 'a CA in the configuration' own-ca dll status key $nte_provider_dll_fail rsa
  check 'what to do instead is told' stderr_has 'certutil -addstore Root'
  harness 'a wrong secret' wrong-secret dll status key $nte_perm rsa
  CODESIGNING_CLIENT_SECRET="$(jq --raw-output .auth.clientSecret "$scratch/base.json")" \
    harness 'the environment wins over the file' wrong-secret dll status sign 0 p256
  harness 'a signer that is not there' good dll status key $nte_bad_keyset no-such-signer
}

# A TLS server whose certificate is what matters: no request may ever reach it.
with_tls_server() { # CERTIFICATE KEY COMMAND...
  local port server attempt
  port="$(shuf -i 20000-32000 -n 1)"
  openssl s_server -accept "127.0.0.1:$port" -cert "$1" -key "$2" -www >/dev/null 2>&1 </dev/null &
  server=$!
  for attempt in {1..50}; do
    openssl s_client -connect "127.0.0.1:$port" </dev/null >/dev/null 2>&1 && break
    sleep 0.1
  done
  configuration elsewhere ".serverUrl = \"https://localhost:$port\""
  "${@:3}"
  kill "$server"
  wait "$server" 2>/dev/null
}

is_distrusted() { # TITLE
  harness "$1" elsewhere dll status key $sec_e_cert_unknown rsa
  check "$1: what to look at is told" stderr_has 'is its certificate trusted by this machine, and for that host name'
  check "$1: test says so too" register_says 'is its certificate trusted by this machine, and for that host name' elsewhere test
}

tells_of_network() {
  openssl req -x509 -nodes -newkey ec -pkeyopt ec_paramgen_curve:P-256 -keyout "$scratch/stranger.key" -subj /CN=localhost \
    -addext subjectAltName=DNS:localhost -days 30 -out "$scratch/stranger.pem" 2>/dev/null
  with_tls_server "$scratch/stranger.pem" "$scratch/stranger.key" \
    is_distrusted 'a CA that is not trusted'
  openssl req -nodes -newkey ec -pkeyopt ec_paramgen_curve:P-256 -keyout "$scratch/other.key" -subj /CN=elsewhere.example \
    -out "$scratch/other.csr" 2>/dev/null
  openssl x509 -req -in "$scratch/other.csr" -CA "$FIXTURE/tls-ca.pem" -CAkey "$GATEWAY_STATE/ca.key" -CAcreateserial \
    -days 30 -out "$scratch/other.pem" -extfile <(printf 'subjectAltName=DNS:elsewhere.example\n') 2>/dev/null
  with_tls_server "$scratch/other.pem" "$scratch/other.key" \
    is_distrusted 'a certificate for another host'
  harness 'nobody listens' nobody dll status key $nte_device_not_ready rsa
}

approve_when_asked() {
  root="$root" bash -euo pipefail -c '
    source "$root/tests/tools/gateway.sh"
    token="$(log_in "$approver_email" "$approver_password")"
    for attempt in {1..100}; do
      id="$(api GET "/pki/approval-requests?assignedToMe=true&status=pending" "$token" | jq --raw-output ".items[0].id // empty")"
      [ -n "$id" ] && break
      sleep 0.2
    done
    api GET "/pki/approval-requests/$id" "$token" | jq --exit-status ".scope.digests | length == 1" >/dev/null
    api POST "/pki/approval-requests/$id/approve" "$token" "{}" >/dev/null'
}

tells_of_denial() {
  WINEDEBUG=err+eventlog harness 'a signature that needs approval' good dll status sign $nte_perm guarded
  check "the server's code is in the log" stderr_has 'error: sign with guarded: ApprovalRequired'
  check 'and in the event log' grep -q 'eventlog.*ApprovalRequired' "$scratch/stderr"
  check 'test says that there is no grant' register_says 'ApprovalRequired: ask at https://' good test guarded --sign
  configuration asking '. + {requestOnDenial: {requestedSignings: 1, waitSeconds: 30}, timeoutSeconds: 60}'
  approve_when_asked >"$scratch/approval.log" 2>&1 &
  local approval=$!
  harness 'a denied signature that asks and waits' asking dll status sign 0 guarded
  check 'the request was for that digest, and was approved' wait_for "$approval"
  harness 'a grant that is used up' good dll status sign $nte_perm guarded
  check 'that is told too' grep -qE 'GrantExhausted|ApprovalRequired' "$scratch/stderr"
  configuration file-log ". + {logFile: \"$(windows_path "$scratch/ksp.log" | sed 's/\\/\\\\/g')\"}"
  harness 'a log file' file-log dll status sign $nte_perm guarded
  check 'the log file has the denial' grep -q 'sign with guarded' "$scratch/ksp.log"
  check 'and no secret' lacks_secret "$scratch/ksp.log"
}

wait_for() { # PROCESS
  wait "$1" || { cat "$scratch/approval.log"; return 1; }
}

lacks_secret() { # FILE
  ! grep -qF "$(jq --raw-output .auth.clientSecret "$scratch/base.json")" "$1"
}

start_proxy() {
  local attempt
  proxied="$scratch/proxy"
  mkdir "$proxied"
  : >"$proxied/script"
  python3 "$here/proxy.py" "$(cat "$GATEWAY_STATE/url")" "$FIXTURE/tls-ca.pem" "$GATEWAY_STATE/tls.pem" "$GATEWAY_STATE/tls.key" \
    "$proxied" 2>"$scratch/proxy.log" &
  proxy=$!
  for attempt in {1..100}; do
    [ -s "$proxied/port" ] && break
    sleep 0.1
  done
  configuration proxied ".serverUrl = \"https://localhost:$(cat "$proxied/port")\""
}

proxied() { # TITLE WORDS CODE: one signature, whose requests are answered as the words say
  tr ' ' '\n' <<<"$2" >"$proxied/script"
  : >"$proxied/log"
  harness "$1" proxied dll status sign "$3" p256
}

requests_were() { # WORDS: what became of each signature's request, in their order
  [ "$(awk '$2 ~ /\/sign[?]/ { print $3 }' "$proxied/log" | paste -sd' ')" = "$1" ] || { cat "$proxied/log"; return 1; }
}

each_had_one() { # COLUMN: the same in all requests for a signature, and not empty
  [ "$(awk -v column="$1" '$2 ~ /\/sign[?]/ { print $column }' "$proxied/log" | sort -u | grep -vcx -e -)" -eq 1 ] || { cat "$proxied/log"; return 1; }
}

logins_were() { # NUMBER
  [ "$(grep -c ' /api/v1/auth/' "$proxied/log")" -eq "$1" ] || { cat "$proxied/log"; return 1; }
}

tries_again() {
  local proxied proxy
  start_proxy
  proxied 'a token that the server knows no longer' '401 pass' 0
  check 'it logs in once more, and asks again' requests_were '401 pass'
  check 'with another token' test "$(awk '$2 ~ /\/sign[?]/ { print $6 }' "$proxied/log" | sort -u | wc -l)" -eq 2
  check 'which is the second' logins_were 2
  proxied 'a server that refuses every token' '401 401' $nte_perm
  check 'it logs in once more and no third time' requests_were '401 401'
  proxied 'a server under load' '429 503 502 504 pass' 0
  check 'it asks until it is answered' requests_were '429 503 502 504 pass'
  check 'with one idempotency key' each_had_one 4
  proxied 'an answer that is lost' 'cut pass' 0
  check 'it asks again with the same idempotency key' each_had_one 4
  check 'and is given the signature that was made already' each_had_one 5
  proxied 'an error of the server' '500' $nte_internal_error
  check 'it is not asked again' requests_were 500
  proxied 'an answer that is no JSON' 'garbage' $nte_internal_error
  proxied 'a signature that is too short' 'short' $nte_internal_error
  proxied 'an answer that is too long' 'endless' $nte_internal_error
  check 'what to look at is told' stderr_has 'answered with more than 1 MiB'
  proxied 'a redirection' 'redirect' $nte_internal_error
  check 'it is not followed' lacks_elsewhere
  configuration proxied ".serverUrl = \"https://localhost:$(cat "$proxied/port")\" | .timeoutSeconds = 1"
  proxied 'a server that stays under load' "$(printf '503 %.0s' {1..50})" $nte_device_not_ready
  kill "$proxy"
  wait "$proxy" 2>/dev/null
}

lacks_elsewhere() {
  ! grep elsewhere "$proxied/log"
}

# The key is open when the server goes: the signature is tried again, with the same Idempotency-Key, until it is back.
survives_a_restart() {
  configuration patient '. + {timeoutSeconds: 300}'
  mkdir "$scratch/restart"
  restart_when_ready &
  local starter=$!
  harness 'a server that comes back' patient dll restart p256 "$(windows_path "$scratch/restart")"
  wait "$starter"
}

restart_when_ready() {
  local attempt
  for attempt in {1..600}; do
    [ -e "$scratch/restart/ready" ] && break
    sleep 0.1
  done
  kill -KILL "$(cat "$GATEWAY_STATE/pid")"
  touch "$scratch/restart/down"
  start_gateway_again
}

# --- the companion -------------------------------------------------------------------------------------------------

# As `install` leaves Windows.
install_like_windows() {
  cp "$dll" "$WINEPREFIX/drive_c/windows/system32/"
  register_like_windows >/dev/null 2>&1
}

register_like_windows() {
  wine reg add 'HKLM\SYSTEM\CurrentControlSet\Control\Cryptography\Providers\CodeSigning Key Storage Provider\UM' \
    /v Image /d codesigning-ksp.dll /f
  wine reg add 'HKLM\SYSTEM\CurrentControlSet\Control\Cryptography\Configuration\Local\Default\00010001\KEY_STORAGE' \
    /v Providers /t REG_MULTI_SZ /d 'Microsoft Software Key Storage Provider\0CodeSigning Key Storage Provider' /f
}

# On Windows every user may make the folder, so that another than an administrator may have made it.
refuses_open_folder() { # COMMAND
  chmod 777 "$scratch/config/good/CodeSigning"
  register_says 'belongs to another user, or lets every user write into it' good "$1"
  chmod 700 "$scratch/config/good/CodeSigning"
}

register_shows() { # WORDS CONFIGURATION ARGUMENTS...
  register "${@:2}" && grep -qF -- "$1" "$scratch/words"
}

same_certificates() { # FILE (PEM)
  cmp <(openssl crl2pkcs7 -nocrl -certfile "$1" | openssl pkcs7 -print_certs) \
    <(openssl crl2pkcs7 -nocrl -certfile "$FIXTURE/rsa.chain.pem" | openssl pkcs7 -print_certs)
}

thumbprint() { # SIGNER
  openssl x509 -in "$FIXTURE/$1.pem" -noout -fingerprint -sha1 | sed 's/.*=//; s/://g'
}

exports() { # EXTENSION
  register good export-cert rsa "$(windows_path "$scratch/rsa.$1")"
  [ "$1" = pem ] || grep -qF "/f $(windows_path "$scratch/rsa.$1")" "$scratch/words"
  [ "$1" != p7b ] || grep -qiF " /sha1 $(thumbprint rsa) " "$scratch/words"
  case "$1" in
    cer) openssl x509 -inform DER -in "$scratch/rsa.cer" | cmp - "$FIXTURE/rsa.pem" ;;
    p7b) openssl pkcs7 -inform DER -in "$scratch/rsa.p7b" -print_certs -out "$scratch/rsa.p7b.pem" && same_certificates "$scratch/rsa.p7b.pem" ;;
    pem) same_certificates "$scratch/rsa.pem" ;;
  esac
}

installs_certificate() {
  register good install-cert rsa
  wine "$programs/stored.exe" "$(windows_path "$scratch/rsa.cer")" rsa
}

# Wine takes registrations and forgets them: what Windows would have written is written by hand afterwards.
registers() {
  local extension
  check 'status says that it is not registered' register_says 'the provider is not registered' good status
  check 'install copies the DLL, and sees that Wine kept no registration' register_says 'it is not there' good install
  check 'install refuses a folder that every user may write into' refuses_open_folder install
  check 'and status tells of it' refuses_open_folder status
  check 'the DLL is in the system folder' cmp "$dll" "$WINEPREFIX/drive_c/windows/system32/codesigning-ksp.dll"
  check 'the 32-bit DLL is in its own' cmp "$root/artifacts/win-x86/codesigning-ksp.dll" \
    "$WINEPREFIX/drive_c/windows/syswow64/codesigning-ksp.dll"
  check 'the event source is registered' wine reg query 'HKLM\SYSTEM\CurrentControlSet\Services\EventLog\Application\CodeSigning'
  register_like_windows >/dev/null 2>&1
  check 'status finds it registered and configured' register_shows 'it is listed among the key storage providers' good status
  check 'status says that there is no configuration' register_says 'serverUrl is missing' none status
  check 'status says what is wrong in the configuration' register_says 'serverUlr' unknown status
  check 'test reaches the server and lists signers' register_shows '5 signers may be seen' good test
  check 'test finds a signer, also by the provider' register_shows 'Windows finds the key' good test rsa
  check 'test signs' register_shows 'the signature fits its certificate' good test p256 --sign
  check 'test says that there is no such signer' register_says 'There is no signer nobody' good test nobody
  check 'test says that the log-in fails' register_says 'Unauthenticated' wrong-secret test
  check 'test says that nobody listens' register_says 'cannot be reached' nobody test
  check 'test says that nothing is configured' register_says 'serverUrl is not configured' none test
  for extension in cer p7b pem; do
    check "export-cert writes .$extension" exports "$extension"
  done
  check 'export-cert refuses another extension' register_says '.p7b' good export-cert rsa "$(windows_path "$scratch/rsa.pfx")"
  check 'install-cert binds the certificate to the key' installs_certificate
  check 'words that are not known show how it is used' register_says 'Usage' good frobnicate
}

# --- by NCrypt*, with the stand-in for ncrypt.dll ------------------------------------------------------------------

by_ncrypt() {
  install_like_windows
  mkdir -p "$scratch/signatures"/{rsa,p256}
  harness 'NCrypt: what callers get wrong' good ncrypt arguments rsa
  harness 'NCrypt: the provider' good ncrypt provider rsa p256 p384 p521 guarded
  harness 'NCrypt: the signer rsa' good ncrypt signer rsa "$(windows_path "$scratch/signatures/rsa")"
  harness 'NCrypt: the signer p256' good ncrypt signer p256 "$(windows_path "$scratch/signatures/p256")"
  harness 'NCrypt: 32 threads' good ncrypt threads rsa p256 p384
  harness 'NCrypt: a denial' good ncrypt status sign $nte_perm guarded
}

# $scratch/sign-with-SIGNER FILE signs a program where it is.
make_signing_program() { # SIGNER
  local part der=()
  rm -f "$scratch"/part-*
  csplit --quiet --elide-empty-files --prefix "$scratch/part-" "$FIXTURE/$1.chain.pem" '/BEGIN CERTIFICATE/' '{*}'
  for part in "$scratch"/part-??; do
    openssl x509 -in "$part" -outform DER -out "$part.der"
    der+=("$(windows_path "$part.der")")
  done
  {
    printf '#!/usr/bin/env bash\n'
    printf '%q ' wine "$programs/authenticode.exe" "$(windows_path "$scratch/config/good")" "$1"
    printf '"Z:${1//\\//\\\\}" '
    printf '%q ' "${der[@]}"
  } >"$scratch/sign-with-$1"
  chmod +x "$scratch/sign-with-$1"
}

osslsigncode_accepts() { # FILE
  osslsigncode verify -CAfile "$FIXTURE/root.pem" -in "$1" >"$scratch/verification"
  grep -q 'Signature verification: ok' "$scratch/verification"
}

signs_program() { # SIGNER FILE
  make_signing_program "$1"
  cp "$scratch/$2" "$scratch/signed"
  "$scratch/sign-with-$1" "$scratch/signed"
  osslsigncode_accepts "$scratch/signed"
}

# The checker refuses what was changed after signing.
refuses_changed_program() {
  signs_program rsa program.exe
  printf x | dd of="$scratch/signed" bs=1 seek=600 conv=notrunc status=none
  ! osslsigncode verify -CAfile "$FIXTURE/root.pem" -in "$scratch/signed"
}

make_programs() {
  echo 'int main(void) { return 0; }' >"$scratch/program.c"
  x86_64-w64-mingw32-gcc -o "$scratch/program.exe" "$scratch/program.c"
  x86_64-w64-mingw32-gcc -shared -o "$scratch/program.dll" "$scratch/program.c"
}

authenticode() {
  local signer file
  install_like_windows
  make_programs
  for signer in rsa p256 p384; do
    for file in program.exe program.dll; do
      check "osslsigncode accepts $file signed with $signer" signs_program "$signer" "$file"
    done
  done
  check 'and refuses one that was changed' refuses_changed_program
}

# --- the installer: an NSIS program of 32 bits ----------------------------------------------------------------------

builds_signed_installer() {
  make_signing_program rsa
  "$root/ksp/installer/build" "$scratch/sign-with-rsa" "$scratch/setup.exe"
  osslsigncode_accepts "$scratch/setup.exe"
}

setup() {
  timeout 60 wine "$scratch/setup.exe" /S
}

was_installed() {
  setup
  osslsigncode_accepts "$installed/codesigning-ksp.dll"
  osslsigncode_accepts "$installed/codesigning-ksp-register.exe"
  osslsigncode_accepts "$installed/x86/codesigning-ksp.dll"
  cmp "$installed/codesigning-ksp.dll" "$WINEPREFIX/drive_c/windows/system32/codesigning-ksp.dll"
  cmp "$installed/x86/codesigning-ksp.dll" "$WINEPREFIX/drive_c/windows/syswow64/codesigning-ksp.dll"
}

# Wine does not unregister providers, and says so. _? keeps the uninstaller from going on in a copy of itself, which nobody
# would wait for.
stays_installed() {
  ! timeout 60 wine "$installed/uninstall.exe" /S '_?=C:\Program Files\CodeSigning'
  [ -e "$installed/codesigning-ksp-register.exe" ] && [ -e "$WINEPREFIX/drive_c/windows/system32/codesigning-ksp.dll" ]
}

installs() {
  local installed="$WINEPREFIX/drive_c/Program Files/CodeSigning"
  install_like_windows
  check 'the installer and what is in it are signed with the key that it installs the way to' builds_signed_installer
  check 'it installs' was_installed
  check 'what it installed can sign' register_shows 'the signature fits its certificate' good test p256 --sign
  check 'its uninstaller takes nothing away while the provider is registered' stays_installed
}

# --- the 32-bit DLL, by its own table, in a prefix of its own -------------------------------------------------------

runs_in_32_bits() {
  local wine="$scratch/wine32" dll="$root/artifacts/win-x86/codesigning-ksp.dll" harness="$programs/x86/harness.exe" signer
  harness '32-bit: what callers get wrong' good dll arguments rsa
  harness '32-bit: each function' good dll walk rsa p384
  harness '32-bit: the provider' good dll provider rsa p256 p384 p521 guarded
  for signer in rsa p256 p384 p521; do
    mkdir -p "$scratch/signatures/$signer"
    rm -f "$scratch/signatures/$signer"/*
    harness "32-bit: the signer $signer" good dll signer "$signer" "$(windows_path "$scratch/signatures/$signer")"
  done
  signs_for_openssl
  harness '32-bit: 32 threads' good dll threads rsa p256 p384
  harness '32-bit: turmoil' good dll turmoil rsa
  harness '32-bit: leaks' good dll leaks rsa
  harness '32-bit: memory that runs out' good dll shortage p256
  harness "32-bit: a client's secret" good dll wiped p256 "$(jq --raw-output .auth.clientSecret "$scratch/base.json")" 0
  harness '32-bit: a denial' good dll status sign $nte_perm guarded
}
