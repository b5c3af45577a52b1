# shellcheck shell=bash
# Sourced by each script of tests/tools. A script says `check 'what holds' COMMAND...` once for each thing it proves.
# From tests/tools/run it has:
#   MODULE   the PKCS#11 module                      CODESIGNING_PKCS11_CONFIG   its configuration
#   FIXTURE  what the gateway was given: root.pem, and for each signer NAME: NAME.pem (leaf), NAME.chain.pem (whole chain),
#            NAME.cas.pem (the chain without the leaf), NAME.root.pem (its last), NAME.pub (public key),
#            NAME.id (the signer's id, without an end of line)
#   WORK     a directory of the script's own, empty at the start
# The signers: rsa (RSA_3072), p256 (EC_P256), p384 (EC_P384), and those of tests/tools/names.sh: free, free-rsa, deep.
set -uo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../testing/check.sh"
subject="$(basename "$0" .sh)"
cd "$WORK" || exit 1

fails() { # COMMAND...
  if "$@"; then
    echo "should have failed: $*"
    return 1
  fi
}

# Makes JQ-FILTER's change of the configuration the one in force, with its log in the file log.
configure() { # JQ-FILTER
  rm -f log
  jq --arg log "$PWD/log" ". + {logFile: \$log} | $1" "$FIXTURE/config.json" >changed.json
  chmod 600 changed.json
  export CODESIGNING_PKCS11_CONFIG="$PWD/changed.json"
}

is_refused() { # RETURN-VALUE-PATTERN LOG-PATTERN COMMAND...
  local rv="$1" pattern="$2"
  shift 2
  fails "$@" >messages 2>&1
  cat messages log
  grep -Eq "$rv" messages
  grep -Eq "$pattern" log
}

# The slot id of a signer's token, in decimal.
slot_of() { # SIGNER
  pkcs11-tool --module "$MODULE" --list-slots 2>/dev/null | awk -v name="$1" '
    /^Slot/ { match($0, /0x[0-9a-f]+/); id = substr($0, RSTART, RLENGTH) }
    /token label/ { if ($NF == name) print id }' | xargs printf '%d\n'
}
