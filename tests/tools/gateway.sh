# shellcheck shell=bash
# Sourced with $root set: a real gateway over HTTPS with a private CA, and what tests/tools/library.sh says of FIXTURE.
# The state lies in $GATEWAY_STATE, so that a script may source this too and kill the gateway or start it again.
# The words in $within, such as tests/debian13/inside, come before the gateway's command.
: "${GATEWAY_STATE:=}"
admin_email=admin@localhost admin_password='the admin of the tests 1!'
approver_email=approver@localhost approver_password='the approver of the tests 1!'

api() { # METHOD PATH TOKEN [BODY]: prints the answer; fails, printing it to standard error, unless it is a success
  local answer status arguments=(--silent --show-error --cacert "$FIXTURE/tls-ca.pem" --request "$1" --write-out '\n%{http_code}')
  [ -n "$3" ] && arguments+=(--header "Authorization: Bearer $3")
  [ $# -gt 3 ] && arguments+=(--header 'Content-Type: application/json' --data "$4")
  answer="$(curl "${arguments[@]}" "$(cat "$GATEWAY_STATE/url")/api/v1$2")" || return 1
  status="${answer##*$'\n'}"
  if [ "$status" -ge 300 ]; then
    echo "$1 $2: $answer" >&2
    return 1
  fi
  printf '%s' "${answer%$'\n'*}"
}

log_in() { # EMAIL PASSWORD: prints a token
  api POST /auth/login '' "$(jq --null-input --arg email "$1" --arg password "$2" '{$email, $password}')" | jq --raw-output .accessToken
}

make_tls() {
  openssl req -x509 -nodes -newkey ec -pkeyopt ec_paramgen_curve:P-256 -keyout "$GATEWAY_STATE/ca.key" \
    -subj '/CN=private CA of the tests' -days 30 -out "$FIXTURE/tls-ca.pem" \
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign
  openssl req -nodes -newkey ec -pkeyopt ec_paramgen_curve:P-256 -keyout "$GATEWAY_STATE/tls.key" -subj /CN=localhost \
    -out "$GATEWAY_STATE/tls.csr"
  openssl x509 -req -in "$GATEWAY_STATE/tls.csr" -CA "$FIXTURE/tls-ca.pem" -CAkey "$GATEWAY_STATE/ca.key" -CAcreateserial \
    -days 30 -out "$GATEWAY_STATE/tls.pem" -extfile <(printf 'subjectAltName=DNS:localhost\nextendedKeyUsage=serverAuth\n')
}

start_gateway_again() {
  local url attempt
  url="$(cat "$GATEWAY_STATE/url")"
  CODESIGNING_URLS="https://127.0.0.1:${url##*:}" CODESIGNING_DATA="$GATEWAY_STATE/data" \
    CODESIGNING_TLS_CERT="$GATEWAY_STATE/tls.pem" CODESIGNING_TLS_KEY="$GATEWAY_STATE/tls.key" \
    CODESIGNING_ADMIN_EMAIL="$admin_email" CODESIGNING_ADMIN_PASSWORD="$admin_password" \
    CODESIGNING_SIGNATURES_PER_SECOND=100000 CODESIGNING_REQUESTS_PER_SECOND=100000 \
    "${within[@]}" dotnet "$root/gateway/bin/Release/net10.0/gateway.dll" >>"$GATEWAY_STATE/log" 2>&1 </dev/null 3>&- &
  echo $! >"$GATEWAY_STATE/pid"
  disown # or the shell tells of its death
  for attempt in {1..300}; do
    curl --silent --output /dev/null --fail --cacert "$FIXTURE/tls-ca.pem" "$url/readyz" && return 0
    kill -0 "$(cat "$GATEWAY_STATE/pid")" 2>/dev/null || break
    sleep 0.2
  done
  tail -n 30 "$GATEWAY_STATE/log" >&2
  return 1
}

kill_gateway() {
  kill -KILL "$(cat "$GATEWAY_STATE/pid")"
  while kill -0 "$(cat "$GATEWAY_STATE/pid")" 2>/dev/null; do
    sleep 0.05
  done
}

stop_gateway() {
  [ -e "$GATEWAY_STATE/pid" ] && kill "$(cat "$GATEWAY_STATE/pid")" 2>/dev/null
  return 0
}

add_user() { # TOKEN EMAIL PASSWORD: prints the id
  local invited
  invited="$(api POST /users "$1" "$(jq --null-input --arg email "$2" '{$email, name: $email}')")"
  api POST /auth/password-reset '' "$(jq --arg password "$3" '{token: (.invitation.link | split("#")[1]), $password}' <<<"$invited")"
  jq --raw-output .id <<<"$invited"
}

add_signer() { # TOKEN NAME KEY-ALGORITHM [POLICY-ID]: with the tools' identity as an operator
  local body id
  body="$(jq --null-input --arg name "$2" --arg keyAlgorithm "$3" --arg caId "$(cat "$GATEWAY_STATE/ca")" \
    --arg identity "$(cat "$GATEWAY_STATE/identity")" --arg policy "${4:-}" '
    {$name, $keyAlgorithm, $caId, commonName: "Tests of \($name)", certificateTtlDays: 365,
     members: [{kind: "identity", id: $identity, role: "operator"}]}
    + (if $policy == "" then {} else {approvalPolicyId: $policy} end)')"
  id="$(api POST /pki/signers "$1" "$body" | jq --raw-output .id)" || return 1
  printf %s "$id" >"$FIXTURE/$2.id"
  take_certificates "$1" "$2"
}

take_certificates() { # TOKEN SIGNER
  api GET "/pki/signers/$2/certificate?format=chain" "$1" >"$FIXTURE/$2.chain.pem"
  openssl x509 -in "$FIXTURE/$2.chain.pem" -out "$FIXTURE/$2.pem"
  awk '/BEGIN CERTIFICATE/ { text = "" } { text = text $0 "\n" } END { printf "%s", text }' "$FIXTURE/$2.chain.pem" >"$FIXTURE/$2.root.pem"
  awk '/BEGIN CERTIFICATE/ { n++ } n > 1' "$FIXTURE/$2.chain.pem" >"$FIXTURE/$2.cas.pem"
  openssl x509 -in "$FIXTURE/$2.pem" -noout -pubkey >"$FIXTURE/$2.pub"
}

fill_gateway() {
  local token identity secret root_ca issuing signer
  token="$(log_in "$admin_email" "$admin_password")"
  identity="$(api POST /identities "$token" '{"name": "tools"}' | jq --raw-output .id)"
  secret="$(api POST "/identities/$identity/client-secrets" "$token" '{"description": "tests"}')"
  root_ca="$(api POST /pki/ca "$token" '{"commonName": "Root of the tests", "keyAlgorithm": "EC_P384", "ttlDays": 3650}')"
  issuing="$(api POST /pki/ca "$token" "$(jq '{commonName: "Issuing CA of the tests", keyAlgorithm: "EC_P256", ttlDays: 1825, parentId: .id}' <<<"$root_ca")" |
    jq --raw-output .id)"
  echo "$identity" >"$GATEWAY_STATE/identity"
  echo "$issuing" >"$GATEWAY_STATE/ca"
  for signer in rsa:RSA_3072 p256:EC_P256 p384:EC_P384; do
    add_signer "$token" "${signer%:*}" "${signer#*:}"
  done
  cp "$FIXTURE/rsa.root.pem" "$FIXTURE/root.pem"
  jq --arg serverUrl "$(cat "$GATEWAY_STATE/url")" --arg caCertificate "$FIXTURE/tls-ca.pem" \
    '{$serverUrl, $caCertificate, auth: {clientId, clientSecret}}' <<<"$secret" >"$FIXTURE/config.json"
  chmod 600 "$FIXTURE/config.json"
}

start_gateway() { # DIRECTORY
  export GATEWAY_STATE="$1/gateway"
  mkdir -p "$GATEWAY_STATE"
  dotnet build "$root/gateway/CodeSigning.Gateway.csproj" --configuration Release --nologo --verbosity quiet -m:2 \
    -clp:"NoSummary;ErrorsOnly" </dev/null || return 1
  make_tls 2>"$GATEWAY_STATE/openssl.log" || { cat "$GATEWAY_STATE/openssl.log"; return 1; }
  local attempt
  for attempt in 1 2 3 4 5; do # A port may be taken by somebody else.
    echo "https://localhost:$(shuf -i 20000-32000 -n 1)" >"$GATEWAY_STATE/url"
    start_gateway_again && break
    [ "$attempt" -lt 5 ] || return 1
  done
  # A shell of its own: `set -e` does nothing where a caller looks at the status.
  root="$root" bash -euo pipefail -c 'source "$1"; fill_gateway' - "$root/tests/tools/gateway.sh"
}
