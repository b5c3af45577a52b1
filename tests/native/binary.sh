#!/usr/bin/env bash
# The library as it is shipped: what it exports, links, asks of the system, and how it is hardened. binary.sh FILE
set -uo pipefail
file="$1"

check() { # NAME COMMAND...
  if output="$("${@:2}" 2>&1)"; then
    echo "ok $1"
  else
    echo "FAILED $1"
    sed 's/^/    /' <<<"$output"
  fi
}

lacks() { # PATTERN COMMAND...
  ! "${@:2}" | grep -E "$1"
}

has() { # PATTERN COMMAND...
  "${@:2}" | grep -E -- "$1" >/dev/null || { "${@:2}"; return 1; }
}

exports() {
  [ "$(nm --dynamic --defined-only "$file" | awk '{ print $3 }')" = C_GetFunctionList ]
}

# The dynamic loader is there for thread-local variables.
links() {
  diff <(readelf --dynamic --wide "$file" | sed -n 's/.*NEEDED.*\[\(.*\)\]/\1/p' | grep -v '^ld-linux' | sort) <(printf 'libc.so.6\nlibcrypto.so.3\n')
}

small() {
  [ "$(stat --format %s "$file")" -lt 200000 ]
}

imports='nm --dynamic --undefined-only'
check 'Only C_GetFunctionList is exported' exports
check 'Only libc and libcrypto are linked' links
check 'It is smaller than 200 KB' small
check 'Its relocations are read-only, all bound at the start' has 'GNU_RELRO' readelf --segments --wide "$file"
check 'Its symbols are bound at the start' has 'FLAGS.*(BIND_NOW|NOW)' readelf --dynamic --wide "$file"
check 'Its stack is not executable' has 'GNU_STACK .* RW ' readelf --segments --wide "$file"
check 'No segment is writable and executable' lacks 'LOAD.* RWE' readelf --segments --wide "$file"
check 'Its code has no relocations' lacks 'TEXTREL' readelf --dynamic --wide "$file"
check 'It has no search path of its own' lacks 'R(UN)?PATH' readelf --dynamic --wide "$file"
check 'It stays loaded' has 'NODELETE' readelf --dynamic --wide "$file"
check 'Stacks are protected' has '__stack_chk_fail' $imports "$file"
check 'Calls of the C library are fortified' has '__(snprintf|vsnprintf|memcpy)_chk' $imports "$file"
check 'It touches no signal handler and starts no program' lacks ' (signal|sigaction|system|popen|execv.*|fork|posix_spawn.*)(@|$)' $imports "$file"
