#!/usr/bin/env bash
# A signer under a policy: what is told without an approval, and requestOnDenial.
source "$(dirname "$0")/../library.sh"
root="$(cd "$(dirname "$0")/../../.." && pwd)"
source "$root/tests/tools/gateway.sh"
echo data >data

make_guarded_signer() {
  local token approver policy
  token="$(log_in "$admin_email" "$admin_password")"
  approver="$(add_user "$token" "$approver_email" "$approver_password")"
  policy="$(api POST /pki/signing-policies "$token" "$(jq --null-input --arg id "$approver" '
    {name: "one approval", constraints: {maxSignings: 5, maxWindowDuration: "1d"},
     steps: [{approvers: [{kind: "user", $id}], requiredApprovals: 1}]}')" | jq --raw-output .id)"
  add_signer "$token" guarded EC_P256 "$policy"
}

rejected='CKR_FUNCTION_REJECTED|0x200' # OpenSC before 0.25 does not know the name

sign() { # SIGNER
  pkcs11-tool --module "$MODULE" --token-label "$1" --sign --mechanism ECDSA-SHA256 --signature-format openssl \
    --input-file data --output-file "$1.sig"
}

# The request that the log tells of, as soon as it does.
request_id() {
  local attempt id
  for attempt in {1..100}; do
    id="$(sed -n 's/.*opened request \([^ ;]*\).*/\1/p' log 2>/dev/null)" || true
    [ -n "$id" ] && break
    sleep 0.1
  done
  echo "$id"
}

approve() { # REQUEST-ID
  api POST "/pki/approval-requests/$1/approve" "$(log_in "$approver_email" "$approver_password")" '{"comment": "fine"}'
}

denied() {
  configure .
  is_refused "$rejected" "ApprovalRequired: ask at https://localhost:[0-9]+/signers/guarded/request" sign guarded
}

opens_request() {
  local id
  configure '.requestOnDenial = true'
  is_refused "$rejected" 'opened request' sign guarded
  id="$(request_id)"
  is_refused "$rejected" "found the pending request $id;" sign guarded
  approve "$id"
  sign guarded
  openssl dgst -sha256 -verify "$FIXTURE/guarded.pub" -signature guarded.sig data
}

used_up() {
  configure .
  is_refused "$rejected" '403 (GrantExhausted|ApprovalRequired)|ApprovalRequired: ask at' sign guarded
}

waits() {
  local id signing
  echo other >data
  configure '.requestOnDenial = {waitSeconds: 60, justification: "a release"}'
  sign guarded &
  signing=$!
  id="$(request_id)"
  approve "$id"
  wait "$signing"
  openssl dgst -sha256 -verify "$FIXTURE/guarded.pub" -signature guarded.sig data
}

ends_by_rejection() {
  local id signing
  echo third >data
  configure '.requestOnDenial = {waitSeconds: 60}'
  sign guarded >messages 2>&1 &
  signing=$!
  id="$(request_id)"
  api POST "/pki/approval-requests/$id/reject" "$(log_in "$approver_email" "$approver_password")" '{"comment": "no"}'
  fails wait "$signing"
  grep -Eq "$rejected" messages
  grep -q "request $id was not approved: rejected" log
}

check 'a policy is made, and a signer under it' make_guarded_signer
check 'a policy without an approval refuses, and the log says where to ask' denied
check 'requestOnDenial opens one request, finds it again, and signs once it is approved' opens_request
check 'the approved signature was the only one' used_up
check 'a signature can wait for its approval' waits
check 'a rejection ends the wait' ends_by_rejection
