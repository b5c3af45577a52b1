# shellcheck shell=bash
# codesigning-ksp-register.

# As `install` leaves Windows.
install_like_windows() {
  cp "$dll" "$WINEPREFIX/drive_c/windows/system32/"
  register_like_windows >/dev/null 2>&1
}

register_like_windows() {
  wine reg add 'HKLM\SYSTEM\CurrentControlSet\Control\Cryptography\Providers\CodeSigning Key Storage Provider\UM' \
    /v Image /d codesigning-ksp.dll /f
  wine reg add 'HKLM\SYSTEM\CurrentControlSet\Control\Cryptography\Configuration\Local\Default\00010001\KEY_STORAGE' \
    /v Providers /t REG_MULTI_SZ /d 'Microsoft Software Key Storage Provider\0CodeSigning Key Storage Provider' /f
}

# On Windows every user may make the folder, so that another than an administrator may have made it.
refuses_open_folder() { # COMMAND
  chmod 777 "$scratch/config/good/CodeSigning"
  register_says 'belongs to another user, or lets every user write into it' good "$1"
  chmod 700 "$scratch/config/good/CodeSigning"
}

register_shows() { # WORDS CONFIGURATION ARGUMENTS...
  register "${@:2}" && grep -qF -- "$1" "$scratch/words"
}

same_certificates() { # FILE (PEM)
  cmp <(openssl crl2pkcs7 -nocrl -certfile "$1" | openssl pkcs7 -print_certs) \
    <(openssl crl2pkcs7 -nocrl -certfile "$FIXTURE/rsa.chain.pem" | openssl pkcs7 -print_certs)
}

thumbprint() { # SIGNER
  openssl x509 -in "$FIXTURE/$1.pem" -noout -fingerprint -sha1 | sed 's/.*=//; s/://g'
}

exports() { # EXTENSION
  register good export-cert rsa "$(windows_path "$scratch/rsa.$1")"
  [ "$1" = pem ] || grep -qF "/f $(windows_path "$scratch/rsa.$1")" "$scratch/words"
  [ "$1" != p7b ] || grep -qiF " /sha1 $(thumbprint rsa) " "$scratch/words"
  case "$1" in
    cer) openssl x509 -inform DER -in "$scratch/rsa.cer" | cmp - "$FIXTURE/rsa.pem" ;;
    p7b) openssl pkcs7 -inform DER -in "$scratch/rsa.p7b" -print_certs -out "$scratch/rsa.p7b.pem" && same_certificates "$scratch/rsa.p7b.pem" ;;
    pem) same_certificates "$scratch/rsa.pem" ;;
  esac
}

installs_certificate() {
  register good install-cert rsa
  wine "$programs/stored.exe" "$(windows_path "$scratch/rsa.cer")" rsa
}

# Wine takes registrations and forgets them: what Windows would have written is written by hand afterwards.
registers() {
  local extension
  check 'status says that it is not registered' register_says 'the provider is not registered' good status
  check 'install copies the DLL, and sees that Wine kept no registration' register_says 'it is not there' good install
  check 'install refuses a folder that every user may write into' refuses_open_folder install
  check 'and status tells of it' refuses_open_folder status
  check 'the DLL is in the system folder' cmp "$dll" "$WINEPREFIX/drive_c/windows/system32/codesigning-ksp.dll"
  check 'the 32-bit DLL is in its own' cmp "$root/artifacts/win-x86/codesigning-ksp.dll" \
    "$WINEPREFIX/drive_c/windows/syswow64/codesigning-ksp.dll"
  check 'the event source is registered' wine reg query 'HKLM\SYSTEM\CurrentControlSet\Services\EventLog\Application\CodeSigning'
  register_like_windows >/dev/null 2>&1
  check 'status finds it registered and configured' register_shows 'it is listed among the key storage providers' good status
  check 'status says that there is no configuration' register_says 'serverUrl is missing' none status
  check 'status says what is wrong in the configuration' register_says 'serverUlr' unknown status
  check 'test reaches the server and lists signers' register_shows '5 signers may be seen' good test
  check 'test finds a signer, also by the provider' register_shows 'Windows finds the key' good test rsa
  check 'test signs' register_shows 'the signature fits its certificate' good test p256 --sign
  check 'test says that there is no such signer' register_says 'There is no signer nobody' good test nobody
  check 'test says that the log-in fails' register_says 'Unauthenticated' wrong-secret test
  check 'test says that nobody listens' register_says 'cannot be reached' nobody test
  check 'test says that nothing is configured' register_says 'serverUrl is not configured' none test
  for extension in cer p7b pem; do
    check "export-cert writes .$extension" exports "$extension"
  done
  check 'export-cert refuses another extension' register_says '.p7b' good export-cert rsa "$(windows_path "$scratch/rsa.pfx")"
  check 'install-cert binds the certificate to the key' installs_certificate
  check '--version names the commit' register_shows "1.0.0+$(git -C "$root" rev-parse HEAD)" good --version
  check 'words that are not known show how it is used' register_says 'Usage' good frobnicate
}
