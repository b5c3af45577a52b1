# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # the variables are shared with those who source this
# Sourced by ./run, ./far and ./steady after ./server.sh, with $here set: options, builds, load, and rounds in pairs.
: "${root:?}" "${here:?}"

results='' warm_up='' sides='' pairs='[]' turn='{}'

read_option() { # OPTION VALUE...
  local name="${1#--}"
  [ -n "${2:-}" ] || say_missing "$1 needs a value."
  printf -v "${name//-/_}" '%s' "$2"
}

# $workloads, and options that are numbers.
check_options() { # NAME...
  local name workload
  for name in "$@"; do
    [[ ${!name} =~ ^(0|[1-9][0-9]{0,5})$ ]] || say_missing "--${name//_/-} is '${!name}': expected a whole number."
    [[ $name =~ ^(warm_up|idle)$ || ${!name} -gt 0 ]] || say_missing "--${name//_/-} is 0: expected at least 1."
  done
  for workload in ${workloads:-}; do
    [[ $workload =~ ^(rsa|p256)-(free|policy)-([1-9][0-9]{0,3})$ && ${BASH_REMATCH[3]} -le 1024 ]] ||
      say_missing "--workloads holds '$workload': expected such as rsa-free-64 or p256-policy-1."
  done
}

record() { # JQ-PATH JSON
  jq --argjson value "$2" "$1 = \$value" "$results" >"$results.new"
  mv "$results.new" "$results"
}

machine() {
  jq -n --arg cpu "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1)" --argjson cores "$(nproc)" '{cpu: $cpu, cores: $cores}'
}

# The commit that a tree is of, with a word where the tree is not what was committed.
commit_of() { # TREE
  local commit
  commit="$(git -C "$1" rev-parse --short=12 HEAD 2>/dev/null)" || { echo unknown; return; }
  [ -z "$(git -C "$1" status --porcelain)" ] || commit+=' with changes'
  echo "$commit"
}

build_load() {
  gcc -O2 -Wall -Wextra -Werror -std=c17 -D_GNU_SOURCE -o "$work/load" "$here/load/load.c"
}

build_project() { # TREE PROJECT
  echo "Building $2 ..." >&2
  (cd "$1" && dotnet build "$2" --configuration Release --nologo --verbosity quiet -m:2 -clp:'NoSummary;ErrorsOnly') \
    >"$work/build.log" || say_missing "$(cat "$work/build.log")"
}

# The run-time compiles what turned out to be hot in the background, and some of it a second time: under this load that takes
# about a minute, in which a signature costs some two per cent more.
warm_up() { # WORKLOAD
  local _
  [ "$warm_up" -gt 0 ] || return 0
  for _ in 1 2 3 4 5; do
    load "$1" "$((warm_up / 5)).$((warm_up % 5 * 2))" >/dev/null
    sleep 1
  done
}

# What was written within minutes comes over months elsewhere: neither its writing back nor the database's clearing up belongs
# to the signatures that are measured.
settle() {
  if [ -n "$postgres" ]; then
    psql -h "$place/postgresql" -U postgres -d codesigning -qc 'VACUUM ANALYZE' -c CHECKPOINT
  fi
  sync
}

# Answers other than 200 are counted in the result; that there is one is all that is needed here.
load() { # WORKLOAD SECONDS
  local result
  result="$("$work/load" "$port" "${1##*-}" "$2" "$place/${1%-*}")" || [ -n "$result" ] || return
  echo "$result"
}

# CPU seconds that everything on this machine has taken, with what its host took from it, and how many there were to take.
cpu_of_machine() {
  awk -v ticks="$(getconf CLK_TCK)" '$1 == "cpu" {
    taken = $2 + $3 + $4 + $7 + $8 + $9
    printf "{\"taken\":%.2f,\"all\":%.2f}", taken / ticks, (taken + $5 + $6) / ticks }' /proc/stat
}

