# shellcheck shell=bash
# What is told of a configuration that is wrong.

tells_of_configuration() {
  configuration bom .
  printf '\xef\xbb\xbf' | cat - "$scratch/config/good/CodeSigning/config.json" >"$scratch/config/bom/CodeSigning/config.json"
  harness 'a configuration with a byte order mark' bom dll status sign 0 p256
  harness 'a key that is not known' unknown dll status provider $nte_provider_dll_fail rsa
  check 'its name is told' stderr_has serverUlr
  harness 'no configuration' none dll status provider $nte_provider_dll_fail rsa
  configuration own-ca ". + {caCertificate: \"x.pem\"}"
  harness 'a CA in the configuration' own-ca dll status key $nte_provider_dll_fail rsa
  check 'what to do instead is told' stderr_has 'certutil -addstore Root'
  harness 'a wrong secret' wrong-secret dll status key $nte_perm rsa
  CODESIGNING_CLIENT_SECRET="$(jq --raw-output .auth.clientSecret "$scratch/base.json")" \
    harness 'the environment wins over the file' wrong-secret dll status sign 0 p256
  harness 'a signer that is not there' good dll status key $nte_bad_keyset no-such-signer
}
