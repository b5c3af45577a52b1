# shellcheck shell=bash
# Sourced by the suites that are shell scripts.

# A port of this machine on which nobody listens.
free_port() {
  local candidate
  for candidate in $(shuf -i 20000-32000 -n 50); do
    is_free "$candidate" && { echo "$candidate"; return; }
  done
  return 1
}

is_free() { # PORT
  ! (: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}
