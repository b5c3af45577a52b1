# shellcheck shell=bash
# shellcheck disable=SC2154 # the variables are ./run's
# Sourced by ./run: cosign, with the keys of the PKCS#11 module. Debian's own is built without PKCS#11, so it is built from Debian's
# source with it. Images are signed in a registry on this machine, since cosign signs nowhere else, and verified in an OCI layout.

# In a copy of the Debian 13 that is thrown away: some 600 packages of Go's sources.
build_cosign() {
  local copy="$scratch/copy" status=0
  mkdir -p "$copy" "$scratch/copy.upper" "$scratch/copy.work" "${cosign%/*}"
  mount -t overlay overlay -o "lowerdir=$(debian_folder debian13),upperdir=$scratch/copy.upper,workdir=$scratch/copy.work" "$copy"
  mount -t proc proc "$copy/proc"
  sed -i 'p; s/^deb /deb-src /' "$copy/etc/apt/sources.list"
  cp /etc/resolv.conf "$copy/etc/resolv.conf"
  chroot "$copy" bash -euo pipefail -c '
    export DEBIAN_FRONTEND=noninteractive HOME=/build
    apt-get -qq update
    apt-get -qq build-dep --yes --no-install-recommends golang-github-sigstore-cosign-dev
    apt-get -qq install --yes --no-install-recommends docker-registry dpkg-dev
    mkdir -p /build/go/src/github.com/sigstore
    cd /build
    apt-get -qq source golang-github-sigstore-cosign-dev
    mv cosign-*/ go/src/github.com/sigstore/cosign
    cd go/src/github.com/sigstore/cosign
    GO111MODULE=off GOPATH=/build/go:/usr/share/gocode go build -p 2 -tags pkcs11key -o /build/cosign ./cmd/cosign' || status=$?
  [ "$status" -ne 0 ] || cp "$copy/usr/bin/docker-registry" "$copy/build/cosign" "${cosign%/*}"
  umount "$copy/proc" "$copy"
  return "$status"
}

by_cosign() { # ARGUMENTS...
  inside env HOME="$scratch" COSIGN_PASSWORD= "$scratch/cosign" "$@"
}

# A slot by its token, a key by its name. The module asks for no PIN, and cosign for one in any case.
key_of() { # SIGNER
  echo "pkcs11:token=$1;object=$1?module-path=$MODULE&pin-value=unused"
}

signs_blob() { # SIGNER
  by_cosign sign-blob --yes --tlog-upload=false --key "$(key_of "$1")" --output-signature "$1.blob.sig" data
  by_cosign verify-blob --insecure-ignore-tlog=true --key "$FIXTURE/$1.pub" --signature "$1.blob.sig" data
  base64 -d "$1.blob.sig" >"$1.blob.der"
  inside openssl dgst -sha256 -verify "$FIXTURE/$1.pub" -signature "$1.blob.der" data
}

notices_changed_blob() { # SIGNER
  cp data changed
  echo changed >>changed
  ! by_cosign verify-blob --insecure-ignore-tlog=true --key "$FIXTURE/$1.pub" --signature "$1.blob.sig" changed
}

start_registry() {
  local port
  port="$(free_port)"
  mkdir registry
  printf 'version: 0.1\nstorage:\n  filesystem:\n    rootdirectory: %s\nhttp:\n  addr: 127.0.0.1:%s\n' "$scratch/registry" "$port" >registry.yml
  "$here/inside" "$scratch/docker-registry" serve registry.yml >registry.log 2>&1 &
  registry=$! image="127.0.0.1:$port/app"
  for _ in {1..100}; do
    curl -s -o /dev/null "http://127.0.0.1:$port/v2/" && return 0
    sleep 0.1
  done
  cat registry.log
  return 1
}

push_image() {
  mkdir -p content
  cp data content/app
  umoci init --layout image
  umoci new --image image:latest
  umoci insert --image image:latest content/app /app
  skopeo copy --insecure-policy --dest-tls-verify=false oci:image:latest "docker://$image:latest" # the digest is made on the way
  skopeo inspect --tls-verify=false "docker://$image:latest" | jq --raw-output .Digest >digest
}

signs_image() { # SIGNER
  local digest
  digest="$image@$(cat digest)"
  by_cosign sign --yes --tlog-upload=false --key "$(key_of "$1")" "$digest"
  by_cosign verify --insecure-ignore-tlog=true --key "$FIXTURE/$1.pub" "$digest"
}

is_verified_in_layout() { # SIGNER
  rm -rf layout
  by_cosign save --dir layout "$image@$(cat digest)"
  [ -e layout/oci-layout ]
  by_cosign verify --local-image --insecure-ignore-tlog=true --key "$FIXTURE/$1.pub" layout
}

refuses_other_key() {
  ! by_cosign verify --local-image --insecure-ignore-tlog=true --key "$FIXTURE/other.pub" layout
}

check_cosign() {
  local signer image=''
  need_packages skopeo umoci
  cp "${cosign%/*}"/* "$scratch"
  openssl ecparam -name prime256v1 -genkey -noout | openssl ec -pubout -out "$FIXTURE/other.pub" 2>/dev/null
  for signer in rsa p256 p384; do
    check "cosign: sign-blob, $signer" signs_blob "$signer"
  done
  check 'cosign: a changed file is noticed' notices_changed_blob p256
  act 'cosign: a registry runs on this machine' start_registry
  check 'cosign: an image is pushed' push_image
  for signer in rsa p256 p384; do
    check "cosign: an image, $signer" signs_image "$signer"
    check "cosign: its OCI layout, $signer" is_verified_in_layout "$signer"
  done
  check 'cosign: another key is refused' refuses_other_key
}
