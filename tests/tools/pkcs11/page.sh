#!/usr/bin/env bash
# docs/pkcs11.md word by word: what it has each tool do, verified by what signs nothing itself. What is replaced: the signers' names,
# where the library lies, and the Android version that a manifest without aapt cannot tell. And docs/ci.md's jobs, up to their log-in.
source "$(dirname "$0")/../library.sh"
page="$(cd "$(dirname "$0")/../../.." && pwd)/docs/pkcs11.md"
source "$(dirname "$page")/../tests/testing/guide.sh"

make_files() {
  head -c 1000 /dev/urandom >f
  cp "$FIXTURE/rsa.chain.pem" chain.pem && cp "$FIXTURE/rsa.pem" leaf.pem && cp "$FIXTURE/rsa.cas.pem" cas.pem
  printf 'name = CodeSigning\nlibrary = %s\nslot = %s\n' "$MODULE" "$(slot_of rsa)" >release.cfg
  jar --create --file app.jar f
  echo '<manifest/>' >AndroidManifest.xml
  head -c 20000 /dev/urandom >classes.dex
  zip -q0 app.apk AndroidManifest.xml classes.dex
  echo 'int main(void) { return 0; }' >main.c
  x86_64-w64-mingw32-gcc -o app.exe main.c
  printf 'cn = "a request"\nsigning_key\n' >template
}

# Commands that write the same file are followed one after the other, and each result is kept.
follow() { # HEADING-FROM HEADING-TO
  { echo 'set -ex'; commands_of "$page" "$1" "$2"; } | sed -E "s|^MODULE=.*|MODULE=$MODULE|; s/release-ec/p256/g; s/(token-label |token=|object=|alias |app.jar )release/\1rsa/g
    s/(apksigner .* sign) /\1 --min-sdk-version 21 /" |
    awk '/--output-file f.sig/ { sub(/f\.sig/, "f.sig" ++n) } { print }' >commands
  bash commands
}

verifies() {
  openssl dgst -sha256 -verify "$FIXTURE/rsa.pub" -signature f.sig1 f
  openssl dgst -sha256 -verify "$FIXTURE/rsa.pub" -signature f.sig2 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest f
  openssl dgst -sha256 -verify "$FIXTURE/p256.pub" -signature f.sig3 f
  openssl dgst -sha256 -verify "$FIXTURE/rsa.pub" -signature f.sig f
  openssl cms -verify -binary -content f -inform DER -in f.cms -CAfile "$FIXTURE/root.pem" -purpose any -out /dev/null
  jarsigner -verify app.jar | grep 'jar verified'
  apksigner verify --min-sdk-version 21 signed.apk
  osslsigncode verify -CAfile "$FIXTURE/root.pem" -in signed.exe | grep 'Signature verification: ok'
  openssl req -in release.csr -noout -verify
}

# With what the page leaves open filled in. A key that is unknown is refused.
reads_configuration() {
  jq -n --argjson page "$(block_of "$page" json serverUrl)" --slurpfile good "$FIXTURE/config.json" '$page | .serverUrl = $good[0].serverUrl |
    .auth |= with_entries(.value = $good[0].auth[.key])' >config.json
  chmod 600 config.json
  CODESIGNING_CA_CERTIFICATE="$FIXTURE/tls-ca.pem" CODESIGNING_PKCS11_CONFIG=config.json pkcs11-tool --module "$MODULE" --list-slots | grep 'token label *: rsa'
}

# A job of docs/ci.md, in which the CI's own answers and the last tool stand in. The token is nobody's, so the server must say so.
runs_the_job() { # PATTERN
  block_of "${page%/*}/ci.md" yaml "$1" | python3 -c 'import sys, yaml
job = yaml.safe_load(sys.stdin)
print(job[0]["run"] if isinstance(job, list) else "\n".join(job["release"]["script"]))' |
    sed -E "s|\"serverUrl([^:]*): ([^ ]*)https://signing.example.com|\"serverUrl\1: \2$(jq -r .serverUrl "$FIXTURE/config.json")|; s/idn_…/$(cat "$GATEWAY_STATE/identity")/
      s|(jarsigner\|osslsigncode) …|pkcs11-tool --module $MODULE --list-slots|" >job
  ! grep -F … job
  (
    curl() { [[ "$*" == *"$ACTIONS_ID_TOKEN_REQUEST_URL&audience="* ]] && echo '{"value": "a.token.of-nobody"}'; }
    export ACTIONS_ID_TOKEN_REQUEST_TOKEN=of-the-job ACTIONS_ID_TOKEN_REQUEST_URL='https://ci.example.com/token?job=1' RUNNER_TEMP="$PWD" \
      SIGNING_TOKEN=a.token.of-nobody CODESIGNING_CA_CERTIFICATE="$FIXTURE/tls-ca.pem"
    umask 077
    . ./job
  ) 2>&1 | tee said || true
  [ "$(cat oidc)" = a.token.of-nobody ] && jq -e .auth.oidcTokenFile pkcs11.json && grep 'Unauthenticated' said
}

check 'the configuration is read' reads_configuration
check "GitHub's job logs in with its token" runs_the_job ACTIONS_ID_TOKEN_REQUEST_URL
check "GitLab's job logs in with its token" runs_the_job SIGNING_TOKEN
check 'files to sign are there' make_files
check 'slots and objects are listed' follow 'Does it work?' '## Which token, which object'
check 'each tool signs' follow '## Signing' '## Approval'
check 'each signature is good' verifies
