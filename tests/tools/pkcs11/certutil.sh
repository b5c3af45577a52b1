#!/usr/bin/env bash
# NSS: modutil and certutil.
source "$(dirname "$0")/../library.sh"
export HOME="$WORK"
db="sql:$WORK/db"
mkdir db

prepare() {
  certutil -N -d "$db" --empty-password
  modutil -dbdir "$db" -add codesigning -libfile "$MODULE" -force </dev/null
  # NSS takes a CA for object signing only with a word that it is one.
  csplit --quiet --elide-empty-files --prefix ca- "$FIXTURE/rsa.cas.pem" '/BEGIN CERTIFICATE/' '{*}'
  for ca in ca-*; do
    certutil -A -d "$db" -n "$ca" -t ',,C' -i "$ca"
  done
  modutil -dbdir "$db" -list codesigning >module
  [ "$(grep -c 'Token Name:' module)" -ge 3 ]
}

lists() { # SIGNER
  certutil -L -d "$db" -h "$1" >certificates
  grep -q "^$1:$1 .*,,\|^$1:$1 .*u,u,u" certificates
  certutil -K -d "$db" -h "$1" >keys
  grep -q "$1:$1\|$1$" keys
}

verifies_chain() { # SIGNER
  certutil -V -d "$db" -u J -n "$1:$1"
}

signs_request() { # SIGNER
  certutil -R -d "$db" -h "$1" -k "$(od -An -v -tx1 "$FIXTURE/$1.id" | tr -d ' \n')" -s 'CN=a request' -Z SHA256 -a -o "$1.csr"
  openssl req -in "$1.csr" -noout -verify
  openssl req -in "$1.csr" -noout -pubkey | diff - "$FIXTURE/$1.pub"
}

check 'modutil adds the module and lists its tokens' prepare
for signer in free free-rsa deep; do
  check "certutil lists certificate and key of $signer" lists "$signer"
done
for signer in rsa p256 p384; do
  check "certutil lists certificate and key of $signer" lists "$signer"
  check "certutil verifies the chain of $signer" verifies_chain "$signer"
  check "certutil signs a request with $signer" signs_request "$signer"
done
