# shellcheck shell=bash
# The installer, an NSIS program of 32 bits.

builds_signed_installer() {
  make_signing_program rsa
  "$root/ksp/installer/build" "$scratch/sign-with-rsa" "$scratch/setup.exe"
  osslsigncode_accepts "$scratch/setup.exe"
}

setup() {
  timeout 60 wine "$scratch/setup.exe" /S
}

was_installed() {
  setup
  osslsigncode_accepts "$installed/codesigning-ksp.dll"
  osslsigncode_accepts "$installed/codesigning-ksp-register.exe"
  osslsigncode_accepts "$installed/x86/codesigning-ksp.dll"
  cmp "$installed/codesigning-ksp.dll" "$WINEPREFIX/drive_c/windows/system32/codesigning-ksp.dll"
  cmp "$installed/x86/codesigning-ksp.dll" "$WINEPREFIX/drive_c/windows/syswow64/codesigning-ksp.dll"
}

# Wine does not unregister providers, and says so. _? keeps the uninstaller from going on in a copy of itself, which nobody
# would wait for.
stays_installed() {
  ! timeout 60 wine "$installed/uninstall.exe" /S '_?=C:\Program Files\CodeSigning'
  [ -e "$installed/codesigning-ksp-register.exe" ] && [ -e "$WINEPREFIX/drive_c/windows/system32/codesigning-ksp.dll" ]
}

installs() {
  local installed="$WINEPREFIX/drive_c/Program Files/CodeSigning"
  install_like_windows
  check 'the installer and what is in it are signed with the key that it installs the way to' builds_signed_installer
  check 'it installs' was_installed
  check 'what it installed can sign' register_shows 'the signature fits its certificate' good test p256 --sign
  check 'its uninstaller takes nothing away while the provider is registered' stays_installed
}
