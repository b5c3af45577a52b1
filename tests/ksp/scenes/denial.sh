# shellcheck shell=bash
# What is told of a signature that the server denies.

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
