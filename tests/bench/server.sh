# shellcheck shell=bash
# Sourced by ./run with $root and $work set: a server on a store of its own, and what is asked of it before it is measured.

port='' base='' server='' postgres='' database='' token='' signer='' bound='' certificate='' identity='' user=''
settings=()
password="$(head -c 18 /dev/urandom | base64)" master_key="$(head -c 32 /dev/urandom | base64)"

free_port() {
  local candidate
  for candidate in $(shuf -i 20000-32000 -n 50); do
    (: <"/dev/tcp/127.0.0.1/$candidate") 2>/dev/null || { echo "$candidate"; return; }
  done
}

start_postgresql() {
  local bin directory="$work/postgresql" as_postgres=()
  bin="$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)"
  mkdir -m 755 "$directory"
  chmod 755 "$work"
  if [ "$(id -u)" -eq 0 ]; then # PostgreSQL refuses to run as root.
    chown postgres: "$directory"
    as_postgres=(setpriv --reuid=postgres --regid=postgres --clear-groups)
  fi
  "${as_postgres[@]}" "$bin/initdb" -D "$directory/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 >"$work/initdb.log"
  "${as_postgres[@]}" "$bin/postgres" -D "$directory/data" -k "$directory" -c listen_addresses= -c shared_buffers=256MB \
    >"$work/postgresql.log" 2>&1 &
  postgres=$!
  until psql -h "$directory" -U postgres -qc 'SELECT 1' >/dev/null 2>&1; do
    kill -0 "$postgres"
    sleep 0.2
  done
  psql -h "$directory" -U postgres -qc 'CREATE ROLE codesigning_owner LOGIN' -c 'CREATE ROLE codesigning_service LOGIN' \
    -c 'CREATE DATABASE codesigning OWNER codesigning_owner'
  fill_wal
}

# A database that has run for a while writes its log over segments that it has used before; a new one fills each with zeros
# first, which is several times what a signature logs. Nothing of that belongs to a signature.
fill_wal() {
  psql -h "$work/postgresql" -U postgres -qAt -o /dev/null \
    -c "SELECT pg_logical_emit_message(false, 'bench', repeat('x', 1000000)) FROM generate_series(1, 900)" -c CHECKPOINT -c CHECKPOINT
}

stop_postgresql() {
  [ -z "$postgres" ] || { kill -INT "$postgres" && wait "$postgres" || true; }
  postgres=''
  rm -rf "$work/postgresql"
}

new_store() { # DATABASE
  database=$1
  rm -rf "$work/data"
  mkdir -m 700 "$work/data"
  [ "$database" = sqlite ] || start_postgresql
}

# The settings of the server, and of whatever else opens its store.
choose_settings() {
  settings=(CODESIGNING_DATA="$work/data" CODESIGNING_URLS="$base" CODESIGNING_ADMIN_PASSWORD="$password"
    CODESIGNING_MASTER_KEY="$master_key"
    CODESIGNING_SIGNATURES_PER_SECOND=1000000 CODESIGNING_REQUESTS_PER_SECOND=1000000)
  if [ "$database" != sqlite ]; then
    settings+=(CODESIGNING_SILO_ADDRESS=127.0.0.1 CODESIGNING_SILO_PORT="$(free_port)"
      CODESIGNING_DB="Host=$work/postgresql;Database=codesigning;Username=codesigning_service"
      CODESIGNING_DB_MIGRATE="Host=$work/postgresql;Database=codesigning;Username=codesigning_owner")
  fi
}

start_server() {
  port="$(free_port)"
  base="http://127.0.0.1:$port"
  choose_settings
  env -C "$work" "${settings[@]}" dotnet "$root/gateway/bin/Release/net10.0/gateway.dll" >"$work/server.log" 2>&1 &
  server=$!
  until curl -sf "$base/readyz" >/dev/null; do
    kill -0 "$server" 2>/dev/null || { cat "$work/server.log" >&2; return 1; }
    sleep 0.2
  done
}

