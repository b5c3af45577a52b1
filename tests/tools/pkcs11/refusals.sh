#!/usr/bin/env bash
# What is refused, and what the user is told: by the return value, and by the log.
source "$(dirname "$0")/../library.sh"
root="$(cd "$(dirname "$0")/../../.." && pwd)"
source "$root/tests/tools/gateway.sh"
echo data >data

tool() {
  pkcs11-tool --module "$MODULE" "$@"
}

sign() { # SIGNER
  tool --token-label "$1" --sign --mechanism ECDSA-SHA256 --signature-format openssl --input-file data --output-file "$1.sig"
}

wrong_ca() {
  openssl req -x509 -nodes -newkey ec -pkeyopt ec_paramgen_curve:P-256 -keyout /dev/null -subj /CN=other -out other.pem
  configure '.caCertificate = "other.pem"'
  is_refused CKR_DEVICE_ERROR 'is not trusted: .*set caCertificate' tool --list-slots
}

system_trust() {
  configure 'del(.caCertificate)'
  is_refused CKR_DEVICE_ERROR 'is not trusted' tool --list-slots
}

wrong_name() {
  configure '.serverUrl |= sub("localhost"; "127.0.0.1")'
  is_refused CKR_DEVICE_ERROR 'is not trusted' tool --list-slots
}

missing_ca() {
  configure '.caCertificate = "/nowhere.pem"'
  is_refused CKR_GENERAL_ERROR 'caCertificate cannot be read' tool --list-slots
}

nobody_there() {
  configure '.serverUrl = "https://localhost:1" | .timeoutSeconds = 1'
  is_refused CKR_FUNCTION_FAILED 'cannot be reached: .*check the network' tool --list-slots
}

wrong_secret() {
  configure '.auth.clientSecret = "wrong"'
  is_refused CKR_DEVICE_ERROR 'log in: 401 Unauthenticated: .*check the client id and secret' tool --list-slots
}

as_systems_write_it() {
  configure .
  printf '\xef\xbb\xbf%s\r\n' "$(cat changed.json)" >windows.json
  chmod 600 windows.json
  CODESIGNING_PKCS11_CONFIG="$PWD/windows.json
" CODESIGNING_SERVER_URL="$(jq --raw-output .serverUrl changed.json)/api/v1/"$'\r\n' tool --list-slots >slots
  grep -q 'token label *: p256' slots
}

wrong_path() {
  configure '.serverUrl += "/elsewhere"'
  fails tool --list-slots
  grep -q 'log in: 404 NotFound: .*there is no such API at serverUrl' log
}

broken_token() {
  configure 'del(.auth)'
  CODESIGNING_TOKEN=$'first\nsecond' fails tool --list-slots >messages 2>&1
  grep -q 'auth.token (CODESIGNING_TOKEN) is invalid: expected visible ASCII' messages
}

ended_token() {
  configure 'del(.auth)'
  CODESIGNING_TOKEN=$'nonsense\n' fails tool --list-slots
  grep -q 'list signers: 401 Unauthenticated: .*the token has expired' log
}

unknown_ci() {
  echo a.b.c >ci-token
  configure '.auth = {oidcTokenFile: "ci-token", identityId: "idn_unknown"}'
  fails tool --list-slots
  grep -q 'log in: 401 Unauthenticated: .*check identityId' log
  fails grep -q 'client id' log
}

plain_http() {
  configure '.serverUrl = "http://signing.example.com"'
  fails tool --list-slots >messages 2>&1
  grep -q 'must be https' messages
}

slip_of_the_pen() {
  configure '.serverURL = .serverUrl'
  fails tool --list-slots >messages 2>&1
  grep -q 'no such key: serverURL' messages
}

exposed() {
  configure .
  chmod 644 changed.json
  tool --list-slots
  grep -q 'every user may read it: chmod 600' log
}

log_is_private() {
  configure '.logLevel = "debug"'
  tool --list-slots
  sign p256
  grep -q 'signed with p256: operation ' log
  [ "$(stat --format %a log)" = 600 ]
  fails grep -F "$(jq --raw-output .auth.clientSecret "$FIXTURE/config.json")" log
}

# An identity of its own, which may sign on p384 and nothing else.
one_signer() {
  local token identity secret
  token="$(log_in "$admin_email" "$admin_password")"
  identity="$(api POST /identities "$token" '{"name": "only p384"}' | jq --raw-output .id)"
  secret="$(api POST "/identities/$identity/client-secrets" "$token" '{"description": "tests"}')"
  api POST "/pki/signers/$(cat "$FIXTURE/p384.id")/members" "$token" "{\"kind\": \"identity\", \"id\": \"$identity\", \"role\": \"operator\"}"
  configure ".auth = $(jq --compact-output '{clientId, clientSecret}' <<<"$secret")"
  [ "$(tool --list-slots | grep -c '^Slot')" -eq 1 ]
  sign p384
  openssl dgst -sha256 -verify "$FIXTURE/p384.pub" -signature p384.sig data
}

disabled() {
  local token
  token="$(log_in "$admin_email" "$admin_password")"
  configure .
  api PATCH "/pki/signers/$(cat "$FIXTURE/p384.id")/status" "$token" '{"status": "disabled"}'
  is_refused CKR_KEY_FUNCTION_NOT_PERMITTED '400 SignerDisabled: .*must enable it' sign p384
  api PATCH "/pki/signers/$(cat "$FIXTURE/p384.id")/status" "$token" '{"status": "active"}'
  sign p384
}

metadata() {
  local token
  token="$(log_in "$admin_email" "$admin_password")"
  configure '.sendCommandLine = true'
  tool --token-label p256 --login --pin 12345678 --sign --mechanism ECDSA-SHA256 --input-file data --output-file m.sig
  api GET "/pki/signers/$(cat "$FIXTURE/p256.id")/operations?limit=1" "$token" | jq '.items[0].clientMetadata' >sent
  cat sent
  [ "$(jq --raw-output .tool sent)" = pkcs11-tool ]
  [ "$(jq --raw-output .hostname sent)" = "$(hostname)" ]
  [ "$(jq --raw-output .digest sent)" = "sha256:$(sha256sum data | cut -d' ' -f1)" ]
  jq --raw-output .command sent | grep -q -- '--pin \*\*\* --sign'
  fails grep -q 12345678 sent
}

check 'a CA that is not configured is not trusted' wrong_ca
check "nor does the system's trust take it" system_trust
check 'a name that is not in the certificate is not taken' wrong_name
check 'a CA file that is missing is named' missing_ca
check 'a server that is not there is told' nobody_there
check 'a wrong secret is told' wrong_secret
check 'a mark, line ends and the path of the API are taken' as_systems_write_it
check 'a path where no API is, is told' wrong_path
check 'a token in two lines is refused' broken_token
check 'a token that has ended is told' ended_token
check 'a CI that is not known is told of its own settings' unknown_ci
check 'http to another machine is refused' plain_http
check 'an unknown key in the configuration is named' slip_of_the_pen
check 'a configuration that everybody may read is warned of' exposed
check 'the log is private and holds no secret' log_is_private
check 'an identity that may sign on one signer sees and uses one' one_signer
check 'a disabled signer says so' disabled
check 'tool, host, digest and redacted command line are in the activity' metadata
