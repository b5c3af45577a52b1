# shellcheck shell=bash
# The 32-bit DLL, by its own table, in a prefix of its own.

runs_in_32_bits() {
  local wine="$scratch/wine32" dll="$root/artifacts/win-x86/codesigning-ksp.dll" harness="$programs/x86/harness.exe" signer
  harness '32-bit: what callers get wrong' good dll arguments rsa
  harness '32-bit: each function' good dll walk rsa p384
  harness '32-bit: the provider' good dll provider rsa p256 p384 p521 guarded
  for signer in rsa p256 p384 p521; do
    mkdir -p "$scratch/signatures/$signer"
    rm -f "$scratch/signatures/$signer"/*
    harness "32-bit: the signer $signer" good dll signer "$signer" "$(windows_path "$scratch/signatures/$signer")"
  done
  signs_for_openssl
  harness '32-bit: 32 threads' good dll threads rsa p256 p384
  harness '32-bit: turmoil' good dll turmoil rsa
  harness '32-bit: leaks' good dll leaks rsa
  harness '32-bit: memory that runs out' good dll shortage p256
  harness "32-bit: a client's secret" good dll wiped p256 "$(jq --raw-output .auth.clientSecret "$scratch/base.json")" 0
  harness '32-bit: a denial' good dll status sign $nte_perm guarded
}
