#!/usr/bin/env bash
# Fuzzes what reads foreign bytes, with libFuzzer under the address and undefined-behaviour sanitizers.
#   tests/native/fuzz.sh            each fuzzer for ten minutes
#   tests/native/fuzz.sh 12 json    the json fuzzer for twelve seconds
# An input that breaks it is left in artifacts/fuzz, and is put into tests/native/fuzz/found/FUZZER with its mend.
set -uo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
root="$(cd "$here/../.." && pwd)"
source "$root/deploy/setup.sh"
need_packages clang libclang-rt-14-dev llvm cmake ninja-build libcurl4-openssl-dev libssl-dev libp11-kit-dev openssl
seconds="${1:-600}"
shift
[ $# -gt 0 ] || set -- json config certificate answers abi
work="$root/artifacts/fuzz"
mkdir -p "$work"
CC=clang cmake -G Ninja -S "$here" -B "$work/build" -DFUZZ=ON -DSANITIZE=address,undefined >"$work/build.log" 2>&1 &&
  cmake --build "$work/build" --parallel 2 >>"$work/build.log" 2>&1 || { cat "$work/build.log"; exit 1; }
export CERTIFICATES="$work/certificates"
[ -e "$CERTIFICATES/names.pem" ] || "$here/certificates.sh" "$CERTIFICATES" || exit 1

answer() { # STATUS-INDEX FILE: as fuzz/answers.c reads it
  local size
  size="$(stat --format %s "$2")"
  # shellcheck disable=SC2059 # the format is the bytes
  printf "\\x$(printf %02x "$1")\\x00\\x$(printf %02x $((size / 256)))\\x$(printf %02x $((size % 256)))"
  cat "$2"
}

seeds() { # FUZZER DIRECTORY
  case "$1" in
    json | config)
      echo '{"serverUrl":"https://s:1/p","auth":{"clientId":"i","clientSecret":"s"},"signers":["a"],"timeoutSeconds":5}' >"$2/1"
      echo '{"requestOnDenial":{"justification":"\u00e9\ud83d\ude00","waitSeconds":1e1},"logLevel":"info","x":[null,-0.5e-3]}' >"$2/2"
      ;;
    certificate)
      cp "$CERTIFICATES"/*.pem "$2"
      for name in rsa2048 p256 p384 p521 ed25519; do
        openssl x509 -in "$CERTIFICATES/$name.pem" -outform DER -out "$2/$name.der"
      done
      ;;
    answers)
      printf '{"accessToken":"t","expiresIn":3600}' >"$work/login"
      printf '{"items":[{"id":"sgn_1","name":"one","status":"active","keyAlgorithm":"EC_P256"}],"next":"c"}' >"$work/list"
      printf '{"items":[],"next":null}' >"$work/empty"
      printf '{"code":"ApprovalRequired","detail":"d","request":{"scope":{"digests":["sha256:ab"]}}}' >"$work/denied"
      printf '{"id":"apr_1","status":"approved"}' >"$work/request"
      printf '{"signature":"%s","operationId":"o"}' "$(head -c 64 /dev/zero | base64 --wrap 0)" >"$work/signature"
      { answer 0 "$work/login"; answer 0 "$work/list"; answer 0 "$work/empty"; answer 0 "$CERTIFICATES/p256.pem"; } >"$work/start"
      { cat "$work/start"; answer 0 "$work/signature"; } >"$2/signs"
      { cat "$work/start"; answer 6 "$work/denied"; answer 0 "$work/empty"; answer 0 "$work/request"; answer 0 "$work/request"
        answer 0 "$work/signature"; } >"$2/asks"
      ;;
  esac
}

for fuzzer in "$@"; do
  corpus="$work/corpus/$fuzzer"
  mkdir -p "$corpus"
  seeds "$fuzzer" "$corpus"
  found=("$here/fuzz/found/$fuzzer"/*)
  [ -e "${found[0]}" ] || found=()
  if [ ${#found[@]} -eq 0 ] || "$work/build/fuzz-$fuzzer" "${found[@]}" >"$work/$fuzzer.log" 2>&1; then
    nice -n 10 "$work/build/fuzz-$fuzzer" -max_total_time="$seconds" -max_len=16384 -timeout=60 -rss_limit_mb=2048 \
      -artifact_prefix="$work/$fuzzer-" "$corpus" >"$work/$fuzzer.log" 2>&1
  fi
  if [ $? -eq 0 ]; then
    echo "ok fuzz $fuzzer for $seconds s: $(sed -n 's/^Done \([0-9]*\) runs.*/\1 runs/p' "$work/$fuzzer.log")"
  else
    echo "FAILED fuzz $fuzzer"
    tail -n 40 "$work/$fuzzer.log" | sed 's/^/    /'
  fi
done
