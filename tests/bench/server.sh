# shellcheck shell=bash
# Sourced by ./run, ./far and ./steady with $root set, which then set $work: a server on a store of its own, and what is asked of it
# before it is measured. $within are the words before its command, such as tests/debian13/inside.
: "${root:?}"
# shellcheck source-path=SCRIPTDIR source=../testing/ports.sh
source "$root/tests/testing/ports.sh"

work='' place='' dll="$root/gateway/bin/Release/net10.0/gateway.dll"
server='' port='' base='' silo_port='' started_ms='' postgres='' database=''
token='' user='' identity='' ca='' certificate='' policy='' signer='' bound='' ec_certificate='' ec_signer='' ec_bound=''
settings=() counted=() postgres_options=() within=()
declare -A bound_of=() # the signer under a policy of each further key
password="$(head -c 18 /dev/urandom | base64)" master_key="$(head -c 32 /dev/urandom | base64)"

side=''
declare -A of_side=()

# What follows is about this side's server. A side that is new begins as a copy of the one before.
use() { # SIDE
  local name
  for name in place dll server port base silo_port postgres database \
    token user identity ca certificate policy signer bound ec_certificate ec_signer ec_bound; do
    of_side["$side.$name"]="${!name}"
    printf -v "$name" '%s' "${of_side["$1.$name"]-${!name}}"
  done
  side=$1
}

start_postgresql() {
  local bin directory="$place/postgresql" as_postgres=()
  bin="$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)"
  mkdir -m 755 "$directory"
  chmod 755 "$work" "$place"
  if [ "$(id -u)" -eq 0 ]; then # PostgreSQL refuses to run as root.
    chown postgres: "$directory"
    as_postgres=(setpriv --reuid=postgres --regid=postgres --clear-groups)
  fi
  "${as_postgres[@]}" "$bin/initdb" -D "$directory/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 >"$place/initdb.log"
  "${as_postgres[@]}" "$bin/postgres" -D "$directory/data" -k "$directory" -c listen_addresses= -c shared_buffers=256MB \
    "${postgres_options[@]}" >"$place/postgresql.log" 2>&1 &
  postgres=$!
  until psql -h "$directory" -U postgres -qc 'SELECT 1' >/dev/null 2>&1; do
    kill -0 "$postgres"
    sleep 0.2
  done
  psql -h "$directory" -U postgres -qc 'CREATE ROLE codesigning_owner LOGIN' -c 'CREATE ROLE codesigning_service LOGIN'
  fill_wal
}

# A database that has run for a while writes its log over segments that it has used before; a new one fills each with zeros
# first, which is several times what a signature logs. Nothing of that belongs to a signature.
fill_wal() {
  psql -h "$place/postgresql" -U postgres -qAt -o /dev/null \
    -c "SELECT pg_logical_emit_message(false, 'bench', repeat('x', 1000000)) FROM generate_series(1, 900)" -c CHECKPOINT -c CHECKPOINT
}

stop_postgresql() {
  [ -z "$postgres" ] || { kill -INT "$postgres" && wait "$postgres"; } || true
  postgres=''
  rm -rf "$place/postgresql"
}

new_store() { # DATABASE
  database=$1
  rm -rf "$place/data"
  mkdir -m 700 "$place/data"
  [ "$database" != sqlite ] || return 0
  [ -n "$postgres" ] || start_postgresql
  PGOPTIONS='-c client_min_messages=warning' psql -h "$place/postgresql" -U postgres -qc 'DROP DATABASE IF EXISTS codesigning' \
    -c 'CREATE DATABASE codesigning OWNER codesigning_owner'
}

