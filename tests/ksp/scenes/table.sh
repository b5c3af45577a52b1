# shellcheck shell=bash
# By the DLL's own table.

walks() {
  local signer
  harness 'what callers get wrong' good dll fenced arguments rsa
  harness 'each function' good dll fenced walk rsa p384
  harness 'the provider' good dll fenced provider rsa p256 p384 p521 guarded
  for signer in rsa p256 p384 p521; do
    mkdir -p "$scratch/signatures/$signer"
    harness "the signer $signer" good dll fenced signer "$signer" "$(windows_path "$scratch/signatures/$signer")"
  done
}

signs_for_openssl() {
  local signer length
  for length in 256 384 512; do
    for scheme in pkcs1 pss; do
      check "openssl accepts rsa, $scheme with SHA-$length" openssl_accepts rsa "$scheme-$length"
    done
    for signer in p256 p384 p521; do
      check "openssl accepts $signer with SHA-$length" openssl_accepts "$signer" "ecdsa-$length"
    done
  done
}

is_pressed() {
  harness '32 threads' good dll fenced threads rsa p256 p384
  harness 'one list' good dll fenced list rsa p256 p384 p521 guarded
  harness 'turmoil' good dll fenced turmoil rsa
  harness 'leaks' good dll leaks rsa
  harness 'memory that runs out' good dll fenced shortage p256
}

# Built once more so that undefined behaviour ends the program.
is_well_defined() {
  local work="$root/artifacts/obj/ksp-undefined" dll="$root/artifacts/obj/ksp-undefined/codesigning-ksp.dll"
  check 'the DLL is built with traps' builds_with_traps
  mkdir -p "$scratch/signatures/rsa"
  harness 'with traps: what callers get wrong' good dll arguments rsa
  harness 'with traps: each function' good dll walk rsa p384
  harness 'with traps: the signer rsa' good dll signer rsa "$(windows_path "$scratch/signatures/rsa")"
  harness 'with traps: 32 threads' good dll threads rsa p256 p384
  harness 'with traps: memory that runs out' good dll shortage p256
}

builds_with_traps() {
  cmake -G Ninja -S "$root/ksp" -B "$work" -DCMAKE_BUILD_TYPE=Release \
    -DCMAKE_TOOLCHAIN_FILE="$root/native/cmake/x86_64-w64-mingw32.cmake" \
    -DCMAKE_C_FLAGS='-fsanitize=undefined -fsanitize-undefined-trap-on-error'
  cmake --build "$work" --parallel 2 --target codesigning-ksp
}

# By client id and secret, by a token, and where the server refuses them.
wipes() {
  local token
  token="$(jq '.auth' "$scratch/base.json" | curl --silent --cacert "$FIXTURE/tls-ca.pem" --data @- \
    --header 'Content-Type: application/json' "$(cat "$GATEWAY_STATE/url")/api/v1/auth/universal-auth/login" | jq --raw-output .accessToken)"
  configuration by-token ".auth = {token: \"$token\"}"
  harness "a client's secret" good dll wiped p256 "$(jq --raw-output .auth.clientSecret "$scratch/base.json")" 0
  harness 'a token' by-token dll wiped p256 "$token" 0
  harness 'a secret that is refused' wrong-secret dll wiped p256 "$wrong_secret" $nte_perm
}
