# shellcheck shell=bash
# What was built.

imports_only_windows() { # FILE
  local name
  for name in $(x86_64-w64-mingw32-objdump -p "$1" | sed -n 's/.*DLL Name: //p' | tr '[:upper:]' '[:lower:]'); do
    case "$name" in
      advapi32.dll | bcrypt.dll | crypt32.dll | kernel32.dll | msvcrt.dll | ncrypt.dll | shell32.dll | winhttp.dll) ;;
      *) echo "$name"; return 1 ;;
    esac
  done
}

is_hardened() { # FILES
  local file flags
  for file in "$@"; do
    flags="$(x86_64-w64-mingw32-objdump -p "$file" | grep -E '^\s+(HIGH_ENTROPY_VA|DYNAMIC_BASE|NX_COMPAT)$' | xargs)"
    [[ "$flags" = *'DYNAMIC_BASE NX_COMPAT' ]] || { echo "$file: $flags"; return 1; }
    [[ "$file" != */win-x64/* || "$flags" = HIGH_ENTROPY_VA* ]] || { echo "$file: $flags"; return 1; }
  done
}

exports_one_function() { # DLL
  [ "$(x86_64-w64-mingw32-objdump -p "$1" | sed -n 's/^\t\[ *[0-9]*\] \(.*\)/\1/p' | grep -v '[+]base')" = GetKeyStorageInterface ]
}

binaries() {
  local width
  for width in x64 x86; do
    check "$width: the DLL needs nothing but Windows" imports_only_windows "$root/artifacts/win-$width/codesigning-ksp.dll"
    check "$width: so does its companion" imports_only_windows "$root/artifacts/win-$width/codesigning-ksp-register.exe"
    check "$width: it can lie anywhere, and its data cannot be run" is_hardened "$root/artifacts/win-$width"/codesigning-ksp*
    check "$width: it exports one function, undecorated" exports_one_function "$root/artifacts/win-$width/codesigning-ksp.dll"
  done
}