# The settings of the server, and of whatever else opens its store. Where the silo listens is unknown to a server without one.
choose_settings() {
  settings=(CODESIGNING_DATA="$place/data" CODESIGNING_URLS="$base" CODESIGNING_ADMIN_PASSWORD="$password"
    CODESIGNING_MASTER_KEY="$master_key" CODESIGNING_SILO_ADDRESS=127.0.0.1 CODESIGNING_SILO_PORT="$silo_port"
    CODESIGNING_SIGNATURES_PER_SECOND=1000000 CODESIGNING_REQUESTS_PER_SECOND=1000000)
  [ ! -e "$place/hsm.json" ] || settings+=(CODESIGNING_HSM="$place/hsm.json" SOFTHSM2_CONF="$work/softhsm2.conf")
  if [ "$database" != sqlite ]; then
    settings+=(CODESIGNING_DB="Host=$place/postgresql;Database=codesigning;Username=codesigning_service"
      CODESIGNING_DB_MIGRATE="Host=$place/postgresql;Database=codesigning;Username=codesigning_owner")
  fi
}

# The silo keeps its port over a restart, as a node does.
choose_ports() {
  port="$(free_port)"
  base="http://127.0.0.1:$port"
  until [ -n "$silo_port" ] && [ "$silo_port" != "$port" ] && is_free "$silo_port"; do
    silo_port="$(free_port)"
  done
}

# Asked without a process such as curl, which would take its time from the server that starts.
is_ready() (
  exec {web}<>"/dev/tcp/127.0.0.1/$port" || exit 1
  printf 'GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' >&"$web"
  read -r -t 10 -u "$web" status && [[ $status == 'HTTP/1.1 200 '* ]]
) 2>/dev/null

# Fails, printing its log, if the server has ended or takes too long.
check_server() { # SECONDS-LIMIT
  if kill -0 "$server" 2>/dev/null && [ "$SECONDS" -lt "$1" ]; then
    return
  fi
  cat "$place/server${side:+-$side}.log" >&2
  echo 'The server is not ready.' >&2
  return 1
}

