# shellcheck shell=bash
# Sourced by the suites that are shell scripts.

# One check by a command's exit status: a line, and below it what the command said where it failed. Where $subject is set the
# line begins with it; where $log is set the line goes there too.
check() { # NAME COMMAND...
  local name="${subject:+$subject: }$1" output status
  shift
  output="$(set -e; "$@" 2>&1)"
  status=$?
  if [ $status -eq 0 ]; then
    echo "ok $name"
  else
    echo "FAILED $name (exit status $status)"
    tail -n 40 <<<"$output" | sed 's/^/    /'
  fi | tee -a "${log:-/dev/null}"
}

# Like check, in this shell: for what leaves something behind. What the command says goes through a file of $scratch.
act() { # NAME COMMAND...
  if "${@:2}" >"${scratch:?}/act" 2>&1; then
    check "$1" true
  else
    check "$1" eval "cat '$scratch/act'; false"
  fi
}
