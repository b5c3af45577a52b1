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
for _ in {1..17}; do cat p256.pem; done >seventeen.pem