# Starts the server; $started_ms is the time until it was ready.
start_server() {
  local begin limit=$((SECONDS + 120))
  choose_ports
  choose_settings
  begin="${EPOCHREALTIME//[!0-9]/}"
  env -C "$place" "${settings[@]}" "${within[@]}" dotnet "$dll" >"$place/server${side:+-$side}.log" 2>&1 &
  server=$!
  until is_ready; do
    check_server "$limit"
    sleep 0.02
  done
  # shellcheck disable=SC2034 # of those who source this
  started_ms=$(((${EPOCHREALTIME//[!0-9]/} - begin) / 1000))
}

# Two nodes over one PostgreSQL, whose processor time is counted together. All grains begin on the first.
start_nodes() { # FIRST SECOND
  postgres_options=(-c max_connections=300) # Under a full load they take more than the usual 100.
  use "$1"
  new_store postgresql
  start_server
  set_up
  set_up_p256
  counted=("$server")
  use "$2"
  server='' silo_port=''
  start_server
  counted+=("$server")
}

stop_server() {
  [ -z "$server" ] || { kill -CONT "$server" && kill -TERM "$server" && wait "$server"; } 2>/dev/null || true
  server=''
}

# A server that waits still has timers and a second compilation of what it did before: paused, it takes nothing from another.
pause_server() {
  kill -STOP "$server"
}

resume_server() {
  local limit=$((SECONDS + 120))
  kill -CONT "$server"
  until is_ready; do
    check_server "$limit"
    sleep 0.1
  done
  sleep 1
}

# CPU seconds that the server, or the nodes in $counted, and the database have taken. Connections of the database that have
# ended count as their parent's children.
cpu_of_server() {
  local ticks pid
  ticks="$(getconf CLK_TCK)"
  for pid in "${counted[@]:-$server}" ${postgres:+$(ps -o pid= --ppid "$postgres")}; do
    cat "/proc/$pid/stat" || true
  done 2>/dev/null | sed 's/^.*) //' | awk -v ticks="$ticks" -v ended="$(cpu_of_ended_connections)" \
    '{ sum += $12 + $13 } END { print (sum + ended) / ticks }'
}

cpu_of_ended_connections() {
  [ -z "$postgres" ] || sed 's/^.*) //' "/proc/$postgres/stat" | awk '{ print $12 + $13 + $14 + $15 }'
}

resident_mib() {
  awk '$1 == "VmRSS:" { print $2 / 1024 }' "/proc/$server/status"
}

seed() { # SIGNERS ENTRIES [mixed]
  choose_settings
  env -C "$place" "${settings[@]}" dotnet "$root/tests/bench/seed/bin/Release/net10.0/bench-seed.dll" "$certificate" "$user" "$@" >&2
}

call() { # METHOD PATH [BODY]
  curl -sS --fail-with-body -X "$1" "$base/api/v1$2" -H "Authorization: Bearer $token" -H 'Content-Type: application/json' ${3:+--data-binary "$3"}
}

token_of() { # EMAIL
  jq -n --arg email "$1" --arg password "$password" '{email: $email, password: $password}' |
    curl -sS --fail-with-body "$base/api/v1/auth/login" -H 'Content-Type: application/json' --data-binary @- | jq -r .accessToken
}

sign_in() {
  token="$(token_of admin@localhost)"
  write_requests
}

# A CA, a certificate, a machine identity, and two signers with which it may sign: one freely, one by a grant.
set_up() {
  local secret
  signer='' bound='' ec_signer='' ec_bound='' bound_of=()
  sign_in
  user="$(call GET /me | jq -r .id)"
  ca="$(call POST /pki/ca '{"commonName":"Bench","keyAlgorithm":"EC_P256","ttlDays":3650}' | jq -r .id)"
  certificate="$(create_certificate RSA_3072)"
  identity="$(call POST /identities '{"name":"bench"}' | jq -r .id)"
  secret="$(call POST "/identities/$identity/client-secrets" '{}')"
  jq '{clientId, clientSecret}' <<<"$secret" >"$place/credentials.json"
  signer="$(create_signer free "$certificate" '[]' null)"
  create_policy
  bound="$(create_bound_signer bound "$certificate")"
  write_requests
}

# The same two with P-256.
set_up_p256() {
  ec_certificate="$(create_certificate EC_P256)"
  ec_signer="$(create_signer ec-free "$ec_certificate" '[]' null)"
  ec_bound="$(create_bound_signer ec-bound "$ec_certificate")"
  write_requests
}

# A signer under the policy with a key of its own.
set_up_key() { # KEY
  local custody=software
  [[ $1 != hsm-* ]] || custody=soft
  bound_of[$1]="$(create_bound_signer "$1" "$(create_certificate "$(algorithm_of "$1")" "$custody")")"
  write_requests
}

# The key algorithm of a key's short name, such as rsa3072, or hsm-rsa3072 for one in the token.
algorithm_of() { # KEY
  local key="${1#hsm-}"
  case "$key" in
    rsa*) echo "RSA_${key#rsa}" ;;
    p*) echo "EC_${key^^}" ;;
  esac
}

scheme_of() { # KEY
  case "${1#hsm-}" in
    rsa*) echo RSASSA_PKCS1_V1_5_SHA256 ;;
    p256) echo ECDSA_SHA256 ;;
    p384) echo ECDSA_SHA384 ;;
  esac
}

create_certificate() { # KEY-ALGORITHM [CUSTODY]
  jq -n --arg ca "$ca" --arg key "$1" --arg custody "${2:-software}" \
    '{caId: $ca, commonName: "Bench", keyAlgorithm: $key, custody: $custody, ttlDays: 365}' |
    call POST /pki/certificates @- | jq -r .id
}

create_signer() { # NAME CERTIFICATE MEMBERS POLICY
  jq -n --arg name "$1" --arg certificate "$2" --arg identity "$identity" --argjson members "$3" --argjson policy "$4" \
    '{name: $name, certificateId: $certificate, members: ([{kind: "identity", id: $identity, role: "operator"}] + $members)}
      + if $policy then {approvalPolicyId: $policy} else {} end' |
    call POST /pki/signers @- | jq -r .id
}

