#!/usr/bin/env bash
# Android's apksigner, by SunPKCS11: signature schemes 1, 2 and 3.
source "$(dirname "$0")/../library.sh"
# No aapt is needed: with the versions given on the command line, the manifest is not read.
echo '<manifest/>' >AndroidManifest.xml
head -c 20000 /dev/urandom >classes.dex
zip -q0 plain.apk AndroidManifest.xml classes.dex || exit 1

signs() { # SIGNER
  printf 'name = CodeSigning\nlibrary = %s\nslot = %s\n' "$MODULE" "$(slot_of "$1")" >"$1.cfg"
  apksigner -J-add-exports=jdk.crypto.cryptoki/sun.security.pkcs11=ALL-UNNAMED sign --min-sdk-version 21 --ks NONE \
    --ks-type PKCS11 --provider-class sun.security.pkcs11.SunPKCS11 --provider-arg "$1.cfg" --ks-key-alias "$1" \
    --ks-pass pass: --in plain.apk --out "$1.apk"
  apksigner verify --verbose --print-certs --min-sdk-version 21 "$1.apk" >report
  grep -q 'Verified using v1 scheme (JAR signing): true' report
  grep -q 'Verified using v2 scheme (APK Signature Scheme v2): true' report
  grep -q 'Verified using v3 scheme (APK Signature Scheme v3): true' report
  grep -q "$(openssl x509 -in "$FIXTURE/$1.pem" -outform DER | sha256sum | cut -d' ' -f1)" report
}

check 'an APK with RSA' signs rsa
check 'an APK with P-256' signs p256
