#!/usr/bin/env bash
# Makes the certificates of text_tests.c and the fuzzers' first inputs: certificates.sh DIRECTORY
set -euo pipefail
mkdir -p "$1"
cd "$1"

certificate() { # NAME DAYS KEY-OPTIONS...
  openssl req -x509 -nodes -newkey "${@:3}" -keyout key.tmp -utf8 -subj '/O=Test/CN=Näme' -days "$2" -out "$1.pem" 2>/dev/null
  rm key.tmp
}

certificate rsa2048 365 rsa:2048
certificate rsa3072 365 rsa:3072
certificate p256 365 ec -pkeyopt ec_paramgen_curve:P-256
certificate p384 365 ec -pkeyopt ec_paramgen_curve:P-384
certificate p521 36500 ec -pkeyopt ec_paramgen_curve:P-521
certificate ed25519 365 ed25519
cat rsa2048.pem p256.pem p384.pem >three.pem
for _ in {0..16}; do cat p256.pem; done >leaf-and-16.pem
cat leaf-and-16.pem p256.pem >leaf-and-17.pem

# Not issued by one another, since nothing that reads them here looks at that.
authority() { # NAME SUBJECT STRING-MASK
  printf '[req]\nstring_mask = %s\ndistinguished_name = dn\n[dn]\n' "${3:-utf8only}" >config.tmp
  openssl req -x509 -nodes -newkey ec -pkeyopt ec_paramgen_curve:P-256 -keyout key.tmp -config config.tmp -utf8 -subj "$2" \
    -days 365 -out "$1.pem" 2>/dev/null
  rm key.tmp config.tmp
}

umlauts="$(printf 'ä%.0s' {1..40})"
authority signers-name '/CN=ec'
authority other-signers-name '/CN=RSA'
authority without-cn '/C=US/O=Example Trust, Inc./OU=Class 3'
authority t61 '/CN=Zertifizierungsstelle für Prüfungen' MASK:4
authority long "/CN=$umlauts one"
authority longer "/CN=$umlauts two"
authority root '/CN=Root'
authority cross '/CN=Root'
cat p256.pem signers-name.pem other-signers-name.pem without-cn.pem t61.pem long.pem longer.pem root.pem cross.pem >names.pem
