#!/usr/bin/env bash
# What the module adds to the request itself, beside libcurl on a kept-alive connection; how long it takes to start; how
# much memory it takes. Each bound must hold in one of five runs: a busy machine makes any single one slow.
source "$(dirname "$0")/../library.sh"
root="$(cd "$(dirname "$0")/../../.." && pwd)"
source "$root/tests/tools/gateway.sh"
exec 3>&1

measure() {
  gcc -std=c11 -D_GNU_SOURCE -O1 -Wall -Wextra -Werror -I/usr/include/p11-kit-1 "$(dirname "$0")/programs/overhead.c" \
    "$(dirname "$0")/programs/token.c" -lcrypto -lcurl -o overhead
  REQUEST_TOKEN="$(api POST /auth/universal-auth/login '' "$(jq .auth "$CODESIGNING_PKCS11_CONFIG")" | jq --raw-output .accessToken)"
  REQUEST_URL="$(jq --raw-output .serverUrl "$CODESIGNING_PKCS11_CONFIG")/api/v1/pki/signers/$(cat "$FIXTURE/p256.id")/sign?ecdsaFormat=raw"
  REQUEST_CA="$FIXTURE/tls-ca.pem"
  local digest
  digest="$(openssl dgst -sha256 -binary "$0" | base64)"
  # As the module sends it.
  REQUEST_BODY="$(jq --null-input --compact-output --arg data "$digest" --arg host "$(hostname)" '
    {$data, signingAlgorithm: "ECDSA_SHA256", isDigest: true,
     clientMetadata: {tool: "overhead", hostname: $host, user: "root", digest: "sha256:\("0" * 64)"}}')"
  export REQUEST_TOKEN REQUEST_URL REQUEST_CA REQUEST_BODY
  for _ in 1 2 3 4 5; do
    ./overhead
  done >figures
  sed "s/^/   $subject: /" figures | sort >&3
}

at_most() { # NAME BOUND
  awk -F= -v name="$1" -v bound="$2" '$1 == name && (best == "" || $2 < best) { best = $2 } END { exit !(best != "" && best <= bound) }' figures
}

check 'it is measured' measure
check 'at most 0.15 ms over the same request by libcurl' at_most overhead_ms 0.15
check 'loaded and initialised within 5 ms' at_most initialize_ms 5
check 'the first signature, with login, list and certificates, within 30 ms' at_most first_signature_ms 30
check 'at most 10 MB resident' at_most resident_kib 10240
