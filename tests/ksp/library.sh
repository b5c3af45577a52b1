# shellcheck shell=bash
# Sourced by tests/ksp/run and its scenes. Variables: scratch, programs (the tests' own .exe), FIXTURE and GATEWAY_STATE
# (tests/tools/gateway.sh), wine and harness (the programs that scenes run), dll and register (the product, by Linux path), log (one
# line a check).
source "$here/../testing/check.sh"

windows_path() { # PATH
  printf 'Z:%s' "${1//\//\\}"
}

run_program() { # COMMAND...
  timeout --kill-after 5 400 "$@" >"$scratch/stdout" 2>"$scratch/stderr" </dev/null
}

# A program that prints its own checks, the first of them before it loads the provider; what it writes to standard error is kept in
# $scratch/stderr. One that fails without a line was not begun by Wine, which was seen once: it gets a second try.
scene() { # TITLE COMMAND...
  local title="$1" status
  shift
  run_program "$@"
  status=$?
  if [ $status -ne 0 ] && [ ! -s "$scratch/stdout" ]; then
    echo "   $title: Wine did not begin it (exit status $status): $(tail -n 5 "$scratch/stderr")"
    run_program "$@"
    status=$?
  fi
  tr -d '\r' <"$scratch/stdout" | grep -E '^(ok|FAILED) ' | sed "s/^\(ok\|FAILED\) /\1 $title: /" >"$scratch/lines"
  if [ $status -ne 0 ] && ! grep -q '^FAILED ' "$scratch/lines"; then
    echo "FAILED $title ended badly (exit status $status)" >>"$scratch/lines"
  fi
  cat "$scratch/lines" >>"$log"
  grep '^FAILED ' "$scratch/lines" && tail -n 5 "$scratch/stderr"
  echo "   $title: $(grep -c '^ok ' "$scratch/lines") held"
}

harness() { # TITLE CONFIGURATION ROUTE SCENE ARGUMENTS...
  local route="$3"
  [ "$route" = ncrypt ] || route="$(windows_path "$dll")"
  scene "$1" "$wine" "$harness" "$(windows_path "$scratch/config/$2")" "$route" "${@:4}"
}

# A %ProgramData% of its own, from the good configuration through a jq filter.
configuration() { # NAME FILTER
  mkdir -p "$scratch/config/$1/CodeSigning"
  jq "$2" "$scratch/base.json" >"$scratch/config/$1/CodeSigning/config.json"
  chmod 600 "$scratch/config/$1/CodeSigning/config.json"
}

# codesigning-ksp-register with a configuration, which is put where Wine says %ProgramData% is; its words go to
# $scratch/words.
register() { # CONFIGURATION ARGUMENTS...
  local status folder="$WINEPREFIX/drive_c/ProgramData/CodeSigning"
  rm -rf "$folder"
  [ -e "$scratch/config/$1/CodeSigning" ] && cp -rp "$scratch/config/$1/CodeSigning" "$folder"
  timeout --kill-after 5 120 wine "$register" "${@:2}" >"$scratch/words.raw" 2>&1 </dev/null
  status=$?
  tr -d '\r' <"$scratch/words.raw" >"$scratch/words"
  cat "$scratch/words"
  return $status
}

# It fails, and says so in these words.
register_says() { # WORDS CONFIGURATION ARGUMENTS...
  if register "${@:2}"; then
    echo "should have failed"
    return 1
  fi
  grep -qF -- "$1" "$scratch/words"
}

stderr_has() { # WORDS
  grep -qF -- "$1" "$scratch/stderr" || { cat "$scratch/stderr"; return 1; }
}

# r and s as OpenSSL wants them.
ecdsa_to_der() { # FILE
  local hex half
  hex="$(xxd -p -c 1000 "$1")" half=$((${#hex} / 2))
  printf 'asn1=SEQUENCE:s\n[s]\nr=INTEGER:0x%s\ns=INTEGER:0x%s\n' "${hex:0:half}" "${hex:half}" >"$1.cnf"
  openssl asn1parse -genconf "$1.cnf" -noout -out "$1.der"
}

openssl_accepts() { # SIGNER NAME (pkcs1-256, pss-384, ecdsa-512, ...)
  local base="$scratch/signatures/$1/$2" options=()
  case "$2" in
    pss-*) options=(-pkeyopt rsa_padding_mode:pss -pkeyopt rsa_pss_saltlen:digest -pkeyopt "digest:sha${2#*-}") ;;
    pkcs1-*) options=(-pkeyopt "digest:sha${2#*-}") ;;
    ecdsa-*) ecdsa_to_der "$base.signature" && mv "$base.signature.der" "$base.signature" ;;
  esac
  openssl pkeyutl -verify -pubin -inkey "$FIXTURE/$1.pub" -in "$base.digest" -sigfile "$base.signature" "${options[@]}"
}
