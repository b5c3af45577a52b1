# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # the variables are shared with those who source this
# Sourced by ./run after ./measure.sh: the table. Each row is rounds of the server by turns with what it is compared with, on one
# system and one database, with a policy, a grant and the ledger on.
: "${root:?}" "${here:?}"

system='' rows='[]'

# What runs is this machine's own system, or the Debian 13 beside it.
enter() { # SYSTEM
  system=$1 within=()
  [ "$system" != debian13 ] || within=("$root/tests/debian13/inside")
}

name_of_system() {
  local name
  name="$("${within[@]}" bash -c '. /etc/os-release; echo "${ID^} $VERSION_ID"')"
  echo "$name, $("${within[@]}" openssl version | awk '{ print $1, $2 }')"
}

# Signatures a second by openssl itself. OpenSSL 3.5 prints more columns, and tables of other uses of the key.
openssl_speed() { # KEY OPTION...
  local name="${1/#p/ecdsap}"
  "${within[@]}" openssl speed -seconds 2 "${@:2}" "$name" 2>/dev/null |
    awk '/^rsa +[0-9]+ bits/ { print (NF > 7 ? $8 : $6) } /bits ecdsa/ { print $(NF - 1); exit }'
}

# CPU seconds of the server by kind of thread. Threads that ended are missing: those come and go with the pool.
cpu_by_part() {
  local ticks
  ticks="$(getconf CLK_TCK)"
  cat "/proc/$server"/task/*/stat 2>/dev/null | awk -v ticks="$ticks" '
    function part_of(name) {
      if (name ~ /^signing/) return "signing"
      if (name ~ /^sqlite-/) return "sqlite"
      if (name ~ /Tiered/) return "jit"
      if (name ~ /GC/) return "gc"
      return name ~ /TP (Worker|Gate)|Sockets/ ? "pool" : "other"
    }
    { name = $0; sub(/^[^(]*\(/, "", name); sub(/\).*/, "", name)
      times = $0; sub(/^.*\) /, "", times); split(times, field, " ")
      sum[part_of(name)] += field[12] + field[13] }
    END { printf "{"
      for (part in sum) { printf "%s\"%s\":%.2f", separator, part, sum[part] / ticks; separator = "," }
      printf "}" }'
}

written_bytes() {
  local pid
  for pid in "$server" ${postgres:+"$postgres" $(ps -o pid= --ppid "$postgres")}; do
    awk '$1 == "write_bytes:" { print $2 }' "/proc/$pid/io" || true
  done 2>/dev/null | awk '{ sum += $1 } END { printf "%.0f", sum }'
}

# Bytes that the server has allocated; it tells whoever is on this machine.
allocated_bytes() {
  curl -sS "$base/metrics" | awk '/^dotnet_gc_heap_total_allocated_bytes_total/ { print $2 }'
}

