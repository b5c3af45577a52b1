#!/usr/bin/env bash
# The JDK's jarsigner, by SunPKCS11: signatures that its own verifier takes strictly, with the chain.
source "$(dirname "$0")/../library.sh"
mkdir content && echo 'Hello.' >content/hello.txt && jar --create --file plain.jar -C content . || exit 1
for signer in rsa free free-rsa deep; do
  keytool -importcert -noprompt -alias "$signer" -file "$FIXTURE/$signer.root.pem" -keystore trust.p12 -storepass trusted >/dev/null 2>&1 || exit 1
done

configure() { # SIGNER
  printf 'name = CodeSigning\nlibrary = %s\nslot = %s\n' "$MODULE" "$(slot_of "$1")" >"$1.cfg"
}

signs() { # SIGNER SIGNATURE-ALGORITHM DIGEST
  configure "$1"
  jarsigner -keystore NONE -storetype PKCS11 -storepass '' -addprovider SunPKCS11 -providerArg "$1.cfg" -sigalg "$2" \
    -digestalg "$3" -signedjar "$1-$2.jar" plain.jar "$1"
  jarsigner -verify -strict -verbose -certs -keystore trust.p12 -storepass trusted "$1-$2.jar" >report
  grep -q 'jar verified' report
  fails grep -q 'not chained\|invalid\|does not match\|self-signed' report
}

lists() {
  configure rsa
  keytool -list -v -keystore NONE -storetype PKCS11 -storepass '' -addprovider SunPKCS11 -providerArg rsa.cfg >list
  grep -q 'Entry type: PrivateKeyEntry' list
  grep -q 'Certificate chain length: 3' list
}

check 'keytool lists the key with its chain' lists
check 'RSA with SHA-256' signs rsa SHA256withRSA SHA-256
check 'RSA with SHA-512' signs rsa SHA512withRSA SHA-512
check 'RSASSA-PSS' signs rsa RSASSA-PSS SHA-256
check 'P-256 with SHA-256' signs p256 SHA256withECDSA SHA-256
check 'P-384 with SHA-384' signs p384 SHA384withECDSA SHA-384
check 'a signer that is named as its CA' signs free SHA256withECDSA SHA-256
check 'a signer whose root has no common name' signs free-rsa SHA256withRSA SHA-256
check 'a signer under the longest chain' signs deep SHA256withECDSA SHA-256

as_it_is_printed() {
  printf 'name = CodeSigning\nlibrary = %s\nslot = %s\n' "$MODULE" \
    "$(pkcs11-tool --module "$MODULE" --list-slots | sed -n 's/^Slot.*(\(0x[0-9a-f]*\)): .* free$/\1/p')" >printed.cfg
  grep -q 'slot = 0x' printed.cfg
  keytool -list -keystore NONE -storetype PKCS11 -storepass '' -addprovider SunPKCS11 -providerArg printed.cfg | grep -q '^free, PrivateKeyEntry'
}
check 'a slot is taken as pkcs11-tool prints it' as_it_is_printed

tampered() {
  cp rsa-SHA256withRSA.jar tampered.jar
  echo 'Goodbye.' >content/hello.txt
  jar --update --file tampered.jar -C content hello.txt
  fails jarsigner -verify -strict -keystore trust.p12 -storepass trusted tampered.jar
}
check 'a changed file is noticed' tampered

verifies_with_public_keys_of_others() { # SIGNER KEY-TYPE
  configure "$1"
  java "$(dirname "$0")/programs/PublicKeys.java" "$1.cfg" "$2"
}
check "SunPKCS11 verifies with an RSA key that is not the token's" verifies_with_public_keys_of_others rsa RSA
check "SunPKCS11 verifies with EC keys that are not the token's" verifies_with_public_keys_of_others p256 EC
