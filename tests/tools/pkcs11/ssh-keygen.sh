#!/usr/bin/env bash
# OpenSSH: the keys it reads, and signatures by its agent, which keeps the module in a helper process of its own.
source "$(dirname "$0")/../library.sh"
export HOME="$WORK"

reads() {
  ssh-keygen -D "$MODULE" >keys
  for signer in rsa p256 p384; do
    ssh-keygen -i -m PKCS8 -f "$FIXTURE/$signer.pub" | cut -d' ' -f2 >expected
    grep -qFf expected keys
  done
}

start_agent() {
  printf '#!/bin/sh\necho none\n' >askpass
  chmod +x askpass
  eval "$(ssh-agent -s -P "$MODULE" -a "$WORK/agent")" >/dev/null
  trap 'ssh-agent -k >/dev/null' EXIT
  DISPLAY=:0 SSH_ASKPASS="$PWD/askpass" SSH_ASKPASS_REQUIRE=force ssh-add -s "$MODULE"
  echo content >content
}

agent_signs() { # SIGNER
  ssh-keygen -i -m PKCS8 -f "$FIXTURE/$1.pub" >"$1.ssh"
  rm -f content.sig
  ssh-keygen -Y sign -f "$1.ssh" -n file content
  echo "releases $(cat "$1.ssh")" >allowed
  ssh-keygen -Y verify -f allowed -I releases -n file -s content.sig <content
}

all_by_agent() {
  start_agent
  for signer in rsa p256 p384; do
    agent_signs "$signer"
  done
}

check 'ssh-keygen -D prints the public key of each signer' reads
check 'ssh-agent signs with each signer, ssh-keygen -Y verifies' all_by_agent
