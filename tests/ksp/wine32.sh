# shellcheck shell=bash
# Sourced by tests/ksp/run: a Wine for the 32-bit DLL. Debian's i386 packages are unpacked beside the build, and their loader
# is told to look for its libraries there: no foreign architecture is added to the machine.
# Variables: root, scratch.
wine32_folder="$root/artifacts/obj/wine32" wine32_dlls="$root/artifacts/obj/wine32/tree/usr/lib/i386-linux-gnu/wine"

# Wine, its C library, and what its TLS is made of.
wine32_packages=(wine32 libwine libc6 libgcc-s1 libgnutls30 libnettle8 libhogweed6 libgmp10 libp11-kit0 libidn2-0 libunistring2
  libtasn1-6 libffi8)

unpack_wine32() {
  local option options=() package loader tree="$wine32_folder/tree"
  [ -e "$wine32_folder/complete" ] && return
  rm -rf "$wine32_folder"
  mkdir -p "$wine32_folder/state/lists/partial" "$wine32_folder/cache/archives/partial" "$wine32_folder/packages" "$tree"
  for option in APT::Architecture=i386 APT::Architectures=i386 Dir::State="$wine32_folder/state" \
    Dir::Cache="$wine32_folder/cache" Dir::State::status=/dev/null; do
    options+=(-o "$option")
  done
  apt-get "${options[@]}" -qq update # One index that is missing may not be one of these packages'.
  (cd "$wine32_folder/packages" && apt-get "${options[@]}" -qq download "${wine32_packages[@]}") || return 1
  for package in "$wine32_folder"/packages/*.deb; do
    dpkg-deb --extract "$package" "$tree" || return 1
  done
  for loader in wine wineserver32; do
    patchelf --set-interpreter "$tree/lib/i386-linux-gnu/ld-linux.so.2" "$tree/usr/lib/wine/$loader" || return 1
  done
  # Wine copies its DLLs into each prefix: without what is for debuggers they are a fifth as large.
  find "$wine32_dlls/i386-windows" -type f -exec i686-w64-mingw32-strip --strip-debug {} + 2>/dev/null
  rm -rf "$wine32_folder/packages" "$wine32_folder/state" "$wine32_folder/cache"
  touch "$wine32_folder/complete"
}

# $scratch/wine32 PROGRAM ARGUMENTS..., or $scratch/wine32 --stop
make_wine32() {
  local tree="$wine32_folder/tree" system="$scratch/prefix32/drive_c/windows/system32"
  cat >"$scratch/wine32" <<END
#!/bin/sh
export LD_LIBRARY_PATH="$tree/lib/i386-linux-gnu:$tree/usr/lib/i386-linux-gnu" WINEDLLPATH="$wine32_dlls"
export WINELOADER="$tree/usr/lib/wine/wine" WINESERVER="$tree/usr/lib/wine/wineserver32"
export WINEPREFIX="$scratch/prefix32" WINEARCH=win32
[ "\$1" != --stop ] || { "\$WINESERVER" -k; exec "\$WINESERVER" -w; }
exec "\$WINELOADER" "\$@"
END
  chmod +x "$scratch/wine32"
  mkdir -p "$system"
  cp /usr/i686-w64-mingw32/lib/zlib1.dll "$system/" # Debian's Wine finds it there when it is installed
  timeout 120 "$scratch/wine32" wineboot --init
}

# The 64-bit prefix gets 32-bit DLLs too, which is enough for an installer; WINEDLLPATH names where they are.
let_in_32_bits() {
  local windows="$WINEPREFIX/drive_c/windows"
  mkdir -p "$windows/system32" "$windows/syswow64"
  cp /usr/x86_64-w64-mingw32/lib/zlib1.dll "$windows/system32/"
  cp /usr/i686-w64-mingw32/lib/zlib1.dll "$windows/syswow64/"
}
