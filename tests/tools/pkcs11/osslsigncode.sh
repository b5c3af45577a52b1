#!/usr/bin/env bash
# osslsigncode, by libp11's engine: Authenticode over an .exe, a .dll and an .msi.
source "$(dirname "$0")/../library.sh"
engine="$(openssl version -e | sed 's/.*"\(.*\)"/\1/')/pkcs11.so"

make_files() {
  echo 'int main(void) { return 0; }' >main.c
  x86_64-w64-mingw32-gcc -o app.exe main.c
  x86_64-w64-mingw32-gcc -shared -o app.dll main.c
  cat >app.wxs <<'WXS'
<?xml version="1.0" encoding="utf-8"?>
<Wix xmlns="http://schemas.microsoft.com/wix/2006/wi">
  <Product Id="*" UpgradeCode="5f6a5a4e-3f5b-4f0b-9a0e-1b1f6f3d2c11" Name="App" Version="1.0" Manufacturer="Us" Language="1033">
    <Package InstallerVersion="200" Compressed="yes"/>
    <Media Id="1" Cabinet="app.cab" EmbedCab="yes"/>
    <Directory Id="TARGETDIR" Name="SourceDir">
      <Directory Id="INSTALLDIR" Name="App">
        <Component Id="Main" Guid="6f6a5a4e-3f5b-4f0b-9a0e-1b1f6f3d2c12"><File Id="Exe" Source="app.exe"/></Component>
      </Directory>
    </Directory>
    <Feature Id="All" Level="1"><ComponentRef Id="Main"/></Feature>
  </Product>
</Wix>
WXS
  wixl -o app.msi app.wxs
}

signs() { # SIGNER FILE DIGEST
  rm -f signed
  osslsigncode sign -pkcs11engine "$engine" -pkcs11module "$MODULE" -certs "$FIXTURE/$1.chain.pem" \
    -key "pkcs11:token=$1;object=$1;type=private" -h "$3" -n App -in "$2" -out signed
  osslsigncode verify -CAfile "$FIXTURE/$1.root.pem" -in signed >report
  grep -q 'Signature verification: ok' report
  fails osslsigncode verify -CAfile "$FIXTURE/$1.root.pem" -in "$2"
}

# The certificate comes from the token too.
signs_with_token_certificate() { # SIGNER FILE
  rm -f signed
  osslsigncode sign -pkcs11engine "$engine" -pkcs11module "$MODULE" -pkcs11cert "pkcs11:token=$1;object=$1;type=cert" \
    -ac "$FIXTURE/$1.chain.pem" -key "pkcs11:token=$1;object=$1;type=private" -h sha256 -in "$2" -out signed
  osslsigncode verify -CAfile "$FIXTURE/$1.root.pem" -in signed >report
  grep -q 'Signature verification: ok' report
}

check 'an .exe, a .dll and an .msi are made' make_files
for file in app.exe app.dll app.msi; do
  for signer in rsa p256 p384; do
    check "$file with $signer" signs "$signer" "$file" sha256
  done
done
check 'app.exe with SHA-384' signs p384 app.exe sha384
for signer in rsa free free-rsa deep; do
  check "app.exe with $signer, its certificate from the token" signs_with_token_certificate "$signer" app.exe
done
