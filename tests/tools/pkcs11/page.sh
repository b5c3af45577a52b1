#!/usr/bin/env bash
# docs/pkcs11.md word by word: what it has each tool do, verified by what signs nothing itself. What is replaced: the signers' names,
# where the library lies, and the Android version that a manifest without aapt cannot tell.
source "$(dirname "$0")/../library.sh"
page="$(cd "$(dirname "$0")/../../.." && pwd)/docs/pkcs11.md"
source "$(dirname "$page")/../tests/testing/guide.sh"

make_files() {
  head -c 1000 /dev/urandom >f
  cp "$FIXTURE/rsa.chain.pem" chain.pem && cp "$FIXTURE/rsa.pem" leaf.pem && cp "$FIXTURE/rsa.cas.pem" cas.pem
  printf 'name = CodeSigning\nlibrary = %s\nslot = %s\n' "$MODULE" "$(slot_of rsa)" >release.cfg
  jar --create --file app.jar f
  echo '<manifest/>' >AndroidManifest.xml
  head -c 20000 /dev/urandom >classes.dex
  zip -q0 app.apk AndroidManifest.xml classes.dex
  echo 'int main(void) { return 0; }' >main.c
  x86_64-w64-mingw32-gcc -o app.exe main.c
  printf 'cn = "a request"\nsigning_key\n' >template
}

# Commands that write the same file are followed one after the other, and each result is kept.
follow() { # HEADING-FROM HEADING-TO
  { echo 'set -ex'; commands_of "$page" "$1" "$2"; } | sed -E "s|^MODULE=.*|MODULE=$MODULE|; s/release-ec/p256/g; s/(token-label |token=|object=|alias |app.jar )release/\1rsa/g
    s/(apksigner .* sign) /\1 --min-sdk-version 21 /" |
    awk '/--output-file f.sig/ { sub(/f\.sig/, "f.sig" ++n) } { print }' >commands
  bash commands
}

verifies() {
  openssl dgst -sha256 -verify "$FIXTURE/rsa.pub" -signature f.sig1 f
  openssl dgst -sha256 -verify "$FIXTURE/rsa.pub" -signature f.sig2 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest f
  openssl dgst -sha256 -verify "$FIXTURE/p256.pub" -signature f.sig3 f
  openssl dgst -sha256 -verify "$FIXTURE/rsa.pub" -signature f.sig f
  openssl cms -verify -binary -content f -inform DER -in f.cms -CAfile "$FIXTURE/root.pem" -purpose any -out /dev/null
  jarsigner -verify app.jar | grep 'jar verified'
  apksigner verify --min-sdk-version 21 signed.apk
  osslsigncode verify -CAfile "$FIXTURE/root.pem" -in signed.exe | grep 'Signature verification: ok'
  openssl req -in release.csr -noout -verify
}

check 'files to sign are there' make_files
check 'slots and objects are listed' follow 'Does it work?' '## Which token, which object'
check 'each tool signs' follow '## Signing' '## Approval'
check 'each signature is good' verifies
