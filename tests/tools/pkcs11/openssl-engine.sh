#!/usr/bin/env bash
# OpenSSL by libp11's engine: dgst, cms, req.
source "$(dirname "$0")/../library.sh"
export PKCS11_MODULE_PATH="$MODULE"
head -c 50000 /dev/urandom >data

uri() { # SIGNER
  echo "pkcs11:token=$1;object=$1;type=private"
}

dgst() { # SIGNER DIGEST OPTIONS...
  openssl dgst -engine pkcs11 -keyform engine "-$2" -sign "$(uri "$1")" "${@:3}" -out "$1.sig" data
  openssl dgst "-$2" -verify "$FIXTURE/$1.pub" "${@:3}" -signature "$1.sig" data
}

cms() { # SIGNER DIGEST
  openssl cms -sign -binary -engine pkcs11 -keyform engine -inkey "$(uri "$1")" -signer "$FIXTURE/$1.pem" \
    -certfile "$FIXTURE/$1.cas.pem" -md "$2" -in data -outform DER -out "$1.cms"
  openssl cms -verify -binary -inform DER -in "$1.cms" -content data -CAfile "$FIXTURE/$1.root.pem" -purpose any -out /dev/null
}

req() { # SIGNER DIGEST
  openssl req -new -engine pkcs11 -keyform engine -key "$(uri "$1")" "-$2" -subj '/CN=a request' -out "$1.csr"
  openssl req -in "$1.csr" -noout -verify
  openssl req -in "$1.csr" -noout -pubkey | diff - "$FIXTURE/$1.pub"
}

for signer in rsa p256 p384; do
  for digest in sha256 sha384 sha512; do
    check "dgst, $signer with $digest" dgst "$signer" "$digest"
  done
  check "cms, $signer" cms "$signer" sha256
  check "req, $signer" req "$signer" sha384
done
for signer in free free-rsa deep; do
  check "dgst, $signer" dgst "$signer" sha256
  check "cms, $signer" cms "$signer" sha256
done
check 'dgst, RSASSA-PSS' dgst rsa sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest

long_salt() {
  fails openssl dgst -engine pkcs11 -keyform engine -sha256 -sign "$(uri rsa)" -sigopt rsa_padding_mode:pss \
    -sigopt rsa_pss_saltlen:max -out long.sig data >messages 2>&1
  grep -q 'a salt as long as the digest' messages
}
check 'a PSS salt of another length is refused, and the log says what to set' long_salt
