# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # the variables are shared with those who source this
# Sourced by ./run after ./measure.sh: this tree's server beside another commit's, each on a store of its own. While one is
# measured the other is paused.

stop_everything() {
  if [ -n "$side" ]; then
    for_both stop_server
    for_both stop_postgresql
  else
    stop_server
    stop_postgresql
  fi
}

# The other tree: a commit's, taken out of the repository and built, or a directory that was built before.
prepare_theirs() {
  local tree="$work/their-tree" commit
  if [ -d "$against" ]; then
    tree="$(cd "$against" && pwd)"
    commit="$(commit_of "$tree")"
  else
    commit="$(git -C "$root" rev-parse --short=12 --verify --quiet "$against^{commit}")" ||
      say_missing "--against is '$against': expected a commit of this repository, or a directory."
    mkdir "$tree"
    git -C "$root" archive "$commit" | tar -x -C "$tree"
    build_project "$tree" gateway/CodeSigning.Gateway.csproj
  fi
  record .theirs "$(jq -n --arg commit "$commit" '{commit: $commit}')"
  their_dll="$(dll_of "$tree")"
  [ -n "$their_dll" ] || say_missing "No gateway.dll under $tree/gateway/bin: expected a Release build."
}

# Where a build puts it has changed; the newest is of the last build.
dll_of() { # TREE
  find "$1/gateway/bin" -path '*/Release/net10.0/gateway.dll' -printf '%T@ %p\n' 2>/dev/null | sort -rn | sed -n '1s/^[^ ]* //p'
}

record_pairs() { # DATABASE NAME METRIC...
  local summary
  summary="$(summary_of "$pairs" ours theirs "${@:3}")"
  record ".pairs[\"$1\"][\"$2\"]" "$(jq --argjson summary "$summary" '(.pairs[$database][$name] // {pairs: []}) as $before |
    $before + $summary + {pairs: ($before.pairs + $summary.pairs)}' --arg database "$1" --arg name "$2" "$results")"
  jq -r --arg name "$1 $2" '[to_entries[] | select(.value | objects | has("ratio")) | "\(.key) \(.value.ratio * 1000 | round / 1000)"] |
    "\($name): ours/theirs \(join(", "))"' <<<"$summary" >&2
}

start_fresh() { # DATABASE
  new_store "$1"
  start_server
  stop_server
  turn="{\"freshMs\": $started_ms}"
}

set_up_both_keys() {
  start_server
  set_up
  set_up_p256
  stop_server
}

start_existing() {
  local before after
  start_server
  before="$(cpu_of_server)"
  sleep "$idle"
  after="$(cpu_of_server)"
  turn="$(jq -n --argjson ms "$started_ms" --argjson mib "$(resident_mib)" --argjson cpu "$before" --argjson cpuAfter "$after" \
    --argjson idle "$idle" '{existingMs: $ms, idleMiB: $mib, idleCpuMs: (if $idle > 0 then ($cpuAfter - $cpu) * 1000 / $idle else 0 end)}')"
  stop_server
}

prepare_workload() { # WORKLOAD
  resume_server
  write_requests
  warm_up "$1"
  settle
  pause_server
}

take_turn() { # WORKLOAD
  resume_server
  turn="$(measure "$1")"
  pause_server
}

take_memory() {
  turn="$(jq -n --argjson mib "$(resident_mib)" '{loadedMiB: $mib}')"
}

compare_on() { # DATABASE
  local workload
  repeat_pairs "$starts" start_fresh "$1"
  record_pairs "$1" start freshMs
  for_both set_up_both_keys
  repeat_pairs "$starts" start_existing
  record_pairs "$1" start existingMs idleMiB idleCpuMs
  [ -n "$workloads" ] || return 0
  for_both start_server
  for_both pause_server
  for workload in $workloads; do
    for_both prepare_workload "$workload"
    repeat_pairs "$rounds" take_turn "$workload"
    record_pairs "$1" "$workload" perSecond cpuUs p50Us p99Us
  done
  repeat_pairs 1 take_memory
  record_pairs "$1" start loadedMiB
}

compare() {
  local their_dll='' each
  sides='ours theirs'
  build_load
  record .ours "$(jq -n --arg commit "$(commit_of "$root")" '{commit: $commit}')"
  prepare_theirs
  build_project "$root" gateway/CodeSigning.Gateway.csproj
  record .options "$(jq -n '$ARGS.named | map_values(tonumber)' --arg seconds "$seconds" --arg rounds "$rounds" --arg warmUp "$warm_up" \
    --arg starts "$starts" --arg idle "$idle")"
  record .machine "$(machine)"
  for each in $sides; do
    use "$each"
    place="$work/$each"
    mkdir -m 755 "$place"
  done
  dll="$their_dll"
  for each in $databases; do
    compare_on "$each"
    for_both stop_server
    for_both stop_postgresql
  done
  [ -z "$json" ] || cp "$results" "$json"
  jq -r '"", "ours: \(.ours.commit); theirs: \(.theirs.commit); \(.machine.cores) cores; " +
    "\(.options.rounds) pairs of rounds of \(.options.seconds) s after \(.options.warmUp) s of load."' "$results"
  print_table ours theirs
}
