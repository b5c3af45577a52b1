#!/usr/bin/env bash
# GnuPG by gnupg-pkcs11-scd: an OpenPGP signature and a CMS signature, each checked by another key ring or tool.
source "$(dirname "$0")/../library.sh"
export GNUPGHOME="$WORK/home"
mkdir -m 700 "$GNUPGHOME" "$WORK/other"
jq '.signers = ["rsa"]' "$CODESIGNING_PKCS11_CONFIG" >one.json && chmod 600 one.json
export CODESIGNING_PKCS11_CONFIG="$WORK/one.json"
cat >"$GNUPGHOME/gnupg-pkcs11-scd.conf" <<END
providers codesigning
provider-codesigning-library $MODULE
END
printf 'scdaemon-program /usr/bin/gnupg-pkcs11-scd\npinentry-program /bin/false\n' >"$GNUPGHOME/gpg-agent.conf"
trap 'gpgconf --kill all; GNUPGHOME="$WORK/other" gpgconf --kill all' EXIT
echo content >content

# gpgsm's learning is what leaves the stub of the key that gpg's own key generation then finds.
learns() {
  gpgsm --batch --import "$FIXTURE/rsa.chain.pem"
  gpgsm --batch --disable-crl-checks --learn-card
  gpg-connect-agent 'SCD LEARN' /bye >learnt
  awk '/^S KEYPAIRINFO/ { print $3; exit }' learnt >grip
  [ -e "$GNUPGHOME/private-keys-v1.d/$(cat grip).key" ]
}

openpgp() {
  gpg --batch --gen-key <<END
Key-Type: RSA
Key-Grip: $(cat grip)
Key-Usage: sign
Name-Real: Releases
Expire-Date: 0
END
  gpg --batch --local-user Releases --detach-sign --output content.sig content
  gpg --batch --export Releases >releases.gpg
  GNUPGHOME="$WORK/other" gpg --batch --import releases.gpg
  GNUPGHOME="$WORK/other" gpg --batch --trust-model always --verify content.sig content
}

cms() {
  openssl x509 -in "$FIXTURE/root.pem" -noout -fingerprint -sha1 | sed 's/.*=//; s/$/ S/' | tee "$GNUPGHOME/trustlist.txt" >"$WORK/other/trustlist.txt"
  gpgconf --reload gpg-agent
  gpgsm --batch --disable-crl-checks --local-user "&$(cat grip)" --detach-sign --output content.cms content
  GNUPGHOME="$WORK/other" gpgsm --batch --import "$FIXTURE/rsa.chain.pem"
  GNUPGHOME="$WORK/other" gpgsm --batch --disable-crl-checks --verify content.cms content
}

check 'the agent learns the key' learns
check 'an OpenPGP signature' openpgp
check 'a CMS signature' cms
