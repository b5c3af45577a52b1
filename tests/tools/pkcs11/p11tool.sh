#!/usr/bin/env bash
# GnuTLS' p11tool and certtool.
source "$(dirname "$0")/../library.sh"

tokens() {
  p11tool --provider "$MODULE" --list-token-urls >urls
  for signer in rsa p256 p384; do
    grep -q "token=$signer\$" urls
  done
}

objects() { # SIGNER
  p11tool --provider "$MODULE" --list-all-certs "pkcs11:token=$1" >certificates
  [ "$(grep -c 'Type: X.509' certificates)" -eq "$(grep -c 'BEGIN CERTIFICATE' "$FIXTURE/$1.chain.pem")" ]
  # Not --export-chain: GnuTLS follows only what a token calls trusted, and trust is not this module's to give.
  p11tool --provider "$MODULE" --export "pkcs11:token=$1;object=$1;type=cert" | openssl x509 | diff - <(openssl x509 -in "$FIXTURE/$1.pem")
}

test_sign() { # SIGNER OPTIONS...
  p11tool --provider "$MODULE" --test-sign "${@:2}" "pkcs11:token=$1;object=$1;type=private"
}

request() { # SIGNER
  printf 'cn = "a request"\nsigning_key\n' >template
  certtool --provider "$MODULE" --generate-request --template template --hash SHA384 \
    --load-privkey "pkcs11:token=$1;object=$1;type=private" --load-pubkey "pkcs11:token=$1;object=$1;type=public" --outfile "$1.csr"
  openssl req -in "$1.csr" -noout -verify
}

check 'lists a token a signer' tokens
for signer in rsa p256 p384; do
  check "lists the chain of $signer" objects "$signer"
  check "signs and verifies with $signer" test_sign "$signer"
  check "makes a request with $signer" request "$signer"
done
for signer in free free-rsa deep; do
  check "lists the chain of $signer" objects "$signer"
done
check 'signs and verifies with RSASSA-PSS' test_sign rsa --sign-params=RSA-PSS --hash SHA384
