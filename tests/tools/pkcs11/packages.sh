#!/usr/bin/env bash
# The packages: what is in them works from where they put it.
source "$(dirname "$0")/../library.sh"
sources="$(cd "$(dirname "$0")/../../.." && pwd)"

builds() {
  VERSION=9.8.7 "$sources/deploy/packages/pkcs11"
}

deb() {
  local library=usr/lib/x86_64-linux-gnu/pkcs11/libcodesigning-pkcs11.so
  dpkg-deb --extract "$sources/artifacts/packages/codesigning-pkcs11_9.8.7_amd64.deb" deb
  (cd deb && dpkg-deb --control "$sources/artifacts/packages/codesigning-pkcs11_9.8.7_amd64.deb" ../control && md5sum --check --quiet ../control/md5sums)
  pkcs11-tool --module "deb/$library" --list-slots >slots
  grep -q 'token label *: rsa' slots
  grep -qx 'module: libcodesigning-pkcs11.so' deb/usr/share/p11-kit/modules/codesigning.module
}

rpm_file() {
  rpm --query --package --list "$sources/artifacts/packages/codesigning-pkcs11-9.8.7.x86_64.rpm" >files
  grep -qx /usr/lib64/pkcs11/libcodesigning-pkcs11.so files
  grep -qx /usr/share/p11-kit/modules/codesigning.module files
  rpm --query --package --requires "$sources/artifacts/packages/codesigning-pkcs11-9.8.7.x86_64.rpm" | sort >requires
  grep -q '^libcurl >= ' requires
}

check 'the packages are built' builds
check 'the .deb holds a module that works, and its p11-kit file' deb
check 'the .rpm holds the same' rpm_file
