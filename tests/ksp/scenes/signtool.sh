# shellcheck shell=bash
# Sourced by tests/ksp/run: Microsoft's signtool, for whoever accepts its license by ACCEPT_WINDOWS_SDK_LICENSE=1.
# What Wine lacks for it stands in: tests/ksp/signtool. Nothing of Microsoft's is kept.

restore_signtool() {
  cat >"$scratch/sdk.csproj" <<END
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <TargetFramework>net10.0</TargetFramework>
    <RestorePackagesPath>$scratch/packages</RestorePackagesPath>
  </PropertyGroup>
  <ItemGroup>
    <PackageDownload Include="Microsoft.Windows.SDK.BuildTools" Version="[10.0.28000.2957]" />
  </ItemGroup>
</Project>
END
  dotnet restore "$scratch/sdk.csproj" --verbosity quiet </dev/null
  build_for x86_64 signtool-stand-in
  mkdir "$sdk"
  cp "$scratch"/packages/microsoft.windows.sdk.buildtools/*/bin/*/x64/{signtool.exe,mssign32.dll} \
    "$root"/artifacts/obj/ksp-tests-x86_64/stand-in/*.dll "$sdk/"
}

signtool() { # ARGUMENTS...: over $scratch/signed; its words go to $scratch/words
  local status folder="$WINEPREFIX/drive_c/ProgramData/CodeSigning"
  rm -rf "$folder"
  mkdir -p "${folder%/*}"
  cp -rp "$scratch/config/good/CodeSigning" "$folder"
  cp "$scratch/$file" "$scratch/signed"
  WINEDLLOVERRIDES="$WINEDLLOVERRIDES;mfc42=n;mssign32=n" timeout 60 \
    wine "$sdk/signtool.exe" sign "$@" "$(windows_path "$scratch/signed")" >"$scratch/words" 2>&1 </dev/null
  status=$?
  cat "$scratch/words"
  return $status
}

signtool_signs() { # SIGNER ARGUMENTS...
  signtool /fd SHA256 "${@:2}"
  osslsigncode_accepts "$scratch/signed"
  osslsigncode verify -CAfile "$FIXTURE/root.pem" -in "$scratch/signed" | grep -qF "CN=Tests of $1"
}

signtool_signs_by_chain() { # SIGNER
  register good export-cert "$1" "$(windows_path "$scratch/$1.p7b")"
  signtool_signs "$1" /f "$(windows_path "$scratch/$1.p7b")" /sha1 "$(thumbprint "$1")" \
    /csp 'CodeSigning Key Storage Provider' /kc "$1"
}

signtool_signs_from_store() { # ARGUMENTS...
  register good install-cert rsa
  signtool_signs rsa "$@"
}

signtool_is_denied() {
  register good export-cert guarded "$(windows_path "$scratch/guarded.cer")"
  ! signtool /fd SHA256 /f "$(windows_path "$scratch/guarded.cer")" /csp 'CodeSigning Key Storage Provider' /kc guarded
  grep -qF 0x80090010 "$scratch/words" && grep -qE 'ApprovalRequired|ScopeMismatch|GrantExhausted' "$scratch/words"
}

signs_with_signtool() {
  local sdk="$scratch/sdk" signer file
  install_like_windows
  make_programs
  check 'signtool is restored, and what Wine lacks for it is built' restore_signtool
  for signer in rsa p256 p384; do
    for file in program.exe program.dll; do
      check "signtool signs $file with $signer, by /f, /csp and /kc" signtool_signs_by_chain "$signer"
    done
  done
  check 'signtool signs by /sha1, from the store' signtool_signs_from_store /sha1 "$(thumbprint rsa)"
  check 'signtool signs by /n, from the store' signtool_signs_from_store /n 'Tests of rsa'
  check 'signtool shows a denial, with its code' signtool_is_denied
}

[ "${ACCEPT_WINDOWS_SDK_LICENSE:-}" != 1 ] || scenes+=(signs_with_signtool)
