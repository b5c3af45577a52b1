#!/usr/bin/env bash
# OpenSC's pkcs11-tool: every mechanism, each signature checked by openssl.
source "$(dirname "$0")/../library.sh"
sources="$(cd "$(dirname "$0")/../../.." && pwd)"
head -c 100000 /dev/urandom >data

tool() {
  pkcs11-tool --module "$MODULE" "$@"
}

sign() { # SIGNER MECHANISM INPUT OUTPUT ARGUMENTS...
  tool --token-label "$1" --sign --mechanism "$2" --input-file "$3" --output-file "$4" --signature-format openssl "${@:5}"
}

whole_data() { # SIGNER MECHANISM DIGEST OPENSSL-OPTIONS...
  sign "$1" "$2" data "$2.sig"
  openssl dgst "-$3" -verify "$FIXTURE/$1.pub" -signature "$2.sig" "${@:4}" data
}

# The tool asks for a salt as long as the digest when it is told so.
whole_data_pss() { # SIGNER DIGEST
  sign "$1" "${2^^}-RSA-PKCS-PSS" data pss.sig --salt-len -1
  openssl dgst "-$2" -verify "$FIXTURE/$1.pub" -signature pss.sig -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest data
}

digest_pss() { # SIGNER DIGEST
  openssl dgst "-$2" -binary -out digest data
  sign "$1" RSA-PKCS-PSS digest digest.sig --hash-algorithm "${2^^}" --salt-len -1
  openssl dgst "-$2" -verify "$FIXTURE/$1.pub" -signature digest.sig -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest data
}

digest_info() { # SIGNER DIGEST PREFIX
  { printf '%b' "$3"; openssl dgst "-$2" -binary data; } >info
  sign "$1" RSA-PKCS info info.sig
  openssl dgst "-$2" -verify "$FIXTURE/$1.pub" -signature info.sig data
}

digest_ecdsa() { # SIGNER DIGEST
  openssl dgst "-$2" -binary -out digest data
  sign "$1" ECDSA digest digest.sig
  openssl dgst "-$2" -verify "$FIXTURE/$1.pub" -signature digest.sig data
}

verifies_itself() { # SIGNER MECHANISM
  tool --token-label "$1" --sign --mechanism "$2" --input-file data --output-file own.sig
  tool --token-label "$1" --verify --mechanism "$2" --input-file data --signature-file own.sig >verdict
  grep -q 'Signature is valid' verdict
  head -c 99999 data >other
  tool --token-label "$1" --verify --mechanism "$2" --input-file other --signature-file own.sig >verdict || true
  grep -q 'Invalid signature' verdict
}

prefix() { # LENGTH-OF-SEQUENCE HASH LENGTH-OF-DIGEST
  printf '\\x30\\x%s\\x30\\x0d\\x06\\x09\\x60\\x86\\x48\\x01\\x65\\x03\\x04\\x02\\x%s\\x05\\x00\\x04\\x%s' "$1" "$2" "$3"
}

for bits in 256 384 512; do
  check "RSA PKCS#1 with SHA-$bits" whole_data rsa "SHA$bits-RSA-PKCS" "sha$bits"
  check "RSA PSS with SHA-$bits" whole_data_pss rsa "sha$bits"
  check "RSA PSS over a digest of SHA-$bits" digest_pss rsa "sha$bits"
  for key in p256 p384; do
    check "ECDSA with SHA-$bits and $key" whole_data "$key" "ECDSA-SHA$bits" "sha$bits"
    check "ECDSA over a digest of SHA-$bits with $key" digest_ecdsa "$key" "sha$bits"
  done
done
check 'a DigestInfo of SHA-256' digest_info rsa sha256 "$(prefix 31 01 20)"
check 'a DigestInfo of SHA-384' digest_info rsa sha384 "$(prefix 41 02 30)"
check 'a DigestInfo of SHA-512' digest_info rsa sha512 "$(prefix 51 03 40)"
check 'what it signed with RSA, it verifies' verifies_itself rsa SHA256-RSA-PKCS
check 'what it signed with ECDSA, it verifies' verifies_itself p384 ECDSA-SHA384

refuses_a_bare_digest() {
  openssl dgst -sha256 -binary -out bare data
  fails sign rsa RSA-PKCS bare bare.sig >messages 2>&1
  grep -q 'CKR_DATA_INVALID' messages
  grep -q 'is not the DigestInfo' messages
}
check 'CKM_RSA_PKCS refuses what is no DigestInfo, and says so' refuses_a_bare_digest

wrong_mechanism() {
  fails sign rsa ECDSA-SHA256 data wrong.sig >messages 2>&1
  grep -Eq 'CKR_(KEY_TYPE_INCONSISTENT|MECHANISM_INVALID)|not supported' messages
}
check 'a mechanism of another kind of key is refused' wrong_mechanism

check 'its own test passes with an EC key' tool --token-label p256 --test --login --pin any
check 'it logs in and out when no login is needed' tool --token-label p256 --login --pin any --list-objects

objects() {
  tool --token-label rsa --list-objects >objects
  [ "$(grep -c '^Certificate Object' objects)" -eq "$(grep -c 'BEGIN CERTIFICATE' "$FIXTURE/rsa.chain.pem")" ]
  grep -q '^Private Key Object; RSA' objects
  grep -q '^Public Key Object; RSA 3072 bits' objects
  grep -q 'sensitive, always sensitive, never extractable' objects
}
check 'one private key, one public key, and the whole chain' objects

