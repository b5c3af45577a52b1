# shellcheck shell=bash
# Sourced by the suites that follow pages of the documentation.

# The commands of a page: what stands in its blocks marked sh, from one heading to before another (or to the page's end).
commands_of() { # FILE [HEADING-FROM [HEADING-TO]]
  awk -v from="${2:-}" -v to="${3:-}" '
    NR == 1 && from == "" { inside = 1 }
    $0 == from { inside = 1; next }
    $0 == to && to != "" { inside = 0 }
    inside && /^```sh$/ { block = 1; next }
    block && /^```$/ { block = 0 }
    block' "$1"
}

# One block of a page: the first in a language (or '' for none) of which a line matches.
block_of() { # FILE LANGUAGE PATTERN
  awk -v language="$2" -v pattern="$3" '
    !block && /^```/ { block = 1; wanted = $0 == "```" language; text = ""; next }
    /^```$/ { if (wanted && found) { printf "%s", text; exit } block = 0; next }
    block && wanted { text = text $0 "\n"; if ($0 ~ pattern) found = 1 }' "$1"
}
