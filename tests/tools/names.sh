# shellcheck shell=bash
# Sourced after gateway.sh: signers whose names and chains mislead tools, with the same files in FIXTURE as the others have.
#   free       its CA is called free too
#   free-rsa   its name begins as another's does; its root has no common name, its issuing CA's is a T61String; newer than free
#   deep       under as many CAs as the server and the module take

make_authority() { # NAME SUBJECT [ISSUER]: NAME.crt and NAME.key
  local by=(-signkey "$1.key")
  [ $# -gt 2 ] && by=(-CA "$3.crt" -CAkey "$3.key" -CAcreateserial)
  openssl req -new -nodes -newkey ec -pkeyopt ec_paramgen_curve:P-256 -keyout "$1.key" -config request.conf -utf8 -subj "$2" -out request.csr
  openssl x509 -req -in request.csr "${by[@]}" -days 30 -sha256 -out "$1.crt" \
    -extfile <(printf 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n')
}

make_leaf() { # NAME ISSUER KEY-OPTIONS...
  openssl req -new -nodes -newkey "${@:3}" -keyout "$1.key" -config request.conf -subj "/CN=Leaf of $1" -out request.csr
  openssl x509 -req -in request.csr -CA "$2.crt" -CAkey "$2.key" -CAcreateserial -days 29 -sha256 -out "$1.crt" \
    -extfile <(printf 'keyUsage=critical,digitalSignature\nextendedKeyUsage=codeSigning\n')
}

import_certificate() { # TOKEN NAME CA...: prints the certificate's id
  api POST /pki/certificates/import "$1" "$(jq --null-input --rawfile certificatePem "$2.crt" --rawfile privateKeyPem "$2.key" \
    --arg chainPem "$(cat "${@:3}")" '{$certificatePem, $privateKeyPem, $chainPem}')" | jq --raw-output .id
}

import_signer() { # TOKEN NAME CA-FILE...
  local id
  id="$(import_certificate "$@")"
  api POST /pki/signers "$1" "$(jq --null-input --arg name "$2" --arg certificateId "$id" --arg identity "$(cat "$GATEWAY_STATE/identity")" \
    '{$name, $certificateId, members: [{kind: "identity", id: $identity, role: "operator"}]}')" | jq --raw-output .id | tr -d '\n' >"$FIXTURE/$2.id"
  take_certificates "$1" "$2"
}

longest_chain() {
  sed -n 's/^#define CS_MAX_AUTHORITIES \([0-9]*\)$/\1/p' "$root/native/values/chain.h"
}

# A leaf under as many CAs as a chain may have, and deeper, which is under one more.
make_deep() {
  local i last=deep-0
  make_authority deep-0 '/CN=Deep 0'
  for ((i = 1; i < $(longest_chain); i++)); do
    make_authority "deep-$i" "/CN=Deep $i" "$last"
    last="deep-$i"
  done
  make_leaf deep "$last" ec -pkeyopt ec_paramgen_curve:P-256
  make_authority one-more '/CN=One more' "$last"
  make_leaf deeper one-more ec -pkeyopt ec_paramgen_curve:P-256
}

add_named_signers() {
  local token
  cd "$(mktemp -d "$GATEWAY_STATE/names.XXXXXX")"
  pwd >"$GATEWAY_STATE/names"
  token="$(log_in "$admin_email" "$admin_password")"
  printf '[req]\nstring_mask = MASK:4\ndistinguished_name = dn\n[dn]\n' >request.conf # T61String
  make_authority free-ca /CN=free
  make_leaf free free-ca ec -pkeyopt ec_paramgen_curve:P-256
  import_signer "$token" free free-ca.crt
  make_authority nameless '/C=US/O=Example Trust, Inc./OU=Class 3 Public Primary CA'
  make_authority umlaut '/CN=Zertifizierungsstelle für Prüfungen' nameless
  make_leaf free-rsa umlaut rsa:3072
  import_signer "$token" free-rsa nameless.crt umlaut.crt
  make_deep
  import_signer "$token" deep deep-[0-9]*.crt
}