# One round: beside what the client saw, the CPU time of a signature in server and database, and the share of the machine that
# went elsewhere.
measure() { # WORKLOAD
  local server_before server_after machine_before machine_after result
  machine_before="$(cpu_of_machine)"
  server_before="$(cpu_of_server)"
  result="$(load "$1" "$seconds")" || return
  server_after="$(cpu_of_server)"
  machine_after="$(cpu_of_machine)"
  jq -c --argjson server "$server_before" --argjson serverAfter "$server_after" --argjson machine "$machine_before" \
    --argjson machineAfter "$machine_after" '
      . + {cpuUs: (($serverAfter - $server) / ([.answered, 1] | max) * 1e6),
        elsewhere: ([$machineAfter.taken - $machine.taken - ($serverAfter - $server) - .clientCpuSeconds, 0] | max /
          ($machineAfter.all - $machine.all))}' <<<"$result"
}

for_both() { # COMMAND...
  local each
  for each in $sides; do
    use "$each"
    "$@"
  done
}

# One turn of each; what COMMAND leaves in $turn, a JSON object, is its side of the pair.
add_pair() { # COMMAND...
  local each pair='{}'
  for each in $sides; do
    use "$each"
    "$@"
    pair="$(jq -c --arg side "$each" --argjson turn "$turn" '.[$side] = $turn' <<<"$pair")"
  done
  pairs="$(jq -c --argjson pair "$pair" '. + [$pair]' <<<"$pairs")"
}

repeat_pairs() { # TIMES COMMAND...
  local time
  pairs='[]'
  for ((time = 0; time < $1; time++)); do
    add_pair "${@:2}"
  done
}

median='def median: sort | if length % 2 == 1 then .[length / 2 | floor] else (.[length / 2 - 1] + .[length / 2]) / 2 end;'

# Medians of both sides and of their ratios pair by pair. A pair is {ours: {METRIC: n, ...}, theirs: {...}}, or of other names.
summary_of() { # PAIRS FIRST SECOND METRIC...
  jq --arg a "$2" --arg b "$3" "$median"'
    . as $pairs | reduce $ARGS.positional[] as $metric ({};
      ($pairs | map(select(.[$b][$metric] > 0) | .[$a][$metric] / .[$b][$metric])) as $ratios |
      .[$metric] = {($a): ($pairs | map(.[$a][$metric]) | median), ($b): ($pairs | map(.[$b][$metric]) | median)} +
        if $ratios == [] then {} else {ratio: ($ratios | median), min: ($ratios | min), max: ($ratios | max)} end) |
    . + {pairs: $pairs}' --args "${@:4}" <<<"$1"
}

# The summaries that are in the results under .pairs.DATABASE.WORKLOAD, a measure a row.
print_table() { # FIRST SECOND
  printf '%-11s %-15s %-28s %11s %11s %7s  %s\n' database workload measure "$1" "$2" ratio 'min-max of the pairs'
  jq -r --arg a "$1" --arg b "$2" '
    {perSecond: "signatures/s (more is better)", cpuUs: "processor, µs/signature", p50Us: "p50, µs", p99Us: "p99, µs",
      freshMs: "start, new store, ms", existingMs: "start, existing store, ms", idleMiB: "resident, idle, MiB",
      idleCpuMs: "processor, idle, ms/s", loadedMiB: "resident, after load, MiB", walBytes: "log, bytes/signature",
      walPages: "log, whole pages/signature"} as $names |
    .pairs | to_entries[] | .key as $database | .value | to_entries[] | .key as $workload | .value | to_entries[] |
    select($names[.key]) | .value as $value |
    [$database, $workload, $names[.key], $value[$a], $value[$b], $value.ratio // "", $value.min // "", $value.max // ""] | @tsv' "$results" |
    awk -F '\t' '
      function number(n) { return sprintf(n < 100 ? "%.1f" : "%.0f", n) }
      { printf "%-11s %-15s %-28s %11s %11s", $1, $2, $3, number($4), number($5)
        if ($6 == "") printf "\n"; else printf " %7.3f  %.3f-%.3f\n", $6, $7, $8 }'
  jq -r '[.pairs[][].pairs?[]? | .[] | objects | select(has("elsewhere"))] | select(. != []) |
    "Elsewhere went up to \(map(.elsewhere * 100) | max | round)% of the processor time of a round; " +
    "\(map(.refused) | add) answers were not 200."' "$results"
}