# Whoever made the identity's secret may not grant it anything, so somebody else does.
create_policy() {
  local approver first
  first="first $password"
  approver="$(jq -n --arg password "$first" '{email: "approver@localhost", name: "Approver", password: $password}' |
    call POST /users @- | jq -r .id)"
  jq -n --arg first "$first" --arg password "$password" '{currentPassword: $first, newPassword: $password}' |
    token="$(password="$first" token_of approver@localhost)" call PUT /me/password @- >/dev/null
  policy="$(jq -n --arg id "$approver" '{name: "bench", constraints: {maxSignings: 1000000000},
    steps: [{approvers: [{kind: "user", id: $id}], requiredApprovals: 1}]}' | call POST /pki/signing-policies @- |
    jq -c --arg approver "$approver" '{id, approver: $approver}')"
}

# A signer under the policy, and a grant on it.
create_bound_signer() { # NAME CERTIFICATE
  local created
  created="$(create_signer_under_policy "$1" "$2")" || return
  token="$(token_of approver@localhost)" pre_approve "$created" || return
  echo "$created"
}

create_signer_under_policy() { # NAME CERTIFICATE
  create_signer "$1" "$2" "$(jq -c '[{kind: "user", id: .approver, role: "administrator"}]' <<<"$policy")" "$(jq .id <<<"$policy")"
}

# A grant for the machine identity, by the approver whose token is $token.
pre_approve() { # SIGNER
  jq -n --arg identity "$identity" \
    '{grantee: {kind: "identity", id: $identity}, justification: "bench", requestedSignings: 1000000000}' |
    call POST "/pki/signers/$1/requests/pre-approve" @- >/dev/null
}

machine_token() {
  curl -sS --fail-with-body "$base/api/v1/auth/universal-auth/login" -H 'Content-Type: application/json' \
    --data-binary @"$place/credentials.json" | jq -r .accessToken
}

# The requests that are sent over and over: a digest to be signed, with a machine identity's token.
write_requests() {
  [ -n "$signer" ] || return 0
  local machine key
  machine="$(machine_token)"
  write_request "$signer" "$machine" RSASSA_PKCS1_V1_5_SHA256 >"$place/rsa-free"
  write_request "$bound" "$machine" RSASSA_PKCS1_V1_5_SHA256 >"$place/rsa-policy"
  for key in "${!bound_of[@]}"; do
    write_request "${bound_of[$key]}" "$machine" "$(scheme_of "$key")" >"$place/$key-policy"
    write_batch "${bound_of[$key]}" "$machine" "$(scheme_of "$key")" >"$place/$key-batch"
  done
  [ -n "$ec_signer" ] || return 0
  write_request "$ec_signer" "$machine" ECDSA_SHA256 >"$place/p256-free"
  write_request "$ec_bound" "$machine" ECDSA_SHA256 >"$place/p256-policy"
}

write_request() { # SIGNER TOKEN ALGORITHM
  write_post "/pki/signers/$1/sign" "$2" "$(digest_to_sign "$3")"
}

# A hundred in one request.
write_batch() { # SIGNER TOKEN ALGORITHM
  local items
  items="$(for _ in {1..100}; do digest_to_sign "$3"; done | paste -sd,)"
  write_post "/pki/signers/$1/sign/batch" "$2" "{\"items\":[$items]}"
}

digest_to_sign() { # ALGORITHM
  local length=32
  [[ $1 != *384 ]] || length=48
  printf '{"data":"%s","signingAlgorithm":"%s","isDigest":true}\n' "$(head -c $length /dev/urandom | base64 -w 0)" "$1"
}

write_post() { # PATH TOKEN BODY
  printf 'POST /api/v1%s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s' \
    "$1" "$2" "${#3}" "$3"
}
