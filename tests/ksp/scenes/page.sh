# shellcheck shell=bash
# docs/ksp.md from the page: its configuration is read, its .bat blocks are run by Wine's cmd.exe, and its lines for signtool are those
# that codesigning-ksp-register prints. What is replaced: the signer's name, and in the configuration address and secret. signtool itself is
# Microsoft's, and runs in tests/ksp/scenes/signtool.sh for whoever accepts its license; options there are the ones allowed here.
source "$root/tests/testing/guide.sh"

# The page's commands of codesigning-ksp-register whose block has this pattern, by cmd.exe, up to the first that fails.
run_block() { # PATTERN
  local status block
  block="$(block_of "$root/docs/ksp.md" bat "$1" | grep -v '^signtool ')"
  [ -n "$block" ] || { echo "The page has no such block: $1"; return 1; }
  mkdir -p "$scratch/page/x86"
  cp "$register" "$dll" "$programs/ncrypt.dll" "$scratch/page/" && cp "$root/artifacts/win-x86/codesigning-ksp.dll" "$scratch/page/x86/"
  sed -E 's/ release( |$)/ rsa\1/g; s/^codesigning.*/&\nif errorlevel 1 exit 1/' <<<"$block" | sed 's/$/\r/' >"$scratch/page/page.bat"
  (cd "$scratch/page" && timeout --kill-after 5 120 wine cmd.exe /c page.bat) >"$scratch/words.raw" 2>&1 </dev/null
  status=$?
  tr -d '\r' <"$scratch/words.raw" >"$scratch/words"
  cat "$scratch/words"
  return $status
}

says() { # WORDS...
  local words
  for words in "$@"; do
    grep -qF -- "$words" "$scratch/words" || { echo "It did not say: $words"; return 1; }
  done
}

# With what the page leaves open filled in. A key that is unknown is refused.
reads_configuration() {
  mkdir -p "$scratch/config/page/CodeSigning"
  jq -n --argjson page "$(block_of "$root/docs/ksp.md" json serverUrl)" --slurpfile good "$scratch/base.json" \
    '$page | .serverUrl = $good[0].serverUrl | .auth |= with_entries(.value = $good[0].auth[.key])' >"$scratch/config/page/CodeSigning/config.json"
  chmod 600 "$scratch/config/page/CodeSigning/config.json"
  register page test rsa
}

installs_as_written() {
  run_block ' install$' && says 'Copied the 32-bit DLL' 'Registered the provider'
}

tests_as_written() {
  run_block ' status$' && says 'it is listed among the key storage providers' '5 signers may be seen' 'Windows finds the key' \
    'the signature fits its certificate'
}

# What it printed, up to the page's timestamp.
prints_the_line() { # PATTERN-OF-BLOCK OPTION
  run_block "$1" || return
  block_of "$root/docs/ksp.md" bat "$1" | grep '^signtool ' | grep -F -- "$2" |
    sed -E "s/THUMBPRINT/$(thumbprint rsa | tr A-F a-f)/; s/ release( |$)/ rsa\1/; s, /tr .*,,; s/.*/Sign with: & FILE/" >"$scratch/line"
  says "$(cat "$scratch/line")"
}

knows_each_option() {
  local option
  for option in $(block_of "$root/docs/ksp.md" bat '^signtool .*/f'; block_of "$root/docs/ksp.md" bat '^signtool .*/n'); do
    [[ "$option" != /* ]] || [[ "$option" = /t[rd] ]] || grep -qE -- "(^| )$option " "$here/scenes/signtool.sh" || { echo "$option was never tried"; return 1; }
  done
}

follows_its_page() {
  install_like_windows
  check 'the configuration of the page is read' reads_configuration
  check 'the page installs, over what Windows would have registered' installs_as_written
  check 'the tests of the page pass' tests_as_written
  check "the page's line for a chain is what export-cert prints" prints_the_line 'export-cert' /csp
  check "the page's line for the store is what install-cert prints" prints_the_line 'install-cert' /sha1
  check 'signtool has each option of the page' knows_each_option
}
