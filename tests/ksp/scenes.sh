# shellcheck shell=bash
# The scenes of tests/ksp/run, in their order; each is in a file of tests/ksp/scenes, and stands by itself.
scenes=(binaries walks signs_for_openssl is_pressed is_well_defined wipes tells_of_configuration tells_of_network tells_of_denial
  tries_again survives_a_restart registers follows_its_page by_ncrypt authenticode installs runs_in_32_bits)

# NTSTATUS-like codes that the provider answers with; docs/ksp.md explains them.
nte_perm=80090010 nte_bad_keyset=80090016 nte_provider_dll_fail=8009001d nte_device_not_ready=80090030
sec_e_cert_unknown=80090327 nte_internal_error=8009002d

wrong_secret=a-secret-that-no-identity-has

# A signer with P-521, one under a policy, and configurations.
add_more() {
  root="$root" bash -euo pipefail -c '
    source "$root/tests/tools/gateway.sh"
    token="$(log_in "$admin_email" "$admin_password")"
    add_signer "$token" p521 EC_P521
    approver="$(add_user "$token" "$approver_email" "$approver_password")"
    policy="$(api POST /pki/signing-policies "$token" "$(jq --null-input --arg id "$approver" "
      {name: \"one approval\", constraints: {maxSignings: 5, maxWindowDuration: \"1d\"},
       steps: [{approvers: [{kind: \"user\", \$id}], requiredApprovals: 1}]}")" | jq --raw-output .id)"
    add_signer "$token" guarded EC_P256 "$policy"' || return 1
  jq 'del(.caCertificate) + {timeoutSeconds: 120}' "$FIXTURE/config.json" >"$scratch/base.json"
  configuration good .
  configuration unknown '. + {serverUlr: "x"}'
  configuration wrong-secret ".auth.clientSecret = \"$wrong_secret\""
  configuration nobody '.serverUrl = "https://localhost:1" | .timeoutSeconds = 1'
  mkdir -p "$scratch/config/none"
}

import_ca() { # WINE PROGRAM
  openssl x509 -in "$FIXTURE/tls-ca.pem" -outform DER -out "$scratch/tls-ca.der"
  "$1" "$2" "$(windows_path "$scratch/tls-ca.der")"
}
