# shellcheck shell=bash
# Sourced, after deploy/setup.sh, by what runs in a Debian beside this machine's own system.

# Where a Debian is kept.
debian_folder() { # NAME
  echo "${XDG_CACHE_HOME:-$HOME/.cache}/codesigning/$1"
}

# Makes it once by debootstrap.
make_debian() { # NAME SUITE PACKAGE,...
  local folder log
  folder="$(debian_folder "$1")" log="$(mktemp)"
  if [ ! -e "$folder.complete" ]; then
    need_packages debootstrap
    rm -rf "$folder"
    mkdir -p "$folder"
    debootstrap --variant=minbase --include="$3" "$2" "$folder" >"$log" 2>&1 || { tail "$log"; rm "$log"; return 1; }
    touch "$folder.complete"
  fi
  rm "$log"
}
