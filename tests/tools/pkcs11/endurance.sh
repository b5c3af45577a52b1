#!/usr/bin/env bash
# Many threads, forks, reloads, ends in the middle, a server that dies: against the shipped module and sanitized ones.
#   SIGNATURES=500000 tests/tools/run endurance     ten times as many
source "$(dirname "$0")/../library.sh"
programs="$(dirname "$0")/programs"
root="$(cd "$(dirname "$0")/../../.." && pwd)"
source "$root/tests/tools/gateway.sh"
signatures="${SIGNATURES:-50000}"
exec 3>&1

compile() { # NAME [SANITIZERS]
  gcc -std=c11 -D_GNU_SOURCE -O1 -g -Wall -Wextra -Werror ${2:+-fsanitize=$2} -I/usr/include/p11-kit-1 \
    "$programs/$1.c" "$programs/token.c" -lcrypto -lpthread -o "$1${2:+-$2}"
}

build() {
  local name
  for name in stress forks reload leave; do
    compile "$name"
  done
}

build_sanitized() { # SANITIZERS
  cmake -G Ninja -S "$root/pkcs11" -B "$1" -DCODESIGNING_HARDENED=OFF -DCODESIGNING_SANITIZE="$1"
  cmake --build "$1" --parallel 2
  compile stress "$1"
  compile forks "$1"
}

say() { # COMMAND...
  "$@" | sed "s/^/   $subject: /" >&3
}

under() { # SANITIZERS COMMAND...
  MODULE="$WORK/$1/libcodesigning-pkcs11.so" say "${@:2}"
}

leaves() {
  local milliseconds
  for milliseconds in 0 1 2 3 5 8 13 21 34 55; do
    timeout 20 ./leave 8 "$milliseconds"
  done
}

beside_exceptions() {
  printf 'name = CodeSigning\nlibrary = %s\nslot = %s\n' "$MODULE" "$(slot_of p256)" >sun.cfg
  say java "$programs/NullPointers.java" sun.cfg
}

# The time-out of the client is longer than the server is away.
survives_restart() {
  ./stress 4000 8 >report &
  local stress=$!
  sleep 0.3
  kill_gateway
  start_gateway_again
  wait "$stress"
  say cat report
}

check 'the programs are built' build
check "$signatures P-256 signatures from 32 threads" say ./stress "$signatures" 32
check '500 children of a warm parent' say ./forks 500 0
check '500 children of a busy parent' say ./forks 500 8
check 'loaded and unloaded 50 times' ./reload 50
check 'exit() in the middle of calls' leaves
check 'a JVM that throws NullPointerExceptions' beside_exceptions
check 'valgrind finds nothing' valgrind --quiet --error-exitcode=9 --leak-check=full --show-leak-kinds=definite,possible ./stress 50 4

check 'the module is built with the address and undefined-behaviour sanitizers' build_sanitized address,undefined
check '2000 signatures from 32 threads under them' under address,undefined ./stress-address,undefined 2000 32
# Not of a busy parent: the sanitizer's own allocator keeps whatever lock another thread held at the fork, and the child waits
# for it for ever. What the parent held is nobody's in a child: no leak of ours.
check '50 children of a warm parent under them' under address,undefined env ASAN_OPTIONS=detect_leaks=0 ./forks-address,undefined 50 0
check 'the module is built with the thread sanitizer' build_sanitized thread
# OpenSSL and libcurl are not instrumented: their own locking is not seen.
printf 'called_from_lib:libcrypto.so\ncalled_from_lib:libssl.so\ncalled_from_lib:libcurl.so\n' >suppressions
export TSAN_OPTIONS="suppressions=$WORK/suppressions die_after_fork=0"
check '2000 signatures from 32 threads under it' under thread ./stress-thread 2000 32

check 'the server is killed and started again under load' survives_restart