stop_server() {
  [ -z "$server" ] || { kill -TERM "$server" 2>/dev/null && wait "$server" || true; }
  server=''
}

# CPU seconds that the server and the database have taken.
cpu_of_server() {
  local ticks
  ticks="$(getconf CLK_TCK)"
  { cat "/proc/$server/stat"; [ -z "$postgres" ] || ps -o pid= --ppid "$postgres" | while read -r pid; do cat "/proc/$pid/stat"; done; } 2>/dev/null |
    sed 's/^.*) //' | awk -v ticks="$ticks" '{ sum += $12 + $13 } END { print sum / ticks }'
}

seed() { # SIGNERS ENTRIES
  choose_settings
  env -C "$work" "${settings[@]}" dotnet "$root/tests/bench/seed/bin/Release/net10.0/bench-seed.dll" "$certificate" "$user" "$1" "$2" >&2
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
  local ca secret
  signer='' bound=''
  sign_in
  user="$(call GET /me | jq -r .id)"
  ca="$(call POST /pki/ca '{"commonName":"Bench","keyAlgorithm":"EC_P256","ttlDays":3650}' | jq -r .id)"
  certificate="$(jq -n --arg ca "$ca" '{caId: $ca, commonName: "Bench", keyAlgorithm: "RSA_3072", ttlDays: 365}' |
    call POST /pki/certificates @- | jq -r .id)"
  identity="$(call POST /identities '{"name":"bench"}' | jq -r .id)"
  secret="$(call POST "/identities/$identity/client-secrets" '{}')"
  jq '{clientId, clientSecret}' <<<"$secret" >"$work/credentials.json"
  signer="$(create_signer free '[]' null)"
  set_up_grant
  write_requests
}

create_signer() { # NAME MEMBERS POLICY
  jq -n --arg name "$1" --arg certificate "$certificate" --arg identity "$identity" --argjson members "$2" --argjson policy "$3" \
    '{name: $name, certificateId: $certificate, members: ([{kind: "identity", id: $identity, role: "operator"}] + $members)}
      + if $policy then {approvalPolicyId: $policy} else {} end' |
    call POST /pki/signers @- | jq -r .id
}

# Whoever made the identity's secret may not grant it anything, so somebody else does.
set_up_grant() {
  local approver policy
  approver="$(jq -n --arg password "$password" '{email: "approver@localhost", name: "Approver", password: $password}' |
    call POST /users @- | jq -r .id)"
  policy="$(jq -n --arg id "$approver" '{name: "bench", constraints: {maxSignings: 1000000000},
    steps: [{approvers: [{kind: "user", id: $id}], requiredApprovals: 1}]}' | call POST /pki/signing-policies @- | jq .id)"
  bound="$(create_signer bound "[{\"kind\":\"user\",\"id\":\"$approver\",\"role\":\"administrator\"}]" "$policy")"
  jq -n --arg identity "$identity" \
    '{grantee: {kind: "identity", id: $identity}, justification: "bench", requestedSignings: 1000000000}' |
    token="$(token_of approver@localhost)" call POST "/pki/signers/$bound/requests/pre-approve" @- >/dev/null
}

# The requests that are sent over and over: a digest to be signed, with a machine identity's token.
write_requests() {
  [ -n "$signer" ] || return 0
  local machine
  machine="$(curl -sS --fail-with-body "$base/api/v1/auth/universal-auth/login" -H 'Content-Type: application/json' \
    --data-binary @"$work/credentials.json" | jq -r .accessToken)"
  write_request "$signer" "$machine" >"$work/request"
  write_request "$bound" "$machine" >"$work/bound-request"
}

write_request() { # SIGNER TOKEN
  local body
  body="{\"data\":\"$(head -c 32 /dev/urandom | base64)\",\"signingAlgorithm\":\"RSASSA_PKCS1_V1_5_SHA256\",\"isDigest\":true}"
  printf 'POST /api/v1/pki/signers/%s/sign HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s' \
    "$1" "$2" "${#body}" "$body"
}
