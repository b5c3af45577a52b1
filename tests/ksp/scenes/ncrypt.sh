# shellcheck shell=bash
# By NCrypt*, with the stand-in for ncrypt.dll; and Authenticode by that way.

by_ncrypt() {
  install_like_windows
  mkdir -p "$scratch/signatures"/{rsa,p256}
  harness 'NCrypt: what callers get wrong' good ncrypt arguments rsa
  harness 'NCrypt: the provider' good ncrypt provider rsa p256 p384 p521 guarded
  harness 'NCrypt: the signer rsa' good ncrypt signer rsa "$(windows_path "$scratch/signatures/rsa")"
  harness 'NCrypt: the signer p256' good ncrypt signer p256 "$(windows_path "$scratch/signatures/p256")"
  harness 'NCrypt: 32 threads' good ncrypt threads rsa p256 p384
  harness 'NCrypt: a denial' good ncrypt status sign $nte_perm guarded
}

# $scratch/sign-with-SIGNER FILE signs a program where it is.
make_signing_program() { # SIGNER
  local part der=()
  rm -f "$scratch"/part-*
  csplit --quiet --elide-empty-files --prefix "$scratch/part-" "$FIXTURE/$1.chain.pem" '/BEGIN CERTIFICATE/' '{*}'
  for part in "$scratch"/part-??; do
    openssl x509 -in "$part" -outform DER -out "$part.der"
    der+=("$(windows_path "$part.der")")
  done
  {
    printf '#!/usr/bin/env bash\n'
    printf '%q ' wine "$programs/authenticode.exe" "$(windows_path "$scratch/config/good")" "$1"
    printf '"Z:${1//\\//\\\\}" '
    printf '%q ' "${der[@]}"
  } >"$scratch/sign-with-$1"
  chmod +x "$scratch/sign-with-$1"
}

osslsigncode_accepts() { # FILE
  osslsigncode verify -CAfile "$FIXTURE/root.pem" -in "$1" >"$scratch/verification"
  grep -q 'Signature verification: ok' "$scratch/verification"
}

signs_program() { # SIGNER FILE
  make_signing_program "$1"
  cp "$scratch/$2" "$scratch/signed"
  "$scratch/sign-with-$1" "$scratch/signed"
  osslsigncode_accepts "$scratch/signed"
}

# The checker refuses what was changed after signing.
refuses_changed_program() {
  signs_program rsa program.exe
  printf x | dd of="$scratch/signed" bs=1 seek=600 conv=notrunc status=none
  ! osslsigncode verify -CAfile "$FIXTURE/root.pem" -in "$scratch/signed"
}

make_programs() {
  echo 'int main(void) { return 0; }' >"$scratch/program.c"
  x86_64-w64-mingw32-gcc -o "$scratch/program.exe" "$scratch/program.c"
  x86_64-w64-mingw32-gcc -shared -o "$scratch/program.dll" "$scratch/program.c"
}

authenticode() {
  local signer file
  install_like_windows
  make_programs
  for signer in rsa p256 p384; do
    for file in program.exe program.dll; do
      check "osslsigncode accepts $file signed with $signer" signs_program "$signer" "$file"
    done
  done
  check 'and refuses one that was changed' refuses_changed_program
}