leaf() {
  tool --token-label p384 --read-object --type cert --label p384 --output-file leaf.der
  openssl x509 -inform DER -in leaf.der | diff - <(openssl x509 -in "$FIXTURE/p384.pem")
  tool --token-label rsa --read-object --type pubkey --label rsa --output-file key.der
  openssl pkey -pubin -inform DER -in key.der | diff - "$FIXTURE/rsa.pub"
}
check 'certificate and public key are those of the signer' leaf

slot_stays() {
  local slot
  slot="$(slot_of p256)"
  jq '.signers = ["p256"]' "$CODESIGNING_PKCS11_CONFIG" >one.json
  [ "$(CODESIGNING_PKCS11_CONFIG=one.json slot_of p256)" = "$slot" ]
  [ "$(CODESIGNING_PKCS11_CONFIG=one.json tool --list-slots | grep -c '^Slot')" -eq 1 ]
}
check 'a slot id stays when the other signers go' slot_stays

labels() { # SIGNER: the labels of its certificates
  tool --token-label "$1" --list-objects --type cert | sed -n 's/^ *label: *//p'
}

whole_chain() { # SIGNER
  [ "$(labels "$1" | wc -l)" -eq "$(grep -c 'BEGIN CERTIFICATE' "$FIXTURE/$1.chain.pem")" ]
  [ "$(labels "$1" | sort | uniq --repeated)" = '' ]
  [ "$(labels "$1" | grep -cx "$1")" -eq 1 ]
  tool --token-label "$1" --list-objects | sed -n 's/^ *ID: *//p' | sort | uniq --count >ids
  [ "$(awk '$1 == 3' ids | wc -l)" -eq 1 ] # both keys and the leaf
  [ "$(awk '$1 != 1' ids | wc -l)" -eq 1 ]
}

label_is_the_leafs() { # SIGNER
  tool --token-label "$1" --read-object --type cert --label "$1" --output-file "$1.der"
  openssl x509 -inform DER -in "$1.der" | diff - <(openssl x509 -in "$FIXTURE/$1.pem")
}

for signer in free free-rsa deep; do
  check "the whole chain of $signer, by different labels and ids" whole_chain "$signer"
  check "the name of $signer is its leaf's alone" label_is_the_leafs "$signer"
done

# The tool takes the first token whose label begins so; free-rsa is the newer, and would come first by age.
exact_name_first() {
  sign free ECDSA-SHA256 data free.sig
  openssl dgst -sha256 -verify "$FIXTURE/free.pub" -signature free.sig data
  sign free-rsa SHA256-RSA-PKCS data free-rsa.sig
  openssl dgst -sha256 -verify "$FIXTURE/free-rsa.pub" -signature free-rsa.sig data
}
check 'of two names of which one begins the other, the exact one is taken' exact_name_first

one_chain_too_long() {
  source "$sources/tests/tools/gateway.sh"
  source "$sources/tests/tools/names.sh"
  local root="$sources" names token
  names="$(cat "$GATEWAY_STATE/names")"
  token="$(log_in "$admin_email" "$admin_password")"
  [ "$(labels deep | wc -l)" -eq "$((1 + $(longest_chain)))" ]
  fails import_certificate "$token" "$names/deeper" "$names"/deep-[0-9]*.crt "$names/one-more.crt" 2>messages
  grep -q "more than $(longest_chain) " messages
}
check 'the server takes a chain as long as the module does, and none that is longer' one_chain_too_long

no_configuration() {
  export HOME="$WORK"
  unset CODESIGNING_PKCS11_CONFIG
  tool --list-slots >messages 2>&1 || true
  grep -q 'nothing is configured, so there are no tokens: write .*/.config/codesigning/pkcs11.json or /etc/codesigning/pkcs11.json' messages
}
check 'without a configuration the module says so' no_configuration

nothing_else() {
  local request
  for request in '--keypairgen --key-type EC:prime256v1' '--write-object data --type data' '--delete-object --type privkey --label p256'; do
    # shellcheck disable=SC2086 # words
    fails tool --token-label p256 --login --pin any $request
  done
}
check 'keys are neither made, brought in nor deleted' nothing_else

pin_login() {
  jq 'del(.auth)' "$CODESIGNING_PKCS11_CONFIG" >pin.json
  local pin id
  pin="$(jq -r '.auth.clientId + ":" + .auth.clientSecret' "$CODESIGNING_PKCS11_CONFIG")"
  export CODESIGNING_PKCS11_CONFIG=$PWD/pin.json
  id="$(tool --login --pin "$pin" --list-objects --type privkey | awk '/label:/ { mine = $2 == "p256" } /ID:/ && mine { print $2 }')"
  tool --login --pin "$pin" --sign --mechanism ECDSA-SHA256 --id "$id" --input-file data --output-file pin.sig --signature-format openssl
  openssl dgst -sha256 -verify "$FIXTURE/p256.pub" -signature pin.sig data
  fails tool --login --pin wrong:secret --list-objects >messages 2>&1
  grep -q CKR_PIN_INCORRECT messages
  fails tool --login --pin nonsense --list-objects
}
check 'with nothing configured, the PIN clientId:clientSecret logs in' pin_login