# One round of load, with its processor time by part.
take_round() { # REQUEST CLIENTS
  local parts written allocated machine parts_after machine_after
  write_requests
  allocated="$(allocated_bytes)" written="$(written_bytes)" machine="$(cpu_of_machine)" parts="$(cpu_by_part)"
  turn="$(measure "$1-$2")"
  parts_after="$(cpu_by_part)" machine_after="$(cpu_of_machine)"
  turn="$(jq -c --argjson before "$parts" --argjson after "$parts_after" --argjson written "$(($(written_bytes) - written))" \
    --argjson allocated "$(awk -v a="${allocated:-0}" -v b="$(allocated_bytes)" 'BEGIN { printf "%.0f", b - a }')" \
    --argjson machine "$machine" --argjson machineAfter "$machine_after" --argjson clients "$2" '.answered as $n | . +
      {partsUs: ($after | with_entries(.value = ((.value - ($before[.key] // 0)) / $n * 1e6))),
       loadUs: (.clientCpuSeconds / $n * 1e6),
       idle: (1 - ($machineAfter.taken - $machine.taken) / ($machineAfter.all - $machine.all)),
       writtenBytes: ($written / $n), allocatedBytes: ($allocated / $n), tail: (.p99Us * .perSecond / $clients / 1e6)}' <<<"$turn")"
}

# A row of the table: the medians of its rounds, and of the ratios to what it was compared with in the same round.
add_row() { # SUBJECT REFERENCE ROUNDS, an array of {turn, reference}
  local row
  row="$(jq -c --arg system "$system" --arg database "$database" --arg subject "$1" --arg reference "$2" "$median"'
    def spread: {median: median, min: min, max: max};
    {system: $system, database: $database, subject: $subject, reference: $reference, rounds: .} +
    (if $reference == "" then {} else {ratio: (map(.turn.perSecond / .reference) | spread), referencePerSecond: (map(.reference) | median)} end) +
    (map(.turn) as $turns | reduce ("perSecond", "p50Us", "p99Us", "p999Us", "cpuUs", "loadUs", "idle", "writtenBytes", "allocatedBytes", "tail")
      as $field ({}; if $turns[0][$field] then .[$field] = ($turns | map(.[$field]) | median) else . end) +
      {elsewhere: ($turns | map(.elsewhere // 0) | max), refused: ($turns | map(.refused // 0) | add)} +
      if $turns[0].partsUs then {partsUs: ($turns | map(.partsUs | to_entries[]) | group_by(.key) | map({key: .[0].key, value: (map(.value) | median)}) | from_entries)} else {} end)' \
    <<<"$3")"
  rows="$(jq -c --argjson row "$row" '. + [$row]' <<<"$rows")"
  record .rows "$rows"
  print_row "$row"
}

print_row() { # ROW
  jq -r '[.system, .database, .subject, (.perSecond | round), (if .ratio then "\(.ratio.median * 1000 | round / 1000) of \(.reference) (\(.ratio.min * 100 | round / 100)-\(.ratio.max * 100 | round / 100))" else "" end),
    (if .p50Us then "p50 \(.p50Us) p99 \(.p99Us) µs" else "" end), (if .tail then "tail \(.tail * 100 | round / 100)" else "" end),
    (if .cpuUs then "cpu \(.cpuUs | round) µs" else "" end),
    ((.partsUs // {}) | to_entries | map("\(.key) \(.value | round)") | join(" ")),
    (if .idle then "idle \(.idle * 100 | round)%" else "" end), (if .allocatedBytes then "\(.allocatedBytes | round) B allocated, \(.writtenBytes | round) B written" else "" end),
    (if (.elsewhere // 0) > 0.05 then "elsewhere \(.elsewhere * 100 | round)%" else "" end), (if (.refused // 0) > 0 then "REFUSED \(.refused)" else "" end)]
    | map(select(. != "")) | join("  ")' <<<"$1"
}

# Rounds of the server beside another command that prints a rate.
beside() { # SUBJECT REQUEST CLIENTS REFERENCE COMMAND...
  local round all='[]' rate
  warm_up "$2-$3"
  settle
  for ((round = 0; round < rounds; round++)); do
    rate="$("${@:5}")"
    take_round "$2" "$3"
    all="$(jq -c --argjson turn "$turn" --argjson rate "$rate" '. + [{turn: $turn, reference: $rate}]' <<<"$all")"
  done
  add_row "$1" "$4" "$all"
}

section_rsa() {
  local key
  for key in rsa4096 rsa3072 rsa2048; do
    beside "$key, 64 clients" "$key-policy" 64 "openssl speed -multi $(nproc)" openssl_speed "$key" -elapsed -multi "$(nproc)"
  done
}

rate_of_load() { # REQUEST CLIENTS PORT
  "$work/load" "$3" "$2" "$seconds" "$place/$1" | jq .perSecond
}

# The framework's echo, which runs only while it is asked.
start_echo() {
  echo_port="$(free_port)"
  "${within[@]}" dotnet "$root/tests/bench/echo/bin/Release/net10.0/bench-echo.dll" "$echo_port" >"$work/echo.log" 2>&1 &
  echo_server=$!
  until (: <"/dev/tcp/127.0.0.1/$echo_port") 2>/dev/null; do sleep 0.1; done
  rate_of_load p256-policy 64 "$echo_port" >/dev/null
}

stop_echo() {
  [ -z "$echo_server" ] || { kill "$echo_server" && wait "$echo_server"; } 2>/dev/null || true
  echo_server=''
}

section_p256() {
  local round single='[]' batches='[]' echo_rate rate echo_port='' echo_server=''
  warm_up p256-policy-64
  settle
  start_echo
  for ((round = 0; round < rounds; round++)); do
    echo_rate="$(rate_of_load p256-policy 64 "$echo_port")"
    take_round p256-policy 64
    single="$(jq -c --argjson turn "$turn" --argjson rate "$echo_rate" '. + [{turn: $turn, reference: $rate}]' <<<"$single")"
    rate="$(jq .perSecond <<<"$turn")"
    take_round p256-batch 8
    batches="$(jq -c --argjson turn "$(of_batches "$turn")" --argjson rate "$rate" '. + [{turn: $turn, reference: $rate}]' <<<"$batches")"
  done
  stop_echo
  add_row 'p256, 64 clients' 'the bare echo' "$single"
  add_row 'p256, 8 clients with batches of 100' 'one by one' "$batches"
}

# A round of batches, told a signature.
of_batches() { # TURN
  jq -c '.perSecond *= 100 | .cpuUs /= 100 | .loadUs /= 100 | .writtenBytes /= 100 | .allocatedBytes /= 100 | .partsUs |= map_values(. / 100) |
    del(.tail, .p50Us, .p99Us, .p999Us)' <<<"$1"
}

# The median time of a write of 4 KiB that is on the disk, in microseconds.
fsync_us() {
  python3 - "$place" <<'PYTHON'
import os, statistics, sys, time
path = os.path.join(sys.argv[1], "fsync")
file = os.open(path, os.O_CREAT | os.O_WRONLY)
taken = []
for _ in range(200):
    began = time.perf_counter()
    os.write(file, b"x" * 4096)
    os.fdatasync(file)
    taken.append((time.perf_counter() - began) * 1e6)
os.close(file)
os.unlink(path)
print(round(statistics.median(taken)))
PYTHON
}

# One client that waits for each answer: what is not the private-key operation and not the disk.
section_one() {
  local key round over all rate
  for key in rsa3072 p256; do
    warm_up "$key-policy-1"
    settle
    all='[]' over='[]'
    for ((round = 0; round < rounds; round++)); do
      rate="$(openssl_speed "$key")"
      take_round "$key-policy" 1
      over="$(jq -c --argjson p50 "$(jq .p50Us <<<"$turn")" --argjson rate "$rate" --argjson fsync "$(fsync_us)" \
        '. + [{overUs: ($p50 - 1e6 / $rate), fsyncUs: $fsync}]' <<<"$over")"
      all="$(jq -c --argjson turn "$turn" --argjson rate "$rate" '. + [{turn: $turn, reference: $rate}]' <<<"$all")"
    done
    add_row "$key, one client" 'openssl speed' "$all"
    record ".one[\"$system\"][\"$database\"][\"$key\"]" "$(jq "$median"'{overUs: (map(.overUs) | median), fsyncUs: (map(.fsyncUs) | median), overOneFsyncUs: (map(.overUs - .fsyncUs) | median)}' <<<"$over")"
    jq -r --arg key "$key" ".one[\"$system\"][\"$database\"][\"$key\"]"' | "\($key): p50 is \(.overUs | round) µs over the private-key operation, \(.overOneFsyncUs | round) µs over that and one fsync"' "$results"
  done
}

# The module's client beside the same client with SoftHSM.
section_module() {
  local key kind threads round all ours theirs
  make_softhsm
  jq --arg url "$base" '{serverUrl: $url, auth: {clientId, clientSecret}}' "$place/credentials.json" >"$place/module.json"
  chmod 600 "$place/module.json"
  for key in rsa3072 p256; do
    kind="${key%3072}"
    for threads in 1 8 32; do
      sign_by_module "$key" "$kind" "$threads" >/dev/null
      all='[]'
      for ((round = 0; round < rounds; round++)); do
        theirs="$(sign_by_softhsm "$key" "$kind" "$threads")"
        ours="$(sign_by_module "$key" "$kind" "$threads")"
        all="$(jq -c --argjson turn "$ours" --argjson theirs "$theirs" '. + [{turn: $turn, reference: $theirs.perSecond}]' <<<"$all")"
      done
      add_row "$key, the module with $threads threads" "SoftHSM with $threads threads" "$all"
    done
  done
}

sign_by_module() { # KEY rsa|p256 THREADS
  CODESIGNING_PKCS11_CONFIG="$place/module.json" MODULE="$root/artifacts/linux-x64/libcodesigning-pkcs11.so" "$work/sign" "$1" "$2" "$3" "$seconds"
}

sign_by_softhsm() { # KEY rsa|p256 THREADS
  SOFTHSM2_CONF="$work/softhsm2.conf" MODULE=/usr/lib/softhsm/libsofthsm2.so PIN=1234 "$work/sign" "$1" "$2" "$3" "$seconds"
}

rate_of_softhsm() { # KEY rsa|p256 THREADS
  sign_by_softhsm "$@" | jq .perSecond
}

# REST with a key in a token of SoftHSM, beside as many threads as the server has sessions, which ask SoftHSM itself.
section_hsm() {
  local key
  [ "$system" = here ] || return 0 # The other system has no SoftHSM.
  make_softhsm
  (umask 077 && echo 1234 >"$place/pin")
  jq -n --arg pin "file:$place/pin" '{soft: {module: "/usr/lib/softhsm/libsofthsm2.so", tokenLabel: "server", pin: $pin, sessions: 8}}' >"$place/hsm.json"
  stop_server
  start_server
  sign_in
  for key in rsa3072 p256; do
    set_up_key "hsm-$key"
    beside "$key in SoftHSM, 64 clients" "hsm-$key-policy" 64 'SoftHSM with 8 threads' rate_of_softhsm "$key" "${key%3072}" 8
  done
}

make_softhsm() {
  [ ! -e "$work/softhsm2.conf" ] || return 0
  local key type
  mkdir "$work/tokens"
  printf 'directories.tokendir = %s\nlog.level = ERROR\n' "$work/tokens" >"$work/softhsm2.conf"
  for key in rsa3072 p256; do
    type=rsa:3072
    [ "$key" = rsa3072 ] || type=EC:prime256v1
    SOFTHSM2_CONF="$work/softhsm2.conf" softhsm2-util --init-token --free --label "$key" --so-pin 1234 --pin 1234
    SOFTHSM2_CONF="$work/softhsm2.conf" pkcs11-tool --module /usr/lib/softhsm/libsofthsm2.so --token-label "$key" --login --pin 1234 \
      --keypairgen --key-type "$type" --id 01 --label "$key"
  done >"$work/softhsm.log" 2>&1
  SOFTHSM2_CONF="$work/softhsm2.conf" softhsm2-util --init-token --free --label server --so-pin 1234 --pin 1234 >>"$work/softhsm.log" 2>&1
}

add_point() { # CURVE X ROUND
  record ".curves[\"$1\"]" "$(jq -c --arg system "$system" --arg database "$database" --argjson x "$2" --argjson turn "$3" --arg name "$1" \
    '(.curves[$name] // []) + [{system: $system, database: $database, x: $x, perSecond: $turn.perSecond, p50Us: $turn.p50Us, p99Us: $turn.p99Us}]' "$results")"
  jq -r --arg name "$1" --arg x "$2" '"\($name) \($x): \(.perSecond | round) a second, p50 \(.p50Us) µs, p99 \(.p99Us) µs"' <<<"$3"
}

# More of one thing at a time: clients, signers, grants, entries. P-256, where what is not arithmetic shows most.
section_curves() {
  local clients count made
  warm_up p256-policy-64
  for clients in 1 2 4 8 16 32 64 128 256; do
    take_round p256-policy "$clients"
    add_point clients "$clients" "$turn"
  done
  curve_of signers '1 10 100 1000' make_signers
  curve_of grants '1 10 100 1000 10000' make_grants
  for count in 1000 10000 100000 1000000; do
    stop_server
    seed 0 "$((count - ${made:-0}))"
    made=$count
    settle
    start_server
    sign_in
    load p256-policy-64 5 >/dev/null
    take_round p256-policy 64
    add_point entries "$count" "$turn"
  done
}

curve_of() { # NAME COUNTS COMMAND-THAT-MAKES-FROM-TO
  local count before=0
  for count in $2; do
    "$3" "$before" "$count"
    before=$count
    load "$1-64" 3 >/dev/null
    turn="$(measure "$1-64")"
    add_point "$1" "$count" "$turn"
  done
}

# Signers that share a certificate, each with a grant of its own; clients ask them by turns.
make_signers() { # FROM TO
  local number shared machine
  shared="$(call GET "/pki/signers/${bound_of[p256]}" | jq -r .certificateId)"
  for ((number = $1; number < $2; number++)); do
    create_bound_signer "curve-$number" "$shared" >>"$work/curve-signers"
  done
  machine="$(machine_token)"
  : >"$place/signers"
  while read -r number; do
    write_request "$number" "$machine" ECDSA_SHA256 >>"$place/signers"
  done <"$work/curve-signers"
}

# Live grants of one identity at one signer.
make_grants() { # FROM TO
  local number approver
  approver="$(token_of approver@localhost)"
  [ -n "${granted:-}" ] || granted="$(create_signer_under_policy granted "$(call GET "/pki/signers/${bound_of[p256]}" | jq -r .certificateId)")"
  for ((number = $1; number < $2; number++)); do
    token="$approver" pre_approve "$granted"
  done
  write_request "$granted" "$(machine_token)" ECDSA_SHA256 >"$place/grants"
}

measure_table() {
  local each section key
  for each in $systems; do
    enter "$each"
    record ".systems.$each" "$(jq -n --arg name "$(name_of_system)" '$name')"
    for database in $databases; do
      new_store "$database"
      start_server
      set_up
      for key in rsa2048 rsa3072 rsa4096 p256; do
        set_up_key "$key"
      done
      granted=''
      rm -f "$work/curve-signers"
      for section in $sections; do
        "section_$section"
      done
      record ".memory[\"$each\"][\"$database\"]" "$(resident_mib)"
      stop_server
      stop_postgresql
    done
  done
}
