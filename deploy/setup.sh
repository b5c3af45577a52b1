# shellcheck shell=bash
# Sourced, with $root set, by ./run and ./test: what they need of a machine. As root on Debian it is installed; elsewhere it is named.

say_missing() { # SENTENCE...
  printf '%s\n' "$@" >&2
  exit 1
}

# The .NET SDK that global.json asks for. No Debian release has one, so it is asked for and not installed.
need_dotnet() {
  : "${root:?}"
  export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1
  command -v dotnet >/dev/null || say_missing \
    'The .NET SDK 10 is missing. Install it as https://learn.microsoft.com/dotnet/core/install/linux-debian says, and run this again.'
  (cd "$root" && dotnet --version >/dev/null 2>&1) || say_missing \
    "The .NET SDK here is not the one that global.json asks for (10.0.100 or a later 10.0). Here are: $(dotnet --list-sdks | cut -d' ' -f1 | paste -sd' ')."
}

is_installed() { # DEBIAN-PACKAGE
  dpkg-query --show --showformat '${Status}' "$1" 2>/dev/null | grep -q 'ok installed$'
}

# Debian packages by name: those that are missing are installed as root, and named otherwise.
need_packages() { # DEBIAN-PACKAGE...
  local package missing=()
  if ! command -v dpkg-query >/dev/null; then
    return # Not a Debian: each tool says for itself that it is missing.
  fi
  for package in "$@"; do
    is_installed "$package" || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return
  [ "$(id -u)" -eq 0 ] || say_missing \
    "These Debian packages are missing: ${missing[*]}" "Install them with: sudo apt-get install ${missing[*]}"
  echo "These Debian packages are missing and will be installed with apt-get: ${missing[*]}" >&2
  apt_get update || true # An old list may still do.
  say_dependencies "${missing[@]}"
  apt_get install --yes --no-install-recommends "${missing[@]}" || say_missing \
    "These Debian packages could not be installed: ${missing[*]}"
}

# What comes along with packages that were named.
say_dependencies() { # DEBIAN-PACKAGE...
  local name others=()
  while read -r name; do
    [[ " $* " == *" $name "* ]] || others+=("$name")
  done < <(apt-get --simulate install --no-install-recommends "$@" 2>/dev/null | sed -n 's/^Inst \([^ ]*\).*/\1/p')
  [ ${#others[@]} -eq 0 ] || echo "They need, and these will be installed with them: ${others[*]}" >&2
}

# Waits for another apt-get, and says what it said only where it failed.
apt_get() { # ARGUMENTS...
  local output
  if ! output="$(DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 -qq "$@" 2>&1 </dev/null)"; then
    printf '%s\n' "$output" >&2
    return 1
  fi
}
